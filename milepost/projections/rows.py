"""Rows of the inline projections: pointers into the log and counters, in few bytes.

A plan's number is the position of its first event, so it needs no counter, sorts by age and is
the same in every rebuild. Positions stand for times: the log has those.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash

from .contents import ContentFacts


class Label(IntEnum):
    """What a label of a plan says."""

    NAME = 1
    WORKFLOW = 2
    SESSION = 3
    USER = 4
    TAG = 5
    ERROR = 6
    """Kind or code of an error that a step or the plan had, mended or not."""
    PARENT = 7
    """Id of the plan that it was forked from."""


class Named(IntEnum):
    """What a label of a content says."""

    TOOL = 1
    STEP = 2


HistoryRow: TypeAlias = tuple[int, int, int]
"""An event belongs to a plan: its number, the position, the code of the kind."""


class StateRow(NamedTuple):
    """A plan came to a status."""

    plan: int
    position: int
    status: PlanStatus


class DraftRow(NamedTuple):
    """A plan came into being."""

    plan: int
    id: str
    content: int
    steps: int
    trace: str | None


class RevisionRow(NamedTuple):
    """A plan has a revision from a position on; none is kept of plans that have only one."""

    plan: int
    number: int
    position: int
    content: int


class ContentRow(NamedTuple):
    """A content was used for the first time; its number is the position of that event."""

    number: int
    content: ContentHash
    facts: ContentFacts


class WorkflowRow(NamedTuple):
    """A version of a workflow was published or retired."""

    stream: str
    version: str
    content: ContentHash | None
    """None when it was retired."""
    position: int


@dataclass(slots=True)
class StepChange:
    """What a batch changes in a step's row; it can be written without reading the row first."""

    status: StepStatus = StepStatus.PENDING
    attempt: int = 0
    """0 when no attempt began."""
    resets: int = 0
    started: int | None = None
    """First start of the activation; None when the batch has none, which keeps the row's."""
    ended: int | None = None
    last: int = 0


@dataclass(slots=True)
class PlanChange:
    """What a batch changes in a plan's row: the newest status, and how much counters move."""

    number: int
    content: int
    revision: int = 1
    last: int = 0
    status: PlanStatus | None = None
    started: int | None = None
    ended: int | None = None
    """Where the plan ended, if `status` is an end."""
    steps: int = 0
    active: int = 0
    completed: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0


@dataclass(slots=True)
class Rows:
    """All that a batch of events adds to the tables."""

    history: list[HistoryRow] = field(default_factory=list)
    steps: dict[tuple[int, str], StepChange] = field(default_factory=dict)
    plans: dict[int, PlanChange] = field(default_factory=dict)
    drafts: list[DraftRow] = field(default_factory=list)
    states: list[StateRow] = field(default_factory=list)
    labels: dict[tuple[Label, str, int], int] = field(default_factory=dict)
    contents: list[ContentRow] = field(default_factory=list)
    revisions: list[RevisionRow] = field(default_factory=list)
    revised: set[str] = field(default_factory=set)
    """Ids of the plans with new revisions: what was known of them holds no longer."""
    workflows: list[WorkflowRow] = field(default_factory=list)
