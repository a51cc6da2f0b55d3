"""A planner that needs no model: the same again, another way, without a part, or the fallback."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from milepost.domain.errors import PlanningError
from milepost.domain.replanning import ReplanPolicy, RevisionStrategy
from milepost.domain.revisions import ChangeSettings, ChangeStep
from milepost.domain.revisions.tree import find, id_of
from milepost.domain.steps import Alternative, StepSpec
from milepost.domain.values import Json
from milepost.engine.core import PlanningChoice
from milepost.engine.planner import Proposal, ReplanRequest

from .dropping import without


class RulePlanner:
    """Tries the strategies of the plan's policy in order and takes the first that can be.

    After repeated trouble with one tool the same call again is tried last.
    """

    name = "rules"

    async def plan(self, request: ReplanRequest) -> Proposal:
        """Return the first strategy's proposal; raise `PlanningError` if none applies."""
        policy = request.spec.settings.replan or ReplanPolicy()
        order, choices = _order(request, policy.strategies)
        tried = {refused.strategy for refused in request.refused}
        reasons = [f"{one.strategy.value}: {one.why}" for one in request.refused]
        for strategy in order:
            found = None if strategy in tried else _MAKERS[strategy](request)
            if isinstance(found, Proposal):
                return Proposal(
                    strategy=found.strategy,
                    why=found.why,
                    edits=found.edits,
                    spec=found.spec,
                    again=found.again,
                    choices=() if request.refused else choices,
                )
            if found is not None:
                reasons.append(f"{strategy.value}: {found}")
        raise PlanningError(f"no strategy is left ({'; '.join(reasons)})")


def _order(
    request: ReplanRequest, strategies: Sequence[RevisionStrategy]
) -> tuple[Sequence[RevisionStrategy], Sequence[PlanningChoice]]:
    """Return the order in which strategies are tried, and the choice to change it."""
    tool, seen = request.analysis.get("tool"), request.analysis.get("tool_seen_before")
    retry = RevisionStrategy.RETRY
    if not isinstance(seen, int) or not seen or retry not in strategies[:-1]:
        return strategies, ()
    changed = (*(one for one in strategies if one is not retry), retry)
    inputs: dict[str, Json] = {"tool": tool, "tool_seen_before": seen}
    why = f"the tool {tool!r} made trouble {seen + 1} times: the same again is tried last"
    before: list[Json] = [one.value for one in strategies]
    return changed, (PlanningChoice([one.value for one in changed], why, inputs, (before,)),)


def _retry(request: ReplanRequest) -> Proposal | str:
    """Run the failed step again, once, if its error is worth that."""
    if request.failed is None:
        return "no step failed"
    if not request.analysis.get("retryable"):
        return "the error would come again"
    if any(one.step == request.step and one.strategy == "retry" for one in request.history):
        return f"step {request.step!r} was run again before"
    why = f"step {request.step!r} is run again: its error may pass"
    return Proposal(RevisionStrategy.RETRY, why, again=(request.failed,))


def _alternative(request: ReplanRequest) -> Proposal | str:
    """Put the step's next alternative in the place of its call."""
    written = request.written
    step = find(request.spec.steps, written) if written is not None else None
    if written is None or step is None or not step.alternatives:
        return "the step has no alternative that was not used"
    other, *others = step.alternatives
    fields: dict[str, Json] = {
        "tool": other.tool,
        "alternatives": [one.model_dump(mode="json", exclude_defaults=True) for one in others],
    }
    if other.input is not None:
        fields["input"] = dict(other.input)
    return Proposal(
        RevisionStrategy.ALTERNATIVE,
        f"step {request.step!r} calls {_difference(step, other)}",
        edits=(ChangeStep(path=written, fields=fields),),
        again=(request.failed,) if request.failed is not None else (),
    )


def _difference(step: StepSpec, other: Alternative) -> str:
    """Tell what is called in the place of a step's call, and what is new about it."""
    if other.tool != step.tool:
        return f"{other.tool!r} instead of {step.tool!r}"
    before = step.input if isinstance(step.input, dict) else {}
    after = before if other.input is None else other.input
    names = sorted(before.keys() | after.keys())
    changed = [f"`{name}`" for name in names if before.get(name) != after.get(name)]
    if not changed:
        return f"{other.tool!r} once more, as its next alternative says"
    return f"{other.tool!r} with another input: {', '.join(changed)}"


def _partial(request: ReplanRequest) -> Proposal | str:
    """Fit the plan to the resources that there are, or go on without a step."""
    resources = request.analysis.get("resources")
    if isinstance(resources, dict):
        edit = ChangeSettings(fields={"resources": request.spec.settings.resources | resources})
        return Proposal(
            RevisionStrategy.PARTIAL, "the plan keeps to the resources there are", edits=(edit,)
        )
    if request.step is None:
        return "it is about no step"
    top = id_of(request.step.partition(".")[0].partition("[")[0])
    dropped = without(request.spec, top, request.needs)
    if dropped.problem is not None:
        return dropped.problem
    why = f"the plan goes on without {', '.join(map(repr, dropped.ids))}"
    spec = request.spec.model_copy(update={"steps": dropped.steps})
    return Proposal(RevisionStrategy.PARTIAL, why, spec=spec)


def _complete(request: ReplanRequest) -> Proposal | str:
    """Go on by the fallback."""
    if request.fallback is None:
        return "the plan has no fallback"
    why = "the fallback takes the place of all that is not finished"
    return Proposal(RevisionStrategy.COMPLETE, why, spec=request.fallback)


_MAKERS: dict[RevisionStrategy, Callable[[ReplanRequest], Proposal | str]] = {
    RevisionStrategy.RETRY: _retry,
    RevisionStrategy.ALTERNATIVE: _alternative,
    RevisionStrategy.PARTIAL: _partial,
    RevisionStrategy.COMPLETE: _complete,
}
