"""What of a plan is touched when some of its steps are to run again.

A survey brings every started container's children into being, also those of containers that
ended, so that dependencies can be followed through all of the plan. It leaves the bookkeeping
unfit for deciding: `derive` is to follow.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING

from milepost.domain.events import SkipReason
from milepost.domain.ids import undo_path, undone_path
from milepost.domain.lookup import StepLookup
from milepost.domain.steps import StepKind, StepSpec, StepStatus

from .derive import derive
from .state import below

if TYPE_CHECKING:
    from milepost.domain.ids import StepPath

    from .compiled import CompiledPlan, Node
    from .state import Instance, PlanState

_PATH = itemgetter(0)
_OWN = tuple(name for name in StepSpec.model_fields if name not in ("steps", "cases"))


class Survey:
    """All steps of a plan under `compiled`, which from here on is the state's content."""

    def __init__(self, state: PlanState, compiled: CompiledPlan | None = None) -> None:
        derive(state, whole=True)
        self.state = state
        self._before = {path: one.node for path, one in state.instances.items()}
        self.outdated: tuple[StepPath, ...] = ()
        """Pending steps that remember a result which another step gave."""
        if compiled is not None and compiled is not state.compiled:
            self.outdated = _outdated(state, compiled)
            state.compiled = compiled
            derive(state, whole=True)
        both = [(self._before.get(one.path), one) for one in self.instances()]
        self.changed = frozenset(
            one.path for old, one in both if old and not same_step(old.spec, one.node.spec)
        )
        """Steps that both contents have and that are not the same, children left aside."""
        self.rearranged = frozenset(
            one.path for old, one in both if old and _children(old) != _children(one.node)
        )
        """Containers that both contents have, with other children or another order of them."""
        self.removed = tuple(
            path
            for path, step in sorted(state.steps.items(), key=_PATH)
            if step.status is not StepStatus.PENDING
            and path not in state.instances
            and undone_path(path) is None
        )
        """Steps that moved and that the content does not have."""
        self._dependents = _dependents(state)

    def instances(self) -> Iterable[Instance]:
        """Return all steps, parents before children."""
        return self.state.instances.values()

    def moved(self) -> list[Instance]:
        """Return the steps that something happened to in their present activation."""
        return [one for one in self.instances() if has_moved(one)]

    def lost(self) -> list[Instance]:
        """Return the steps that lack their result, unless what they are in has one without."""
        return [one for one in self.moved() if lacks_result(one) and not in_completed(one)]

    def readers_of_removed(self) -> list[Instance]:
        """Return the steps that may have read what removed ones wrote to the context."""
        wrote = (self._before[path].spec.set for path in self.removed if path in self._before)
        return self._readers() if any(wrote) else []

    def spread(
        self,
        seeds: Iterable[Instance],
        through: Callable[[Instance], bool],
        owners: Iterable[Instance] = (),
    ) -> dict[StepPath, Instance]:
        """Return the seeds and all that follows from running them again, in the plan's order.

        A step follows if it moved, `through` lets it, and it waits for such a step, lies in a
        container that does, holds such a step and has ended, or reads the context that such a
        step writes. Of `owners` and of what holds such a step the children stay, but for those
        that only another turn of the container can bring to their result: what lies in a case
        that a branch did not take runs again with the branch only.
        """
        found: dict[StepPath, bool] = {}
        pending = deque((one, True) for one in seeds if not passed_over(one))
        pending.extend((one, False) for one in owners if not passed_over(one))
        while pending:
            instance, whole = pending.popleft()
            if found.get(instance.path, not whole and instance.path in found):
                continue
            found[instance.path] = whole
            pending.extend(
                (one, wholly)
                for one, wholly in self._following(instance, whole=whole)
                if has_moved(one) and through(one)
            )
        return {one.path: one for one in self.instances() if one.path in found}

    def _following(self, instance: Instance, *, whole: bool) -> Iterator[tuple[Instance, bool]]:
        inside = below(instance) if whole else _left_undone(instance)
        yield from ((one, True) for one in inside)
        beside = [*self._dependents[instance.path], *_later_iterations(instance)]
        if self.writes(instance):
            beside += self._readers()
        yield from ((one, True) for one in beside if not passed_over(one))
        owner = instance.frame.owner
        if owner is not None and owner.step.ended:
            yield owner, False

    def writes(self, instance: Instance) -> bool:
        """Tell whether a step writes to the context, or did before its content changed."""
        before = self._before.get(instance.path)
        return bool(instance.node.spec.set) or bool(before and before.spec.set)

    def _readers(self) -> list[Instance]:
        return [one for one in self.moved() if one.node.reads_context]


def same_step(one: StepSpec, other: StepSpec) -> bool:
    """Tell whether two steps are written alike, their children left aside."""
    if one is other:
        return True
    if any(getattr(one, name) != getattr(other, name) for name in _OWN):
        return False
    return [case.when for case in one.cases] == [case.when for case in other.cases]


def has_moved(instance: Instance) -> bool:
    """Tell whether something happened to a step in its present activation."""
    return instance.step.status is not StepStatus.PENDING


def passed_over(instance: Instance) -> bool:
    """Tell whether a step lies in a case that its branch did not take."""
    return instance.step.skipped is SkipReason.BRANCH


def lacks_result(instance: Instance) -> bool:
    """Tell whether a step ended without doing its work, and not by its own condition."""
    step = instance.step
    return step.status in (StepStatus.FAILED, StepStatus.CANCELLED) or (
        step.status is StepStatus.SKIPPED and step.skipped is SkipReason.BLOCKED
    )


def in_completed(instance: Instance) -> bool:
    """Tell whether a step lies in a container that has its result, whatever became of the step."""
    owner = instance.frame.owner
    while owner is not None and owner.step.status is not StepStatus.COMPLETED:
        owner = owner.frame.owner
    return owner is not None


def is_undone(state: PlanState, path: str) -> bool:
    """Tell whether what a step did has been undone."""
    undoing = state.steps.get(undo_path(path))
    return undoing is not None and undoing.status is StepStatus.COMPLETED


def _children(node: Node) -> list[list[str]]:
    return [[child.spec.id for child in group.nodes] for group in node.groups]


def _left_undone(owner: Instance) -> Iterator[Instance]:
    """Yield the children that cannot stay as they are if their container begins anew."""
    for frame in owner.frames:
        for child in frame.instances.values():
            if child.step.status is StepStatus.CANCELLED or passed_over(child):
                yield child


def _later_iterations(instance: Instance) -> Iterator[Instance]:
    """Yield the steps of later iterations, if those follow from the one that a step is in."""
    owner, index = instance.frame.owner, instance.frame.index
    if owner is None or index is None or owner.node.kind is not StepKind.LOOP:
        return
    spec = owner.node.spec
    if spec.while_ or spec.until or owner.node.reads_previous:
        for frame in owner.frames[index + 1 :]:
            yield from frame.instances.values()


def _outdated(state: PlanState, compiled: CompiledPlan) -> tuple[StepPath, ...]:
    old, new = StepLookup(state.compiled.spec), StepLookup(compiled.spec)
    found = []
    for path, step in sorted(state.steps.items(), key=_PATH):
        if step.memo is not None and step.status is StepStatus.PENDING:
            before, after = old.find(path), new.find(path)
            if before is None or after is None or not same_step(before, after):
                found.append(path)
    return tuple(found)


def _dependents(state: PlanState) -> defaultdict[StepPath, list[Instance]]:
    found: defaultdict[StepPath, list[Instance]] = defaultdict(list)
    for instance in state.instances.values():
        for edge in instance.node.edges:
            found[state.source(instance, edge.source).path].append(instance)
    return found
