"""Going elsewhere: a running plan gets another content, a failed one goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from milepost.domain.commands import Recover
from milepost.domain.events import (
    Event,
    PlanRecovered,
    PlanResumed,
    PlanRevised,
    RecoveryStrategy,
    RevisionStrategy,
    RevisionTrigger,
    SkipReason,
    StepSkipped,
)
from milepost.domain.ids import StepPath
from milepost.domain.steps import StepStatus

from .context import context_kept
from .decisions import held_decisions
from .derive import derive
from .resetting import introduce_names, take_back
from .survey import Survey, in_completed, is_undone, lacks_result, passed_over

if TYPE_CHECKING:
    from .compiled import CompiledPlan
    from .state import Instance, PlanState

_FINISHED = "has completed"
_BUSY = {StepStatus.RUNNING: "is running", StepStatus.SUSPENDED: "is waiting"}


class Revision:
    """Another content for a running plan, and what it does to the steps that moved.

    Finished steps and those under way stay as they are; a failed step that is written anew, or
    named in `again`, is to run, and so is what was skipped or failed because of it.
    """

    def __init__(
        self, state: PlanState, compiled: CompiledPlan, again: Collection[str] = ()
    ) -> None:
        self._before = state.compiled
        self._state = state
        self._survey = survey = Survey(state, compiled)
        self._again = frozenset(again)
        lost = survey.lost()
        self._lost = frozenset(one.path for one in lost)
        seeds = [one for one in lost if one.path in self._again or _lost_its_blocker(state, one)]
        seeds += [one for one in survey.moved() if one.path in survey.changed and _is_open(one)]
        owners = [
            one
            for one in survey.moved()
            if one.path in survey.rearranged and _is_open(one) and one.step.ended
        ]
        self.reset = tuple(survey.spread(seeds, _follows, owners))
        self._held = held_decisions(survey, self.reset)
        self.removed = survey.removed
        self.changed = tuple(sorted(survey.changed))
        self.kept = len(survey.moved()) - len(self.reset)

    def refusal(self) -> str | None:
        """Say why the plan cannot have this content, None if it can."""
        state, survey = self._state, self._survey
        for path in self._again - self._lost:
            return f"step {path!r} cannot be run again: only failed and cancelled steps can"
        for path in (*survey.changed, *survey.removed, *survey.rearranged):
            status = state.steps[path].status if path in state.steps else StepStatus.PENDING
            verb = "removed" if path in survey.removed else "changed"
            if status is StepStatus.COMPLETED:
                return (
                    f"step {path!r} {_FINISHED} and cannot be {verb}; "
                    "leave it as it is, or roll the plan back"
                )
            if status in _BUSY and path not in survey.rearranged - survey.changed:
                return (
                    f"step {path!r} {_BUSY[status]} and cannot be {verb}; "
                    "wait for its end, or cancel the plan"
                )
        return None

    def record(
        self,
        content: str,
        *,
        trigger: RevisionTrigger,
        strategy: RevisionStrategy,
        evidence: Sequence[str] = (),
        why: str = "",
        workflow: str | None = None,
    ) -> None:
        """Make it the plan's next revision; `workflow` is the published one, if another."""
        state = self._state
        number = state.plan.revision + 1
        event = state.record(
            PlanRevised,
            number=number,
            content=content,
            parent=state.plan.revision,
            trigger=trigger,
            strategy=strategy,
            evidence=tuple(evidence),
            kept=self.kept,
            reset=len(self.reset),
            removed=self.removed,
            why=why,
            workflow=workflow,
        )
        taken = (*self.reset, *self.removed, *self._survey.outdated)
        take_back(state, taken, f"revision {number}", cause=event.id, held=self._held)
        introduce_names(state, event.id)
        derive(state)
        if state.plan.waiting and not state.only_asking():
            state.record(PlanResumed, reason="it has steps that need no answer")

    def undo(self) -> None:
        """Leave the plan with the content that it has; `derive` is to follow."""
        self._state.compiled = self._before


def recover(
    state: PlanState,
    compiled: CompiledPlan,
    command: Recover,
    history: Sequence[Event],
    *,
    settles: str,
    why: str,
) -> str | None:
    """Let a plan that failed go on; return why it cannot, if it cannot.

    `resume` runs the failed steps again (or those named), and what was skipped or cancelled
    because of them; `skip` goes on without them; `restart` runs the whole plan again; `replan`
    runs the failed steps of the content given, and without another one leaves them to the planner.
    """
    before = state.compiled
    survey = Survey(state, compiled)
    chosen, refusal = _chosen(survey, command)
    if refusal is not None:
        state.compiled = before
        return refusal
    reset, keep = _reach_of_recovery(survey, command, chosen)
    taken = (*reset, *survey.removed)
    is_restart = command.strategy is RecoveryStrategy.RESTART
    held = {} if is_restart else held_decisions(survey, reset)
    why = why or f"recovered: {command.strategy.value}"
    is_other = command.content != state.plan.content or command.workflow is not None
    event = state.record(
        PlanRecovered,
        number=state.plan.revision + is_other,
        content=command.content,
        parent=state.plan.revision,
        strategy=command.strategy,
        settles=settles,
        steps=tuple(one.path for one in chosen),
        kept=len(survey.moved()) - len(reset),
        reset=len(reset),
        removed=survey.removed,
        context=context_kept(history, taken),
        reason=why,
        workflow=command.workflow,
    )
    take_back(state, (*taken, *survey.outdated), why, cause=event.id, keep=keep, held=held)
    if command.strategy is RecoveryStrategy.SKIP:
        _give_up(state, chosen, event.id, why)
    introduce_names(state, event.id)
    derive(state)
    return None


def _reach_of_recovery(
    survey: Survey, command: Recover, chosen: Sequence[Instance]
) -> tuple[dict[StepPath, Instance], frozenset[StepPath]]:
    """Return the steps to reset, and those of them that may adopt the result they have.

    What was stopped when the plan failed goes on with it, and what was undone runs again.
    """
    state = survey.state
    restart = command.strategy is RecoveryStrategy.RESTART
    stopped = [one for one in survey.lost() if one.step.status is StepStatus.CANCELLED]
    rewritten = [one for one in survey.moved() if one.path in survey.changed and _is_open(one)]
    owners = [one for one in survey.moved() if one.path in survey.rearranged and _is_open(one)]
    seeds = [*chosen, *stopped, *rewritten]
    reset = survey.spread(seeds, lambda one: restart or _follows(one), owners)
    undone = [one for one in survey.moved() if is_undone(state, one.path)]
    after_undone = survey.spread(undone, lambda _one: True)
    keep = after_undone.keys() - reset.keys() - {one.path for one in undone}
    return reset | after_undone, frozenset(keep)


def _give_up(state: PlanState, chosen: Sequence[Instance], cause: str, why: str) -> None:
    for one in chosen:
        state.record_aside(
            one.step, StepSkipped, cause=cause, reason=SkipReason.GIVEN_UP, detail=why
        )


def _chosen(survey: Survey, command: Recover) -> tuple[list[Instance], str | None]:
    """Return the steps that a recovery is about, or why there are none."""
    if command.strategy is RecoveryStrategy.RESTART:
        return survey.moved(), None
    for path in (*survey.changed, *survey.rearranged):
        if survey.state.steps[path].status is StepStatus.COMPLETED:
            return [], f"step {path!r} {_FINISHED}: a recovery cannot change it; roll back instead"
    failed: dict[str, Instance] = {one.path: one for one in survey.lost()}
    for named in command.steps:
        if named not in failed:
            return [], f"step {named!r} has not failed; failed are: {', '.join(failed) or 'none'}"
    if command.steps:
        return [failed[named] for named in command.steps], None
    if command.strategy is RecoveryStrategy.SKIP:
        return [one for one in failed.values() if _is_root_of_failure(one)], None
    for_planner = asks_planner(survey.state, command)
    return [one for one in failed.values() if not for_planner or _only_stopped(one)], None


def asks_planner(state: PlanState, command: Recover) -> bool:
    """Tell whether a recovery leaves it to the planner how the plan goes on."""
    is_replan = command.strategy is RecoveryStrategy.REPLAN
    return is_replan and command.content == state.plan.content


def _only_stopped(instance: Instance) -> bool:
    """Tell whether a top-level step was kept from its work by another one's failure."""
    return instance.frame.owner is None and instance.step.status is not StepStatus.FAILED


def _is_root_of_failure(instance: Instance) -> bool:
    """Tell whether a step failed by itself, rather than through a child."""
    error = instance.step.error
    failed = instance.step.status is StepStatus.FAILED
    return failed and (error is None or error.step is None)


def _follows(instance: Instance) -> bool:
    """Tell whether a step that ended without a result follows one that runs again."""
    return instance.step.ended and instance.step.status is not StepStatus.COMPLETED


def _is_open(instance: Instance) -> bool:
    """Tell whether a step may still come to a result, though not by what is under way."""
    step = instance.step
    done = step.status is StepStatus.COMPLETED or in_completed(instance)
    return not (done or passed_over(instance) or step.status in _BUSY)


def _lost_its_blocker(state: PlanState, instance: Instance) -> bool:
    """Tell whether a step was skipped for another that the plan no longer has it wait for."""
    if instance.step.skipped is not SkipReason.BLOCKED:
        return False
    sources = (state.source(instance, edge.source) for edge in instance.node.edges)
    return not any(lacks_result(source) for source in sources)
