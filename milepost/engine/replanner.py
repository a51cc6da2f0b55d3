"""Asks a planner for another content of a plan, and checks what it proposes before the plan has it.

This happens outside of the core and may take any time. What is refused is told to the planner,
which may propose something else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from milepost.domain.errors import MilepostError, PlanningError, RefusedError, StoreError
from milepost.domain.events import (
    ErrorRecord,
    Event,
    PlanRevised,
    ReplanBegun,
    ReplanFailed,
    RequestMade,
)
from milepost.domain.ids import StepPath, child_path
from milepost.domain.plans import MAX_STEPS, PlanSpec, walk
from milepost.domain.replanning import RevisionStrategy
from milepost.domain.revisions import apply_edits
from milepost.domain.steps import StepKind, StepStatus

from .attempt import record_of
from .core import Planned, PlanningChoice, PlanningFailed, PlanState
from .core.derive import restore
from .core.revising import Revision
from .library import Prepared
from .merging import merged, sources_of
from .planner import Earlier, Planner, Proposal, Refused, ReplanRequest, StepState

if TYPE_CHECKING:
    from .core import Instance, Node

Prepare: TypeAlias = Callable[[PlanSpec], Prepared]
"""Checks and compiles content; raises `ValidationError`."""
Published: TypeAlias = Callable[[str], Awaitable[PlanSpec]]
"""Returns the content of `NAME@VERSION`; raises `UnknownNameError`."""
MOST_PROPOSALS = 10
"""Proposals that one replan looks at."""
LARGEST_PROPOSAL = 4 * 1024 * 1024
"""Bytes of a proposed content."""
_MOST_CHOICES = 100
_LONGEST_WHY = 10_000


class Replanner:
    """Has a planner answer, and turns its answer into an outcome."""

    def __init__(self, planner: Planner, prepare: Prepare, published: Published) -> None:
        self._planner = planner
        self._prepare = prepare
        self._published = published

    async def answer(
        self, state: PlanState, begun: ReplanBegun, events: Sequence[Event]
    ) -> Planned | PlanningFailed:
        """Return the planner's answer to a replan; `events` are the plan's stored ones."""
        record = [event for event in events if not isinstance(event, RequestMade)]
        choices: list[PlanningChoice] = []
        try:
            return await self._planned(state, begun, record, choices)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a planner is foreign code
            told = _planning_error(error)
            return PlanningFailed(begun.id, self._planner.name, told, choices[:_MOST_CHOICES])

    async def _planned(
        self,
        state: PlanState,
        begun: ReplanBegun,
        record: Sequence[Event],
        choices: list[PlanningChoice],
    ) -> Planned:
        """Return the first proposal that the plan can have; raise `PlanningError` without one."""
        refused: list[Refused] = []
        request = await self._with_fallback(request_of(state, begun, record), refused)
        for _proposal in range(MOST_PROPOSALS):
            proposal = await self._planner.plan(replace(request, refused=tuple(refused)))
            choices += islice(proposal.choices, _MOST_CHOICES)
            try:
                return self._checked(state, begun, record, proposal, choices)
            except RefusedError as error:
                refused.append(Refused(RevisionStrategy(proposal.strategy), str(error)))
                choices.append(_refusal(refused[-1]))
        raise PlanningError(f"none of {MOST_PROPOSALS} proposals could be had")

    async def _with_fallback(self, request: ReplanRequest, refused: list[Refused]) -> ReplanRequest:
        """Add the plan's fallback, as a content that has the plan's own settings."""
        spec, given = request.spec, request.spec.fallback
        if given is None:
            return request
        update: dict[str, object] = {"fallback": None}
        if isinstance(given, str):
            try:
                other = await self._published(given)
            except RefusedError as error:
                refused.append(Refused(RevisionStrategy.COMPLETE, str(error)))
                return request
            update["inputs"] = spec.inputs | other.inputs
            update["context"] = spec.context | other.context
            given = other.steps
        return replace(request, fallback=spec.model_copy(update=update | {"steps": given}))

    def _checked(
        self,
        state: PlanState,
        begun: ReplanBegun,
        record: Sequence[Event],
        proposal: Proposal,
        choices: Sequence[PlanningChoice],
    ) -> Planned:
        """Return the outcome of a proposal; raise `RefusedError` if the plan cannot have it."""
        copy = restore(state.id, record, state.compiled)
        spec = _content(copy, proposal)
        if sum(1 for _step in islice(walk(spec.steps), MAX_STEPS + 1)) > MAX_STEPS:
            raise RefusedError(f"it has more than {MAX_STEPS} steps")
        prepared = self._prepare(spec)
        if len(prepared.body) > LARGEST_PROPOSAL:
            raise RefusedError(f"it is larger than {LARGEST_PROPOSAL} bytes")
        again = tuple(str(path) for path in proposal.again)
        if prepared.content == copy.plan.content and not again:
            raise RefusedError("nothing would change")
        problem = Revision(copy, prepared.compiled, again).refusal()
        if problem is not None:
            raise RefusedError(problem)
        return Planned(
            begun=begun.id,
            planner=self._planner.name,
            content=prepared.content,
            strategy=RevisionStrategy(proposal.strategy),
            why=str(proposal.why)[:_LONGEST_WHY],
            again=again,
            choices=tuple(choices[:_MOST_CHOICES]),
            compiled=prepared.compiled,
            body=prepared.body,
        )


def request_of(state: PlanState, begun: ReplanBegun, record: Sequence[Event]) -> ReplanRequest:
    """Return what a planner is told of a plan that waits for it."""
    failed = state.instances.get(StepPath(begun.step or ""))
    while failed is not None and failed.frame.owner is not None:
        failed = failed.frame.owner
    is_lost = failed is not None and failed.step.status is StepStatus.FAILED
    return ReplanRequest(
        plan=state.id,
        spec=state.compiled.spec,
        trigger=begun.trigger,
        step=begun.step,
        failed=failed.path if failed is not None and is_lost else None,
        analysis=begun.analysis,
        steps={path: _state_of(one) for path, one in state.instances.items()},
        needs={
            node.spec.id: tuple(source.spec.id for source in sources_of(node))
            for node in state.compiled.root.nodes
        },
        inputs=state.plan.inputs,
        context=state.plan.context,
        history=tuple(_history(record)),
    )


def _content(copy: PlanState, proposal: Proposal) -> PlanSpec:
    if proposal.spec is not None:
        return merged(copy, proposal.spec)
    spec = copy.compiled.spec
    return apply_edits(spec, tuple(proposal.edits)) if proposal.edits else spec


def _state_of(instance: Instance) -> StepState:
    step = instance.step
    written = _written(instance.node)
    return StepState(written, step.status, step.output, step.error, step.attempt)


def _written(node: Node) -> str:
    owner = node.group.owner
    if owner is None:
        return child_path("", node.spec.id)
    case = owner.groups.index(node.group) if owner.kind is StepKind.BRANCH else None
    return child_path(_written(owner), node.spec.id, index=case)


def _history(record: Sequence[Event]) -> Iterator[Earlier]:
    """Yield the replans that are over, with what came of each."""
    begun: ReplanBegun | None = None
    for event in record:
        if isinstance(event, ReplanBegun):
            begun = event
        elif begun is not None and isinstance(event, PlanRevised | ReplanFailed):
            strategy = event.strategy if isinstance(event, PlanRevised) else None
            analysis: Mapping[str, object] = begun.analysis
            yield Earlier(begun.trigger, begun.step, dict(analysis), strategy, event.why)  # type: ignore[arg-type]
            begun = None


def _refusal(refused: Refused) -> PlanningChoice:
    return PlanningChoice(
        chosen="refused", why=refused.why[:_LONGEST_WHY], inputs={"strategy": refused.strategy}
    )


def _planning_error(error: Exception) -> ErrorRecord:
    """Return the record of why there is no plan; what went wrong inside is its cause."""
    told = record_of(error)
    if isinstance(error, MilepostError):
        return ErrorRecord(kind="planning", code="planning", message=told.message, retryable=False)
    message = f"the planner failed: {told.message}"
    return ErrorRecord(
        kind="planning", code="planning", message=message, retryable=False, cause=told
    )
