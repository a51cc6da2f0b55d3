"""docs/lifecycles.md: the two lifecycle tables, drawn and told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.diagrams import mermaid
from milepost.domain.events import Event
from milepost.domain.lifecycles import PLAN, PLAN_ENDED, STEP, Lifecycle, State
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import ENDED, StepStatus

from .examples import CONTROL_EXAMPLES, PLAN_EXAMPLES, REVISION_EXAMPLES, STEP_EXAMPLES
from .markdown import NOTICE, code, fenced, table

STEP_WORDS: Mapping[StepStatus, str] = {
    StepStatus.PENDING: "Not begun: no event says so, an empty stream does.",
    StepStatus.READY: (
        "Pending, its dependencies settled, waiting for a free slot. Derived when asked for: no"
        " event and no row of the table."
    ),
    StepStatus.RUNNING: "An attempt is under way, or a container's children are.",
    StepStatus.RETRYING: "An attempt failed; the next one begins when its delay is over.",
    StepStatus.SUSPENDED: "Waits for a time, a person, an outside event or an unknown outcome.",
    StepStatus.COMPLETED: "Has its result, and is never run again unless it is reset.",
    StepStatus.FAILED: "Ended without a result.",
    StepStatus.SKIPPED: "Will not run: its condition, a branch or a failed dependency decided so.",
    StepStatus.CANCELLED: "Was stopped before its end.",
}
PLAN_WORDS: Mapping[PlanStatus, str] = {
    PlanStatus.READY: "Drafted, and not started.",
    PlanStatus.RUNNING: "Steps start as soon as they may.",
    PlanStatus.PAUSED: "No further step starts: somebody asked for it, or a step needs a person.",
    PlanStatus.COMPLETED: "Ended with success, or with part of it.",
    PlanStatus.FAILED: "Ended by an error or out of time; finished results are kept.",
    PlanStatus.CANCELLED: "Was stopped on request.",
}
_INTRODUCTION = """# Lifecycles

A step and a plan each have one table of legal moves (`milepost/domain/lifecycles.py`). Events are
folded through it, so a move that is not in the table is refused with `IllegalTransitionError` and
leaves no event. The diagrams and tables here are made from those tables.
"""
_STEP_INTRODUCTION = """A step has a stream of its own. `start` begins an attempt; `reset` makes the
step pending again under a new activation, from any state, and keeps what happened in the history.
"""
_PLAN_INTRODUCTION = """A plan ends once per epoch. Only a named reopening leads on from an end, and
it begins the next epoch. A plan that waits for a person is `paused` with that reason.
"""


def lifecycles_page() -> str:
    """Return the page."""
    steps = _section(
        STEP, _STEP_INTRODUCTION, STEP_WORDS, ends=ENDED, events=_moves(_StepMoves, STEP_EXAMPLES)
    )
    plans = _section(
        PLAN,
        _PLAN_INTRODUCTION,
        PLAN_WORDS,
        ends=PLAN_ENDED,
        events=_moves(_PlanMoves, (*PLAN_EXAMPLES, *REVISION_EXAMPLES, *CONTROL_EXAMPLES)),
    )
    return f"{NOTICE}\n{_INTRODUCTION}\n## Steps\n\n{steps}\n## Plans\n\n{plans}"


def _section(
    lifecycle: Lifecycle[State],
    introduction: str,
    words: Mapping[State, str],
    *,
    ends: frozenset[State],
    events: Mapping[str, Sequence[str]],
) -> str:
    moves = [
        (
            code(move.trigger),
            ", ".join(code(source.value) for source in move.sources),
            code(move.target.value),
            ", ".join(code(kind) for kind in events[move.trigger]),
        )
        for move in lifecycle.moves
    ]
    states = [
        (code(state.value), "yes" if state in ends else "", meaning)
        for state, meaning in words.items()
    ]
    return "\n".join(
        [
            introduction,
            fenced(mermaid(lifecycle), "mermaid"),
            table(("state", "end", "meaning"), states),
            table(("move", "from", "to", "event"), moves),
        ]
    )


class _StepMoves(Step):
    """A step that only remembers which move an event asks for."""

    def move(self, trigger: str) -> None:
        """Note the move."""
        self.moved = trigger


class _PlanMoves(PlanStream):
    """A plan that only remembers which move an event asks for."""

    def move(self, trigger: str) -> None:
        """Note the move."""
        self.moved = trigger


def _moves(
    aggregate: type[_StepMoves | _PlanMoves], events: Iterable[Event]
) -> dict[str, list[str]]:
    """Return the kinds of events that make each move, by asking the events themselves.

    They are asked of what has ended, for then those that open it again do so.
    """
    found: dict[str, list[str]] = {}
    for event in events:
        stream = aggregate.shell(event.originator_id)
        stream.moved = ""
        stream.ended = True
        event.apply(stream)
        if stream.moved:
            found.setdefault(stream.moved, []).append(event.kind)
    return found
