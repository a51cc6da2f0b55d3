"""From a batch of events to rows: the same for a commit, a catch-up and a rebuild.

The row functions are pure. What the events of a batch do not say by themselves (a plan's number,
what a step was before) they ask a `Prior`, which answers from the rows of all events before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from milepost.domain.errors import UnknownNameError
from milepost.domain.events import (
    PlanDrafted,
    PlanFailed,
    StepFailed,
    StepRetrying,
    StepStarted,
    WorkflowPublished,
    WorkflowRetired,
)
from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanStatus
from milepost.domain.values import ContentHash

from .codes import KIND_CODES, unversioned
from .contents import ContentFacts, facts_of, iterations
from .plan_rows import STATUS_AFTER, labels_of, move, workflow_row
from .prior import KnownContent, Placed, Prior
from .rows import ContentRow, DraftRow, Label, PlanChange, Rows, StateRow, StepChange
from .step_rows import KNOW_THEIR_PAST, STEP_ROWS

_WORKFLOW_KINDS = frozenset({WorkflowPublished.kind, WorkflowRetired.kind})
_WITH_ERRORS = frozenset({StepFailed.kind, StepRetrying.kind, PlanFailed.kind})
NEEDS_DATA = _WORKFLOW_KINDS | _WITH_ERRORS | {PlanDrafted.kind, StepStarted.kind}
"""Kinds of which the row functions read more than stream, version and kind."""

_CODES = {kind: KIND_CODES[unversioned(kind)] for kind in STEP_ROWS}


def fold(batch: Iterable[Placed], prior: Prior) -> Rows:
    """Return what a batch adds, its events given in the order of their positions.

    Raises `UnknownNameError` for an event of a plan that was never drafted.
    """
    folding = _Folding(prior)
    for placed in batch:
        folding.add(placed.position, placed.event)
    return folding.rows


class _Folding:
    """Folds one batch, event by event."""

    def __init__(self, prior: Prior) -> None:
        self.rows = Rows()
        self._prior = prior
        self._plans: dict[str, PlanChange] = {}
        self._contents: dict[ContentHash, KnownContent] = {}
        self._loops: dict[int, Mapping[str, int]] = {}
        self._iterations: set[tuple[int, str]] = set()

    def add(self, position: int, event: Any) -> None:  # noqa: ANN401 - the kind says what it has
        """Fold the next event."""
        kind: str = event.kind
        if kind in STEP_ROWS:
            self._add_step_event(position, event, kind)
        elif kind in _WORKFLOW_KINDS:
            self.rows.workflows.append(workflow_row(position, event))
        else:
            self._add_plan_event(position, event, kind)

    def _add_step_event(self, position: int, event: Any, kind: str) -> None:  # noqa: ANN401
        plan_id, _dot, path = event.originator_id.partition(".")
        plan = self._plans.get(plan_id) or self._plan(plan_id)
        plan.last = position
        number = plan.number
        self.rows.history.append((number, position, _CODES[kind]))
        key = (number, path)
        step = self.rows.steps.get(key)
        if step is None:
            step = self.rows.steps[key] = StepChange()
            if event.originator_version == 1:
                if "[" in path:
                    self._count_iterations(plan, path)
            elif kind not in KNOW_THEIR_PAST:
                step.status = self._prior.step(number, path)
        step.last = position
        STEP_ROWS[kind](step, plan, position, event)
        if kind in _WITH_ERRORS:
            self._label(plan, position, Label.ERROR, event.error.kind, event.error.code)

    def _add_plan_event(self, position: int, event: Any, kind: str) -> None:  # noqa: ANN401
        if kind == PlanDrafted.kind:
            self._draft(position, event)
        plan = self._plan(event.originator_id.partition("!")[0])
        plan.last = position
        self.rows.history.append((plan.number, position, KIND_CODES[unversioned(kind)]))
        if kind in STATUS_AFTER:
            status = move(plan, position, kind)
            self.rows.states.append(StateRow(plan.number, position, status))
        if kind in _WITH_ERRORS:
            self._label(plan, position, Label.ERROR, event.error.kind, event.error.code)

    def _draft(self, position: int, draft: PlanDrafted) -> None:
        content = self._content(position, draft.content)
        plan = PlanChange(position, content.number)
        self._plans[draft.originator_id] = self.rows.plans[position] = plan
        row = DraftRow(position, PlanId(draft.originator_id), *content, draft.trace)
        self.rows.drafts.append(row)
        self.rows.states.append(StateRow(position, position, PlanStatus.READY))
        for label, word in labels_of(draft):
            self._label(plan, position, label, word)

    def _plan(self, plan_id: str) -> PlanChange:
        plan = self._plans.get(plan_id)
        if plan is None:
            known = self._prior.plan(plan_id)
            if known is None:
                raise UnknownNameError(f"there is no plan {plan_id!r}; draft it first")
            plan = self._plans[plan_id] = self.rows.plans[known.number] = PlanChange(*known)
        return plan

    def _content(self, position: int, content: ContentHash) -> KnownContent:
        known = self._contents.get(content) or self._prior.content(content)
        if known is None:
            body = self._prior.body(content)
            facts = facts_of(body) if body is not None else ContentFacts()
            self.rows.contents.append(ContentRow(position, content, facts))
            known = KnownContent(position, facts.steps)
            self._loops[position] = facts.loops
        self._contents[content] = known
        return known

    def _count_iterations(self, plan: PlanChange, path: str) -> None:
        """Add the steps of every loop iteration that this step is the first to move in."""
        for place, size in iterations(path, self._loops_of(plan.content)):
            key = (plan.number, place)
            if key not in self._iterations:
                self._iterations.add(key)
                if not self._prior.moved_below(plan.number, place):
                    plan.steps += size

    def _loops_of(self, content: int) -> Mapping[str, int]:
        if content not in self._loops:
            self._loops[content] = self._prior.loops(content)
        return self._loops[content]

    def _label(self, plan: PlanChange, position: int, label: Label, *words: str) -> None:
        for word in words:
            self.rows.labels.setdefault((label, word, plan.number), position)
