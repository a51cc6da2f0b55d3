"""Each kind of event says what happened, at a level of its own."""

from dataclasses import replace
from datetime import datetime

import pytest

from milepost.adapters.cli.screen.events import history_table, log_line, progress_line
from milepost.adapters.cli.screen.sentences import LONGEST, level_of, sentence
from milepost.domain.events import EVENT_TYPES
from milepost.domain.plans import LogLevel

from .views import event

ERROR = {"message": "no route", "code": "unreachable"}
INNER = {"message": "step 'a.b' failed: no route", "code": "unreachable", "cause": ERROR}
OUTER = {"message": f"step 'a' failed: {INNER['message']}", "code": "unreachable", "cause": INNER}
SAID = [
    ("plan.drafted", {"name": "sales", "inputs": {"a": 1}}, 'drafted: sales, inputs {"a": 1}'),
    ("plan.started", {"strategy": "dag"}, "plan started, dag"),
    ("plan.paused", {"reason": "lunch"}, "plan paused: lunch"),
    ("plan.completed", {"reason": "all_done"}, "plan completed"),
    (
        "plan.completed",
        {"completion": "partial", "missing": ["a", "b"]},
        "plan ended, partial; missing: a, b",
    ),
    ("plan.failed", {"error": ERROR}, "plan failed: no route [unreachable]"),
    ("plan.failed", {"error": OUTER}, "plan failed: step 'a.b' failed: no route [unreachable]"),
    ("step.failed", {"error": INNER}, "failed: step 'a.b' failed: no route [unreachable]"),
    (
        "plan.decision_recorded",
        {"what": "branch", "chosen": "else", "why": "so"},
        "branch: else; so",
    ),
    ("plan.limit_reached", {"limit": "max_steps", "allowed": 3}, "limit max_steps of 3 reached"),
    ("plan.context_changed", {"changes": {"a": 1}}, 'context: {"a": 1}'),
    (
        "plan.owner_changed",
        {"reason": "taken over", "owner": "me", "interrupted": {"pay": True}},
        "taken over by me; cut off: pay",
    ),
    ("step.started", {}, "started"),
    ("step.started", {"attempt": 2}, "started attempt 2"),
    ("step.completed", {"duration": 0.0124, "output": [1]}, "completed in 12.4ms: [1]"),
    ("step.failed", {"error": ERROR}, "failed: no route [unreachable]"),
    ("step.retrying", {"error": ERROR}, "tries again after a failure: no route [unreachable]"),
    (
        "step.suspended",
        {"waiting": "person", "question": {"prompt": "well?"}},
        "waits for person: well?",
    ),
    ("step.skipped", {"reason": "condition", "detail": "`a` does not hold"}, "skipped: `a` does"),
    ("step.reset", {"reason": "revision 2"}, "to run again: revision 2"),
    (
        "step.reset",
        {"reason": "its input may be another", "keep": True},
        "its input may be another: kept only if its input stays the same",
    ),
    ("plan.context_changed", {"changes": {}}, "writes nothing to the context"),
    ("request.made", {"command": "pause", "why": "lunch"}, "asked to pause: lunch"),
    ("plan.request_answered", {"accepted": False, "why": "over"}, "request refused: over"),
]


@pytest.mark.parametrize(("kind", "data", "said"), SAID)
def test_an_event_says_what_happened(kind: str, data: dict[str, object], said: str) -> None:
    assert sentence(event(kind, **data)).startswith(said)


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_every_kind_of_event_has_words_even_without_data(kind: str) -> None:
    assert sentence(event(kind.removesuffix(".v1"))).strip()


def test_a_sentence_is_one_bounded_line_that_steers_nothing() -> None:
    said = sentence(event("step.completed", output="\x1b[2J\n" * 500))

    assert len(said) <= LONGEST
    assert not set(said) & {"\n", "\x1b"}


def test_failures_stand_out_and_bookkeeping_stands_back() -> None:
    levels = {
        kind: level_of(event(kind))
        for kind in (
            "step.completed",
            "step.failed",
            "step.retrying",
            "plan.failed",
            "request.made",
        )
    }

    assert levels == {
        "step.completed": LogLevel.INFORMATION,
        "step.failed": LogLevel.ERROR,
        "step.retrying": LogLevel.WARNING,
        "plan.failed": LogLevel.CRITICAL,
        "request.made": LogLevel.TRACE,
    }


def test_lines_name_level_step_and_event() -> None:
    failed = event("step.failed", step="pay", error=ERROR)

    assert log_line(failed).plain.endswith("  error        pay  failed: no route [unreachable]")
    assert progress_line(failed).plain.endswith(" x pay: failed: no route [unreachable]")


def test_a_history_tells_the_date_where_it_changes_and_a_log_on_each_line() -> None:
    days = [datetime(2026, 1, day, hour).astimezone() for day, hour in ((1, 9), (1, 10), (3, 8))]
    events = [replace(event("step.started", step="a"), time=time) for time in days]

    starts = [log_line(one).plain.split()[0] for one in events]
    assert starts == [f"2026-01-{day}:00:00.000" for day in ("01T09", "01T10", "03T08")]
    shown = [str(cell) for cell in history_table(events).columns[1].cells]
    assert shown == ["2026-01-01 09:00:00.000", "10:00:00.000", "2026-01-03 08:00:00.000"]
