"""From a batch of events to rows: the same for a commit, a catch-up and a rebuild.

The row functions are pure. What the events of a batch do not say by themselves (a plan's number,
what a step was before) they ask a `Prior`, which answers from the rows of all events before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from milepost.domain.errors import UnknownNameError
from milepost.domain.events import (
    PlanDrafted,
    PlanFailed,
    PlanForked,
    PlanRecovered,
    PlanRestored,
    PlanRevised,
    PlanRolledBack,
    ReplanFailed,
    StepFailed,
    StepRetrying,
    StepStarted,
    WorkflowPublished,
    WorkflowRetired,
)
from milepost.domain.ids import PlanId, undone_path
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash

from .codes import KIND_CODES, unversioned
from .contents import ContentFacts, facts_of
from .iterations import Iterations
from .plan_rows import STATUS_AFTER, labels_of, move, workflow_labels, workflow_row
from .prior import KnownContent, Placed, Prior
from .rows import (
    ContentRow,
    DraftRow,
    Label,
    PlanChange,
    RevisionRow,
    Rows,
    StateRow,
    StepChange,
)
from .step_rows import KNOW_THEIR_PAST, STEP_ROWS

_WORKFLOW_KINDS = frozenset({WorkflowPublished.kind, WorkflowRetired.kind})
_WITH_ERRORS = frozenset({StepFailed.kind, StepRetrying.kind, PlanFailed.kind, ReplanFailed.kind})
_WITH_CONTENTS = frozenset(
    {PlanRevised.kind, PlanRolledBack.kind, PlanRestored.kind, PlanRecovered.kind}
)
_OTHERS_READ = frozenset({PlanDrafted.kind, PlanForked.kind, StepStarted.kind})
NEEDS_DATA = _WORKFLOW_KINDS | _WITH_ERRORS | _WITH_CONTENTS | _OTHERS_READ
"""Kinds of which the row functions read more than stream, version and kind."""

_CODES = {kind: KIND_CODES[unversioned(kind)] for kind in STEP_ROWS}


def fold(batch: Iterable[Placed], prior: Prior) -> Rows:
    """Return what a batch adds, its events given in the order of their positions.

    Raises `UnknownNameError` for an event of a plan that was never drafted.
    """
    folding = _Folding(prior)
    for placed in batch:
        folding.add(placed.position, placed.event)
    folding.count_steps()
    return folding.rows


class _Folding:
    """Folds one batch, event by event."""

    def __init__(self, prior: Prior) -> None:
        self.rows = Rows()
        self._prior = prior
        self._plans: dict[str, PlanChange] = {}
        self._contents: dict[ContentHash, KnownContent] = {}
        self._facts: dict[int, ContentFacts] = {}
        self._iterations = Iterations(prior)
        self._counting: dict[int, int] = {}
        """Plans whose number of steps may change, each with its content before the batch."""

    def add(self, position: int, event: Any) -> None:  # noqa: ANN401 - the kind says what it has
        """Fold the next event."""
        kind: str = event.kind
        if kind in STEP_ROWS:
            self._add_step_event(position, event, kind)
        elif kind in _WORKFLOW_KINDS:
            self.rows.workflows.append(workflow_row(position, event))
        else:
            self._add_plan_event(position, event, kind)

    def count_steps(self) -> None:
        """Note by how much plans' numbers of steps changed, when all events are folded."""
        for number, content in self._counting.items():
            plan = self.rows.plans[number]
            before, after = self._facts_of(content), self._facts_of(plan.content)
            plan.steps = self._iterations.growth(number, before, after)

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
            if event.originator_version != 1 and kind not in KNOW_THEIR_PAST:
                step.status = self._prior.step(number, path)
        step.last = position
        before = step.status
        counts = plan if undone_path(path) is None else PlanChange(number, plan.content)
        STEP_ROWS[kind](step, counts, position, event)
        if "[" in path and counts is plan and kind not in KNOW_THEIR_PAST:
            self._note_iteration(plan, path, before, step.status)
        if kind in _WITH_ERRORS:
            self._label(plan, position, Label.ERROR, event.error.kind, event.error.code)

    def _add_plan_event(self, position: int, event: Any, kind: str) -> None:  # noqa: ANN401
        if kind == PlanDrafted.kind:
            self._draft(position, event)
        plan = self._plan(event.originator_id.partition("!")[0])
        plan.last = position
        if kind in _WITH_CONTENTS:
            self._revise(plan, position, event)
        elif kind == PlanForked.kind:
            self._label(plan, position, Label.PARENT, event.parent)
        self.rows.history.append((plan.number, position, KIND_CODES[unversioned(kind)]))
        if kind in STATUS_AFTER:
            status = move(plan, position, kind)
            self.rows.states.append(StateRow(plan.number, position, status))
        if kind in _WITH_ERRORS and event.error is not None:
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

    def _revise(self, plan: PlanChange, position: int, event: Any) -> None:  # noqa: ANN401
        """Give a plan its next revision; one that goes back may keep the revision it has."""
        if event.number <= plan.revision:
            return
        self._counting.setdefault(plan.number, plan.content)
        revisions = self.rows.revisions
        if plan.revision == 1:
            revisions.append(RevisionRow(plan.number, 1, plan.number, plan.content))
        plan.content = self._content(position, event.content).number
        plan.revision = event.number
        revisions.append(RevisionRow(plan.number, event.number, position, plan.content))
        self.rows.revised.add(event.originator_id)
        for label, word in workflow_labels(event.workflow) if event.workflow else ():
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
            self._facts[position] = facts
        self._contents[content] = known
        return known

    def _note_iteration(
        self, plan: PlanChange, path: str, before: StepStatus, after: StepStatus
    ) -> None:
        has_begun = after is not StepStatus.PENDING
        if has_begun is (before is StepStatus.PENDING):
            self._iterations.note(plan.number, path, has_begun=has_begun)
            self._counting.setdefault(plan.number, plan.content)

    def _facts_of(self, content: int) -> ContentFacts:
        if content not in self._facts:
            self._facts[content] = self._prior.facts(content)
        return self._facts[content]

    def _label(self, plan: PlanChange, position: int, label: Label, *words: str) -> None:
        for word in words:
            self.rows.labels.setdefault((label, word, plan.number), position)
