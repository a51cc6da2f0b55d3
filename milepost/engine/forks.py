"""What a fork takes over from its parent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from milepost.domain.aggregates import Step
from milepost.domain.census import begun_iterations
from milepost.domain.errors import ExpressionError, RefusedError, UnknownNameError
from milepost.domain.ids import StepPath, owner_of
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanSpec, PlanStatus
from milepost.domain.steps import StepKind, StepStatus
from milepost.domain.values import Json, canonical_bytes

from .core import CompiledPlan, Forked, PlanState
from .core.attempts import UNWRITTEN
from .core.branches import passes_over
from .core.forking import inherited, to_begin_anew
from .core.loops import COUNT, FOR_EACH
from .core.past import past_at
from .core.survey import same_step
from .moments import Moment


def forked_at(
    moment: Moment, then: CompiledPlan, content: PlanSpec, replace: Mapping[str, Json]
) -> Forked:
    """Return how a plan begins that is forked at a moment, when its parent's content was `then`.

    Ended steps that the new content has alike are taken over, unless they had been undone or what
    had been is to come before them. Raises `UnknownNameError` for a step to replace that is not
    there.
    """
    past = past_at(moment.before, moment.event.id, then.spec)
    old, new = StepLookup(then.spec), StepLookup(content)
    replaced = {_known(path, new): value for path, value in replace.items()}
    canonical_bytes(dict(replace))
    alike = {
        path: (before, after)
        for path in past.steps.keys() - to_begin_anew(past, then)
        if (before := old.find(path)) and (after := new.find(path)) and same_step(before, after)
    }
    return Forked(
        parent=past.plan.id,
        at=moment.event.id,
        inherited=inherited(
            past,
            {path for path, (before, after) in alike.items() if before == after},
            {path for path, (before, _after) in alike.items() if before.is_container},
            replaced,
        ),
        context=past.plan.context,
        replaced=tuple(replaced),
        history=past.before,
        undone=[path for path in past.undone() if path not in replaced and new.find(path)],
    )


def refuse_unfit(fork: PlanState, forked: Forked) -> None:
    """Refuse a fork that began with results which do not suit it.

    Raises `ExpressionError` for one that its step's `set` cannot read, `RefusedError` for one of
    a step that the fork certainly does not come to, and if with them the fork is complete though
    a step is undone.
    """
    error = fork.plan.error
    if error is not None and error.code == UNWRITTEN and error.step is None:
        raise ExpressionError(error.message, mend="give the step a result that its `set` can read")
    for path in forked.replaced:
        problem = _out_of_reach(fork, path, forked.replaced)
        if problem is not None:
            raise RefusedError(f"step {path!r} cannot be given a result: {problem}")
    if fork.plan.status is PlanStatus.COMPLETED:
        _refuse_left_undone(fork, forked.undone)


def _refuse_left_undone(fork: PlanState, undone: Iterable[StepPath]) -> None:
    for path in undone:
        places = (path, *_owners(path))
        if not any(place in fork.steps and fork.steps[place].ended for place in places):
            raise RefusedError(
                f"the fork would be complete with step {path!r} undone, "
                "for nothing that is left waits for it; "
                "give that one a result too, or recover the plan"
            )


def _out_of_reach(fork: PlanState, path: StepPath, replaced: Collection[StepPath]) -> str | None:
    """Say why a fork does not come to a step, None if it may."""
    specs = StepLookup(fork.compiled.spec)
    for owner, [number] in begun_iterations((path,)).items():
        step, spec = fork.steps.get(StepPath(owner)), specs.find(owner)
        if step is None or spec is None:
            continue
        if spec.kind is StepKind.BRANCH and passes_over(step, number):
            return f"branch {owner!r} takes another case"
        rounds = _rounds(step, given=owner in replaced) if spec.kind is StepKind.LOOP else None
        if rounds is not None and number >= rounds:
            return f"the rounds of loop {owner!r} are {rounds}, counted from 0"
    return None


def _rounds(loop: Step, *, given: bool) -> int | None:
    """Return how many rounds a loop has, None as long as that is not known."""
    items, count = loop.bindings.get(FOR_EACH), loop.bindings.get(COUNT)
    if isinstance(items, list):
        return len(items)
    if isinstance(count, int):
        return count
    is_gone_through = loop.status is StepStatus.COMPLETED and not given
    return len(loop.output) if is_gone_through and isinstance(loop.output, list) else None


def _known(path: str, steps: StepLookup) -> StepPath:
    if steps.find(path) is None or path.endswith("]"):
        raise UnknownNameError(f"there is no step {path!r} to give another result")
    numbered = begun_iterations((path,))
    for owner in _owners(path):
        spec = steps.find(owner)
        if spec is not None and spec.kind is StepKind.LOOP and owner not in numbered:
            raise UnknownNameError(
                f"there is no one step {path!r} to give another result; "
                f"say in which round of {owner!r}, as in {owner}[0]"
            )
    return StepPath(path)


def _owners(path: str) -> Iterator[StepPath]:
    """Yield the containers that a step is in, the innermost first."""
    owner = owner_of(path)
    while owner is not None:
        yield owner
        owner = owner_of(owner)
