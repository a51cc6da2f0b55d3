"""What a fork takes over from its parent."""

from __future__ import annotations

from collections.abc import Mapping

from milepost.domain.errors import ExpressionError, UnknownNameError
from milepost.domain.ids import StepPath
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanSpec
from milepost.domain.values import Json, canonical_bytes

from .core import CompiledPlan, Forked, PlanState
from .core.attempts import UNWRITTEN
from .core.forking import inherited, to_begin_anew
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


def refuse_unwritten(fork: PlanState) -> None:
    """Refuse a fork that began with a result which does not suit its step's `set`.

    Raises `ExpressionError`.
    """
    error = fork.plan.error
    if error is not None and error.code == UNWRITTEN and error.step is None:
        raise ExpressionError(error.message, mend="give the step a result that its `set` can read")


def _known(path: str, steps: StepLookup) -> StepPath:
    if steps.find(path) is None:
        raise UnknownNameError(f"there is no step {path!r} to give another result")
    return StepPath(path)
