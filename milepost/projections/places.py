"""The steps of a plan that exist: those written outside loops, and those of begun iterations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from milepost.domain.census import begun_iterations
from milepost.domain.expressions import LOOP_NAMES
from milepost.domain.ids import StepPath, child_path, undo_path
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import DependencyType, StepKind, StepSpec

from .references import references


@dataclass(slots=True, eq=False)
class Place:
    """One step of a plan; `after` are the paths that it waits for, `level` how deep in them."""

    path: StepPath
    spec: StepSpec
    parent: Place | None = None
    index: int | None = None
    """Iteration or case that it lies in."""
    after: tuple[StepPath, ...] = ()
    level: int = 0
    siblings: Mapping[str, Place] = field(default_factory=dict, repr=False)
    """By id, itself included."""
    undoes: StepPath | None = None
    """The step that this one undoes, if it does; it is no step of the plan's own."""

    @property
    def ancestors(self) -> Iterator[Place]:
        """The containers around it, innermost first."""
        place = self.parent
        while place is not None:
            yield place
            place = place.parent

    def sees(self, name: str) -> Place | None:
        """Return the step that an id means here: a sibling, else one of an outer list."""
        place: Place | None = self
        while place is not None:
            if name in place.siblings:
                return place.siblings[name]
            place = place.parent
        return None


def places(spec: PlanSpec, begun: Collection[str] = ()) -> list[Place]:
    """Return all steps in file order, children after their container, iterations in order.

    `begun` are the paths of steps that are not pending; they tell which iterations there are.
    """
    return _Places(begun_iterations(begun)).all(spec.steps)


def undoing(place: Place) -> Place | None:
    """Return the step that undoes one, beside it; None for a step that nothing undoes."""
    spec = undoing_spec(place.spec)
    if spec is None:
        return None
    return Place(
        undo_path(place.path),
        spec,
        place.parent,
        place.index,
        after=(place.path,),
        level=place.level,
        undoes=place.path,
    )


def undoing_spec(spec: StepSpec) -> StepSpec | None:
    """Return what undoes a step, as a step; None for a step that nothing undoes."""
    compensate = spec.compensate
    if compensate is None:
        return None
    changes = {
        "kind": StepKind.TOOL_CALL,
        "name": f"undo {spec.label}",
        "tool": compensate.tool,
        "input": compensate.input,
        "depends_on": (),
        "steps": (),
        "cases": (),
        "compensate": None,
    }
    return spec.model_copy(update=changes)


class _Places:
    """Lays out the groups of a plan."""

    def __init__(self, begun: Mapping[str, Sequence[int]]) -> None:
        self._begun = begun
        self._references: dict[int, frozenset[str]] = {}

    def all(self, steps: Sequence[StepSpec]) -> list[Place]:
        """Return the places of a plan's steps and of all below them."""
        found: list[Place] = []
        pending = list(reversed(self._group(steps, None, None, before=())))
        while pending:
            place = pending.pop()
            found.append(place)
            pending.extend(reversed(self._children(place)))
        return found

    def _children(self, place: Place) -> list[Place]:
        spec = place.spec
        if spec.kind is StepKind.BRANCH:
            return [
                child
                for index, case in enumerate(spec.cases)
                for child in self._group(case.steps, place, index, before=())
            ]
        if spec.kind is not StepKind.LOOP:
            return self._group(spec.steps, place, None, before=()) if spec.steps else []
        found: list[Place] = []
        before: tuple[StepPath, ...] = ()
        for index in self._begun.get(place.path, ()):
            group = self._group(spec.steps, place, index, before=before)
            found += group
            if spec.concurrency == 1:
                before = tuple(child.path for child in group)
        return found

    def _group(
        self,
        steps: Sequence[StepSpec],
        parent: Place | None,
        index: int | None,
        *,
        before: tuple[StepPath, ...],
    ) -> list[Place]:
        """Return the places of siblings; `before` is what their first one waits for."""
        around = parent.path if parent else ""
        group = [
            Place(child_path(around, step.id, index=index), step, parent, index) for step in steps
        ]
        siblings = {place.spec.id: place for place in group}
        ordered = parent is not None and parent.spec.kind is not StepKind.PARALLEL
        previous = before
        for place in group:
            place.siblings = siblings
            waits = dict.fromkeys(previous) | dict.fromkeys(self._waits(place))
            place.after = tuple(waits)
            if ordered:
                previous = (place.path,)
        _set_levels(group)
        return group

    def _waits(self, place: Place) -> Iterator[StepPath]:
        """Yield what a step waits for: its dependencies, and what its expressions refer to."""
        spec = place.spec
        own = {spec.id, *(ancestor.spec.id for ancestor in place.ancestors)}
        names = [edge.step for edge in spec.depends_on if edge.type is not DependencyType.PARALLEL]
        names += sorted(self._references_of(place) - own)
        for name in names:
            if source := place.sees(name):
                yield source.path

    def _references_of(self, place: Place) -> frozenset[str]:
        key = id(place.spec)
        found = self._references.get(key)
        if found is None:
            found = self._references[key] = references(place.spec, _given_by_loops(place))
        return found


def _given_by_loops(place: Place) -> frozenset[str]:
    """Return the names that the loops around a step give a meaning of their own."""
    loops = [around.spec for around in place.ancestors if around.spec.kind is StepKind.LOOP]
    if not loops:
        return frozenset()
    over_items = any(loop.for_each is not None for loop in loops)
    return LOOP_NAMES if over_items else LOOP_NAMES - {"item"}


def _set_levels(group: Sequence[Place]) -> None:
    """Set each place's level to one more than the highest of the siblings it waits for."""
    members = {place.path: place for place in group}
    waiting = {path: sum(one in members for one in members[path].after) for path in members}
    dependents: defaultdict[str, list[Place]] = defaultdict(list)
    for place in group:
        for path in place.after:
            dependents[path].append(place)
    settled = [place for place in group if not waiting[place.path]]
    for place in settled:
        for dependent in dependents[place.path]:
            dependent.level = max(dependent.level, place.level + 1)
            waiting[dependent.path] -= 1
            if not waiting[dependent.path]:
                settled.append(dependent)
