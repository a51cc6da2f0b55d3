"""Lists of steps built by calls: numbered in adding order, nested by callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Self, TypeAlias

from .errors import ValidationError
from .quoting import quoted
from .steps import Dependency, StepKind, StepSpec
from .validation import validated
from .values import Json

Edge: TypeAlias = "str | int | Dependency | Mapping[str, object]"
"""What one step may wait for: an id (numbers are ids too), or an edge with its conditions."""
Edges: TypeAlias = "Edge | Iterable[Edge] | None"
AddSteps: TypeAlias = "Callable[[StepsBuilder], object]"
"""A callback that adds steps to the builder it is given; what it returns is ignored."""


class StepsBuilder:
    """Adds steps one after another; every method returns the builder.

    A step without `id` gets its number as text: "1", "2", "3". Steps inside step "2" are called
    "2-1", "2-2", those of its second branch "2-2-1", "2-2-2", so that no inner name hides an
    outer one. `more` are further fields of `StepSpec`: `name`, `retry`, `timeout`, `when` ….

    Texts arrive as they are given, but `${` begins an expression; write `$${` for a plain `${`.
    """

    def __init__(self, *, prefix: str = "") -> None:
        self._prefix = prefix
        self._steps: list[StepSpec] = []
        self._taken: set[str] = set()

    @property
    def steps(self) -> tuple[StepSpec, ...]:
        """The steps added so far."""
        return tuple(self._steps)

    @property
    def last_id(self) -> str:
        """Id of the step added last, for the next one's `depends_on`."""
        if not self._steps:
            raise ValidationError("no step was added yet", mend="add one before asking its id")
        return self._steps[-1].id

    def add_step(self, step: StepSpec) -> Self:
        """Add a step as it is."""
        self._steps.append(step)
        self._taken.add(step.id)
        return self

    def add_llm_step(self, prompt: str, depends_on: Edges = None, **more: object) -> Self:
        """Add a model call; `input` in `more` gives it other fields beside the prompt."""
        extra = more.pop("input", None) or {}
        if not isinstance(extra, Mapping) or "prompt" in extra:
            raise ValidationError(
                f"`input` must be an object without a `prompt`, this is {quoted(extra)}",
                where=f"step {self._name(more)!r}",
                mend="give what the model is asked as the prompt",
            )
        return self._add(StepKind.LLM_CALL, depends_on, more, input={**extra, "prompt": prompt})

    def add_tool_step(
        self,
        tool: str,
        arguments: Mapping[str, Json] | str | None = None,
        depends_on: Edges = None,
        **more: object,
    ) -> Self:
        """Add a tool call; `arguments` may be a text whose `${…}` gives them."""
        if arguments is None:
            return self._add(StepKind.TOOL_CALL, depends_on, more, tool=tool)
        given = dict(arguments) if isinstance(arguments, Mapping) else arguments
        return self._add(StepKind.TOOL_CALL, depends_on, more, tool=tool, input=given)

    def add_parallel_steps(
        self, *branches: AddSteps, depends_on: Edges = None, **more: object
    ) -> Self:
        """Add branches that run at the same time; the steps of one branch run in order."""
        name = self._name(more)
        children = [
            _one_step(f"{name}-{number}", _added(branch, prefix=f"{name}-{number}-"))
            for number, branch in enumerate(branches, start=1)
        ]
        return self._add(StepKind.PARALLEL, depends_on, more, id=name, steps=children)

    def add_sequential_steps(
        self, *parts: AddSteps, depends_on: Edges = None, **more: object
    ) -> Self:
        """Add steps that run one after another, those of all `parts` in one row."""
        name = self._name(more)
        children = _added(*parts, prefix=f"{name}-")
        return self._add(StepKind.SEQUENTIAL, depends_on, more, id=name, steps=children)

    def add_branch(
        self,
        *cases: tuple[str, AddSteps],
        otherwise: AddSteps | None = None,
        depends_on: Edges = None,
        **more: object,
    ) -> Self:
        """Add a choice: the steps of the first case whose condition holds, else `otherwise`."""
        name = self._name(more)
        ways: list[tuple[str | None, AddSteps]] = [*cases]
        if otherwise is not None:
            ways.append((None, otherwise))
        built = [
            {"when": when, "steps": _added(add, prefix=f"{name}-{number}-")}
            for number, (when, add) in enumerate(ways, start=1)
        ]
        return self._add(StepKind.BRANCH, depends_on, more, id=name, cases=built)

    def add_loop(self, body: AddSteps, *, depends_on: Edges = None, **more: object) -> Self:
        """Add a loop over `body`: give one of `for_each`, `while_`, `until` and `count`."""
        name = self._name(more)
        children = _added(body, prefix=f"{name}-")
        return self._add(StepKind.LOOP, depends_on, more, id=name, steps=children)

    def add_wait(
        self,
        duration: timedelta | float | str | None = None,
        *,
        until: datetime | str | None = None,
        depends_on: Edges = None,
        **more: object,
    ) -> Self:
        """Add a wait of some time (`5m`, seconds), or until a moment (with its time zone)."""
        times = {"wait_for": duration, "wait_until": until}
        return self._add(StepKind.WAIT, depends_on, more, **times)

    def add_user_input(
        self,
        prompt: str,
        *,
        schema: Mapping[str, Json] | None = None,
        assignee: str | None = None,
        show: Json = None,
        depends_on: Edges = None,
        **more: object,
    ) -> Self:
        """Add a question to a person; `schema` is the JSON Schema that the answer must fit."""
        asked = {"schema": schema and dict(schema), "assignee": assignee, "show": show}
        given = {name: value for name, value in asked.items() if value is not None}
        return self._add(StepKind.USER_INPUT, depends_on, more, input={"prompt": prompt, **given})

    def add_response(self, answer: Json, depends_on: Edges = None, **more: object) -> Self:
        """Add the step whose result is the plan's final answer: a value, objects as they are."""
        return self._add(StepKind.RESPONSE, depends_on, more, input=_answering(answer))

    def _add(
        self, kind: StepKind, depends_on: Edges, more: Mapping[str, object], **own: object
    ) -> Self:
        where = f"step {self._name(more)!r}"
        twice = more.keys() & {"kind", *own} - {"id"}
        if twice:
            names = " and ".join(f"`{name}`" for name in sorted(twice))
            raise ValidationError(f"{names} would replace what the call itself gives", where=where)
        fields: dict[str, object] = {"input": {}, "id": self._name(more), **own, **more}
        fields |= {"kind": kind, "id": _id(fields["id"]), "depends_on": [*_edges(depends_on)]}
        return self.add_step(validated(StepSpec, fields, where=where))

    def _name(self, more: Mapping[str, object]) -> str:
        """Return the given id, or the next number that no step here has as its id."""
        if "id" in more:
            return str(more["id"])
        number = len(self._steps) + 1
        while f"{self._prefix}{number}" in self._taken:
            number += 1
        return f"{self._prefix}{number}"


def _answering(answer: Json) -> Json:
    """Return the input of a response step that answers a value."""
    if not isinstance(answer, dict):
        return {"text": answer}
    stands_for_its_value = answer.keys() in ({"text"}, {"input"})
    return {"input": answer} if stands_for_its_value else answer


def _added(*parts: AddSteps, prefix: str) -> tuple[StepSpec, ...]:
    inner = StepsBuilder(prefix=prefix)
    for add in parts:
        add(inner)
    return inner.steps


def _one_step(name: str, steps: tuple[StepSpec, ...]) -> StepSpec:
    """Return a branch's only step, or its steps as the children of one that runs them in order."""
    if not steps:
        raise ValidationError(
            "the branch has no step", where=f"branch {name!r}", mend="add one in its callback"
        )
    if len(steps) == 1:
        return steps[0]
    fields = {"id": name, "kind": StepKind.SEQUENTIAL, "input": {}, "steps": steps}
    return validated(StepSpec, fields, where=f"branch {name!r}")


def _edges(given: Edges) -> Iterable[object]:
    if given is None:
        return
    if isinstance(given, str | int | Dependency | Mapping):
        given = (given,)
    for edge in given:
        yield _id(edge)


def _id(given: object) -> object:
    """Return a number as the id that it stands for, and anything else as it is."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given
