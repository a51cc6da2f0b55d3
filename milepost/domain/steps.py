"""What a step is before it runs: its kind, input, dependencies and policies."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    model_validator,
)
from pydantic_core import CoreSchema

from .durations import Duration
from .policies import RetryPolicy
from .step_checks import problem_of, refuse_doubled_dependency
from .step_words import (
    CONTAINERS,
    ENDED,
    DependencyType,
    OnUnknown,
    ParallelMode,
    Settle,
    StepKind,
    StepStatus,
)

__all__ = [
    "CONTAINERS",
    "ENDED",
    "MAX_ID_LENGTH",
    "Alternative",
    "Case",
    "Compensation",
    "Condition",
    "Dependency",
    "DependencyType",
    "OnUnknown",
    "ParallelMode",
    "Priority",
    "Settle",
    "StepKind",
    "StepSpec",
    "StepStatus",
    "TemplateText",
]

MAX_ID_LENGTH = 200
Priority = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Condition = Annotated[str, Field(min_length=1, max_length=1000)]
TemplateText = Annotated[str, Field(pattern=r"\$\{")]
"""A text that is evaluated when the step starts, so it cannot be read before."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, populate_by_name=True)


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

    @property
    def is_concurrent(self) -> bool:
        """Whether iterations of the loop may be under way at once: only those over items may."""
        return self.concurrency > 1 and not (self.for_each is None and self.count is None)

    def model_post_init(self, _context: object, /) -> None:
        """Check what one field alone cannot show.

        A validator of the whole model would run twice per step, because the model holds itself.
        """
        problem = problem_of(self)
        if problem:
            raise ValueError(problem)
        if len(self.depends_on) > 1:
            refuse_doubled_dependency(self)


StepSpec.model_rebuild()
Case.model_rebuild()
