"""What differs between two plans: steps known by their ids, never by their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from milepost.domain.graph import refuse_doubles
from milepost.domain.ids import StepPath
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepSpec

from .changes import (
    EDGE_ATTRIBUTES,
    AddedStep,
    Change,
    ChangedEdge,
    Edge,
    MovedStep,
    PlanDiff,
    RemovedStep,
)
from .fields import OWN_FIELDS, PLAN_FIELDS, SETTINGS, changes
from .order import moved
from .sameness import same
from .tree import TOP, Place, lists_of, walk


def diff(old: PlanSpec, new: PlanSpec) -> PlanDiff:
    """Return all that turns `old` into `new`; a plan's own id, state and owner are not looked at.

    Raises `DependencyError` when a list of steps has an id twice.
    """
    found = _Comparison()
    found.compare_lists(old.steps, new.steps, TOP)
    return PlanDiff(
        added=tuple(found.added),
        removed=tuple(found.removed),
        changed=found.changed,
        moved=tuple(found.moved),
        added_edges=tuple(found.added_edges),
        removed_edges=tuple(found.removed_edges),
        changed_edges=tuple(found.changed_edges),
        settings=changes(old.settings, new.settings, SETTINGS),
        fields=changes(old, new, PLAN_FIELDS),
    )


class _Comparison:
    """What was found so far."""

    def __init__(self) -> None:
        self.added: list[AddedStep] = []
        self.removed: list[RemovedStep] = []
        self.changed: dict[StepPath, dict[str, Change]] = {}
        self.moved: list[MovedStep] = []
        self.added_edges: list[Edge] = []
        self.removed_edges: list[Edge] = []
        self.changed_edges: list[ChangedEdge] = []

    def compare_lists(self, old: Sequence[StepSpec], new: Sequence[StepSpec], place: Place) -> None:
        """Compare two lists of siblings."""
        if old is new:
            return
        befores, afters = _by_id(old), _by_id(new)
        if list(befores) != list(afters):
            self.compare_members(befores, afters, place)
        for name, before in befores.items():
            after = afters.get(name)
            if after is not None and after is not before:
                self.compare_steps(before, after, place)

    def compare_members(
        self, old: dict[str, StepSpec], new: dict[str, StepSpec], place: Place
    ) -> None:
        """Note who left a list, who came, and who stands elsewhere."""
        for name, step in old.items():
            if name not in new:
                path = place.path(name)
                self.removed.append(RemovedStep(path=path, step=step))
                self.removed_edges += _edges_within(step, path)
        elsewhere = set(moved([n for n in old if n in new], [n for n in new if n in old]))
        for after, (name, step) in zip((None, *new), new.items(), strict=False):
            if name in old and name not in elsewhere:
                continue
            path = place.path(name)
            if name in old:
                self.moved.append(MovedStep(path=path, after=after))
            else:
                self.added.append(AddedStep(path=path, after=after, step=step))
                self.added_edges += _edges_within(step, path)

    def compare_steps(self, old: StepSpec, new: StepSpec, place: Place) -> None:
        """Compare two steps of the same path with all that is in them."""
        own = changes(old, new, OWN_FIELDS)
        same_edges = same(old.depends_on, new.depends_on)
        if not own and same_edges and not (old.is_container or new.is_container):
            return
        path = place.path(new.id)
        if not same_edges:
            own |= self.compare_edges(old, new, path)
        own |= _conditions(old, new)
        if own:
            self.changed[path] = own
        befores, afters = dict(lists_of(old, path)), dict(lists_of(new, path))
        for inner in befores | afters:
            self.compare_lists(befores.get(inner, ()), afters.get(inner, ()), inner)

    def compare_edges(self, old: StepSpec, new: StepSpec, path: StepPath) -> dict[str, Change]:
        """Compare the dependencies of a step; return the change of their order if there is one."""
        befores = {edge.step: edge for edge in old.depends_on}
        afters = {edge.step: edge for edge in new.depends_on}
        gone = [edge for name, edge in befores.items() if name not in afters]
        come = [edge for name, edge in afters.items() if name not in befores]
        self.removed_edges += [Edge.of(edge, target=path) for edge in gone]
        self.added_edges += [Edge.of(edge, target=path) for edge in come]
        for name, edge in befores.items():
            told = changes(edge, afters.get(name, edge), EDGE_ATTRIBUTES)
            if told:
                self.changed_edges.append(ChangedEdge(source=name, target=path, changed=told))
        expected = [name for name in befores if name in afters] + [edge.step for edge in come]
        if expected == list(afters):
            return {}
        return {"depends_on": Change(old=list(befores), new=list(afters))}


def _by_id(steps: Sequence[StepSpec]) -> dict[str, StepSpec]:
    found = {step.id: step for step in steps}
    if len(found) < len(steps):
        refuse_doubles([step.id for step in steps])
    return found


def _conditions(old: StepSpec, new: StepSpec) -> dict[str, Change]:
    """Return the change of a branch's conditions, if there is one."""
    before: list[JsonValue] = [case.when for case in old.cases]
    after: list[JsonValue] = [case.when for case in new.cases]
    return {} if before == after else {"cases": Change(old=before, new=after)}


def _edges_within(step: StepSpec, path: StepPath) -> Iterator[Edge]:
    """Yield the edges of a step and of all steps in it."""
    yield from (Edge.of(edge, target=path) for edge in step.depends_on)
    for inner, children in lists_of(step, path):
        for place, child in walk(children, inner):
            yield from (Edge.of(edge, target=place) for edge in child.depends_on)
