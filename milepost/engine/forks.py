"""What a fork takes over from its parent."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from milepost.domain.aggregates import Step
from milepost.domain.census import begun_iterations
from milepost.domain.errors import ExpressionError, RefusedError, UnknownNameError
from milepost.domain.ids import StepPath, owner_of
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanSpec
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
    )


def refuse_unfit(fork: PlanState, replaced: Collection[StepPath]) -> None:
    """Refuse a fork that began with a result which nothing can come of.

    Raises `ExpressionError` for one that its step's `set` cannot read, `RefusedError` for one of
    a step that the fork certainly does not come to.
    """
    error = fork.plan.error
    if error is not None and error.code == UNWRITTEN and error.step is None:
        raise ExpressionError(error.message, mend="give the step a result that its `set` can read")
    for path in replaced:
        problem = _out_of_reach(fork, path, replaced)
        if problem is not None:
            raise RefusedError(f"step {path!r} cannot be given a result: {problem}")


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
    owner = owner_of(path)
    while owner is not None:
        spec = steps.find(owner)
        if spec is not None and spec.kind is StepKind.LOOP and owner not in numbered:
            raise UnknownNameError(
                f"there is no one step {path!r} to give another result; "
                f"say in which round of {owner!r}, as in {owner}[0]"
            )
        owner = owner_of(owner)
    return StepPath(path)
