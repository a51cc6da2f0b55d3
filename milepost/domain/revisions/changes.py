"""What differs between two revisions of a plan, as values."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, JsonValue, PlainSerializer

from milepost.domain.ids import StepPath
from milepost.domain.steps import Dependency, DependencyType, Settle, StepSpec


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _written(step: StepSpec) -> dict[str, Any]:
    return step.model_dump(mode="json", exclude_defaults=True, by_alias=True)


WholeStep = Annotated[StepSpec, PlainSerializer(_written, return_type=dict[str, Any])]
"""A step with all that is in it; as JSON it is written like the plan writes it."""


class Change(_Value):
    """A field's whole value before and after, as JSON."""

    old: JsonValue
    new: JsonValue


class AddedStep(_Value):
    """A step that is new in its list, right after the sibling `after`; None: it is the first."""

    path: StepPath
    after: str | None
    step: WholeStep


class RemovedStep(_Value):
    """A step that is gone from its list, with what it was."""

    path: StepPath
    step: WholeStep


class MovedStep(_Value):
    """A step that stands elsewhere in its list: now right after `after`; None: it is the first."""

    path: StepPath
    after: str | None


class Edge(_Value):
    """A dependency: the step at the path `target` names the step with the id `source`.

    The source is written as the target names it: a sibling, or a step of an outer list.
    """

    source: str
    target: StepPath
    when: str | None = None
    settle: Settle = Settle.DONE_OR_SKIPPED
    type: DependencyType = DependencyType.SEQUENTIAL
    priority: int = 0

    @classmethod
    def of(cls, dependency: Dependency, *, target: StepPath) -> Edge:
        """Return the edge that an entry of the target's `depends_on` makes."""
        attributes = {name: getattr(dependency, name) for name in EDGE_ATTRIBUTES}
        return cls(source=dependency.step, target=target, **attributes)

    def dependency(self) -> Dependency:
        """Return the entry of the target's `depends_on`."""
        attributes = {name: getattr(self, name) for name in EDGE_ATTRIBUTES}
        return Dependency(step=self.source, **attributes)


EDGE_ATTRIBUTES = frozenset(Dependency.model_fields) - {"step"}


class ChangedEdge(_Value):
    """A dependency that stayed and has other attributes."""

    source: str
    target: StepPath
    changed: dict[str, Change]


class PlanDiff(_Value):
    """All that turns one revision's plan into another's; `apply` does it.

    Steps are known by their paths, without loop indexes (`each.fetch`, `choose[1].x`); a branch's
    cases count from 0. A renamed step is removed and added. What was added or removed with a
    container is told by the container's step alone, but for its edges: `added_edges` and
    `removed_edges` hold the edges of all steps.
    """

    added: tuple[AddedStep, ...] = ()
    removed: tuple[RemovedStep, ...] = ()
    changed: dict[StepPath, dict[str, Change]] = {}
    """For each step its own fields as JSON names them.

    `cases` lists the conditions of a branch; `depends_on` lists ids, and is there only when the
    edges alone do not tell their order.
    """
    moved: tuple[MovedStep, ...] = ()
    added_edges: tuple[Edge, ...] = ()
    removed_edges: tuple[Edge, ...] = ()
    changed_edges: tuple[ChangedEdge, ...] = ()
    settings: dict[str, Change] = {}
    fields: dict[str, Change] = {}
    """Other fields of the plan: its name, version, inputs, context and so on."""

    @property
    def is_empty(self) -> bool:
        """Whether the two plans are the same."""
        return not any(getattr(self, name) for name in type(self).model_fields)
