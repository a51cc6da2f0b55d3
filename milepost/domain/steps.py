"""What a step is before it runs: its kind, input, dependencies and policies."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    ModelWrapValidatorHandler,
    model_validator,
)
from pydantic_core import CoreSchema

from .durations import Duration
from .errors import DependencyError
from .policies import RetryPolicy

MAX_ID_LENGTH = 200
Priority = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Condition = Annotated[str, Field(min_length=1, max_length=1000)]
TemplateText = Annotated[str, Field(pattern=r"\$\{")]
"""A text that is evaluated when the step starts, so it cannot be read before."""


class StepKind(StrEnum):
    """What a step does; the field's other spellings are read too (`llm`, `LlmCall`, `TOOL`)."""

    LLM_CALL = "llm_call"
    TOOL_CALL = "tool_call"
    BRANCH = "branch"
    PARALLEL = "parallel"
    SEQUENTIAL = "sequential"
    LOOP = "loop"
    WAIT = "wait"
    USER_INPUT = "user_input"
    RESPONSE = "response"

    @classmethod
    def _missing_(cls, value: object) -> StepKind | None:
        word = str(value).lower().replace("_", "").replace("-", "")
        return _KIND_SPELLINGS.get(word)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Publish the short spellings beside the full ones."""
        published = handler.resolve_ref_schema(handler(schema))
        published["enum"] = [*cls, "llm", "llm_function", "tool", "input"]
        return published


_KIND_SPELLINGS = {kind.value.replace("_", ""): kind for kind in StepKind} | {
    "llm": StepKind.LLM_CALL,
    "llmfunction": StepKind.LLM_CALL,
    "tool": StepKind.TOOL_CALL,
    "input": StepKind.USER_INPUT,
}

CONTAINERS = frozenset(
    {StepKind.BRANCH, StepKind.PARALLEL, StepKind.SEQUENTIAL, StepKind.LOOP},
)


class StepStatus(StrEnum):
    """Where a step's lifecycle stands; `ready` is derived and has no event."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    RETRYING = "retrying"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


ENDED = frozenset(
    {StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED}
)


class Settle(StrEnum):
    """Which end of a dependency lets its dependent go on; any other end skips the dependent."""

    DONE = "done"
    DONE_OR_SKIPPED = "done_or_skipped"
    ANY = "any"


class DependencyType(StrEnum):
    """How a dependency orders two steps; `parallel` says that they may overlap."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    CONDITIONAL = "conditional"


class OnUnknown(StrEnum):
    """What follows when a crash leaves a writing tool's outcome unknown."""

    ASK = "ask"
    RETRY = "retry"
    FAIL = "fail"


class ParallelMode(StrEnum):
    """When a parallel step ends: all children settled, one succeeded, or one failed."""

    ALL = "all"
    FIRST_SUCCESS = "first_success"
    STOP_ON_FAILURE = "stop_on_failure"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Dependency(_Value):
    """An edge: this step waits until `step` has settled (unless the type is `parallel`)."""

    step: str
    when: Condition | None = None
    settle: Settle = Settle.DONE_OR_SKIPPED
    type: DependencyType = DependencyType.SEQUENTIAL
    priority: Priority = 0

    @model_validator(mode="before")
    @classmethod
    def _from_id(cls, value: object) -> object:
        return {"step": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Publish that an id alone will do where an edge is read."""
        edge = handler.resolve_ref_schema(handler(schema))
        whole = dict(edge)
        edge.clear()
        edge.update(anyOf=[{"type": "string", "description": "Id of the step."}, whole])
        return edge


class Compensation(_Value):
    """The tool call that undoes a completed step."""

    tool: str
    input: dict[str, JsonValue] = {}


class Alternative(_Value):
    """Another tool call that a step may be instead, should its own not work."""

    tool: str
    input: dict[str, JsonValue] | None = None
    """None for the step's own input."""


class Case(_Value):
    """One way of a branch: the first whose `when` holds is taken; `else` has no `when`."""

    when: Condition | None = None
    steps: Annotated[tuple[StepSpec, ...], Field(min_length=1)]


class StepSpec(_Value):
    """A step as written: immutable; `id` is unique among its siblings, in names of any text."""

    id: Annotated[str, Field(min_length=1, max_length=MAX_ID_LENGTH)]
    kind: StepKind
    input: JsonValue
    """An object, or a text with one `${...}` that gives one."""

    name: str | None = None
    description: str | None = None
    tool: str | None = None
    depends_on: tuple[Dependency, ...] = ()
    when: Condition | None = None
    priority: Priority = 0
    retry: RetryPolicy | None = None
    timeout: Duration | None = None
    """Longest time for the whole step, all attempts and waits between them included."""
    attempt_timeout: Duration | None = None
    on_unknown: OnUnknown = OnUnknown.ASK
    resources: dict[str, Annotated[int, Field(ge=1)]] = {}
    metadata: dict[str, JsonValue] = {}
    set: dict[str, JsonValue] = {}
    """Context names written when the step completes, each with its template."""
    final: bool = False
    """Whether completing this step completes the plan."""
    estimated_duration: Duration | None = None
    compensate: Compensation | None = None
    expect: Condition | None = None
    """What must hold of the step's own output for it to count as completed."""
    alternatives: tuple[Alternative, ...] = ()
    """What a replan may put in place of the step's own call, in this order."""

    steps: tuple[StepSpec, ...] = ()
    """Children of a parallel, sequential or loop step."""
    mode: ParallelMode = ParallelMode.ALL
    cases: tuple[Case, ...] = ()
    for_each: JsonValue = None
    while_: Condition | None = Field(None, alias="while")
    until: Condition | None = None
    count: JsonValue = None
    max_iterations: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    concurrency: Annotated[int, Field(ge=1)] = 1
    wait_for: Duration | TemplateText | None = Field(None, union_mode="left_to_right")
    wait_until: AwareDatetime | TemplateText | None = Field(None, union_mode="left_to_right")

    @property
    def label(self) -> str:
        """Name for people: the given name, else the id."""
        return self.name or self.id

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Ids of the steps that this one names, in file order."""
        return tuple(edge.step for edge in self.depends_on)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Ids of the steps that must settle before this one starts: all but `parallel` edges."""
        return tuple(
            edge.step for edge in self.depends_on if edge.type is not DependencyType.PARALLEL
        )

    @property
    def is_container(self) -> bool:
        """Whether the step has children of its own."""
        return self.kind in CONTAINERS

    @model_validator(mode="wrap")
    @classmethod
    def _is_sound(cls, value: object, read: ModelWrapValidatorHandler[StepSpec]) -> StepSpec:
        """Check what one field alone cannot show; a step that is one already was checked then."""
        step = read(value)
        if step is not value:
            problem = _input_problem(step.input) or _stray_field(step) or _kind_problem(step)
            if problem:
                raise ValueError(problem)
            if len(step.depends_on) > 1:
                _refuse_doubled_dependency(step)
        return step


def _refuse_doubled_dependency(step: StepSpec) -> None:
    names = step.dependencies
    if len(set(names)) < len(names):
        name = next(name for name, times in Counter(names).items() if times > 1)
        error = DependencyError(
            f"step {step.id!r} depends on {name!r} twice",
            ids=[step.id, name],
            mend="name each step once",
        )
        raise ValueError(str(error)) from error


_LOOP = frozenset({StepKind.LOOP})
_KINDS_WITH = {
    **dict.fromkeys(("tool", "alternatives"), frozenset({StepKind.TOOL_CALL})),
    "steps": CONTAINERS - {StepKind.BRANCH},
    "mode": frozenset({StepKind.PARALLEL}),
    "cases": frozenset({StepKind.BRANCH}),
    **dict.fromkeys(
        ("for_each", "while_", "until", "count", "max_iterations", "concurrency"), _LOOP
    ),
    **dict.fromkeys(("wait_for", "wait_until"), frozenset({StepKind.WAIT})),
}
"""Which kinds a field belongs to; elsewhere it would be ignored in silence, so it is refused."""


def _stray_field(step: StepSpec) -> str | None:
    given = step.model_fields_set
    for name, kinds in _KINDS_WITH.items():
        if name not in given or step.kind in kinds:
            continue
        field = type(step).model_fields[name]
        if getattr(step, name) != field.default:
            places = " and ".join(sorted(kinds))
            return f"`{field.alias or name}` has no meaning in a {step.kind} step, only in {places}"
    return None


def _input_problem(value: JsonValue) -> str | None:
    if isinstance(value, dict) or (isinstance(value, str) and "${" in value):
        return None
    return "`input` must be an object, or a text with one `${...}` that gives an object"


def _kind_problem(step: StepSpec) -> str | None:
    kind = step.kind
    if kind is StepKind.TOOL_CALL and not step.tool:
        return "a tool step needs `tool`, the name of the tool to call"
    if kind in CONTAINERS - {StepKind.BRANCH} and not step.steps:
        return f"a {kind} step needs `steps`, at least one"
    if kind is StepKind.BRANCH:
        return _branch_problem(step)
    if kind is StepKind.LOOP:
        ways = (step.for_each, step.while_, step.until, step.count)
        if sum(way is not None for way in ways) != 1:
            return "a loop step needs exactly one of `for_each`, `while`, `until` and `count`"
    if kind is StepKind.WAIT and (step.wait_for is None) == (step.wait_until is None):
        return "a wait step needs exactly one of `for` (a duration) and `until` (a time)"
    return None


def _branch_problem(step: StepSpec) -> str | None:
    if not step.cases:
        return "a branch step needs `cases`, at least one"
    if any(case.when is None for case in step.cases[:-1]):
        return "only the last case of a branch may be `else`"
    return None


StepSpec.model_rebuild()
Case.model_rebuild()
