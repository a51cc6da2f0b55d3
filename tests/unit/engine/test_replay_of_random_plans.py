"""Replaying random plans: an honest record follows from itself, a changed one is found out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel

from milepost.domain.events import Event, StepCompleted, StepFailed, StepRetrying, StepStarted
from milepost.domain.ids import path_of
from milepost.engine.journal import Stored
from milepost.engine.replay import Difference, replay

from .core_run import PLAN, stored
from .match import CHOICES, Match, played
from .travel import each_tool
from .written_plans import WrittenPlan, written_plans

CRASHES = st.frozensets(st.integers(0, 30), max_size=2)
FROM_OUTSIDE = {
    "plan.drafted.v1": {"content", "name", "version", "workflow", "inputs", "context", "session"}
    | {"user", "tags", "trace", "cause", "actor", "revision", "originator_id"}
    | {"originator_version", "breakpoints"},
    "plan.owner_changed.v1": {"owner", "fence", "reason", "interrupted"},
}
"""What a record says of the world; nothing inside of it can contradict that."""
RESULTS = {"output", "error", "duration", "usage"}
TIMES = {"timestamp", "decided_at"}


def changed(value: Any) -> Any:
    """Return another value of the same type."""
    match value:
        case bool():
            other: Any = not value
        case Enum():
            other = next(one for one in type(value) if one is not value)
        case int() | float():
            other = value + 1
        case datetime() | timedelta():
            other = value + timedelta(seconds=1)
        case BaseModel():
            field = next(iter(type(value).model_fields))
            other = value.model_copy(update={field: changed(getattr(value, field))})
        case tuple() | list():
            other = type(value)([*value, "other"])
        case dict():
            other = {**value, "other": 1}
        case _:
            other = f"{value or ''}other"
    return other


def decided_fields(match: Match, event: Event) -> list[str]:
    """Return the fields of an event that the engine alone decides."""
    names = set(type(event).model_fields) - TIMES - FROM_OUTSIDE.get(event.kind, set())
    tools = [step["id"] for step in each_tool(match.plan.steps)]
    works = (path_of(event.originator_id) or "").rpartition(".")[2] in tools
    if works and isinstance(event, StepCompleted | StepFailed | StepRetrying):
        names -= RESULTS
    return sorted(names)


def difference(match: Match, records: Sequence[Stored]) -> Difference | None:
    return replay(PLAN, records, match.run.contents).difference


@given(written_plans(), CHOICES, CRASHES)
def test_what_was_decided_is_decided_again(
    plan: WrittenPlan, choices: list[int], crashes: frozenset[int]
) -> None:
    report = played(plan, choices, sorted(crashes)).run.replayed()
    assert report.difference is None
    assert report.equal


@given(written_plans(), CHOICES, CRASHES)
def test_every_beginning_of_a_record_is_a_record(
    plan: WrittenPlan, choices: list[int], crashes: frozenset[int]
) -> None:
    match = played(plan, choices, sorted(crashes))
    for cut in match.run.groups:
        assert difference(match, stored(match.run.log[:cut])) is None


@given(written_plans(), CHOICES, CRASHES, st.lists(st.integers(0, 200), min_size=1, max_size=8))
def test_a_missing_event_is_named_or_the_first_that_no_longer_follows(
    plan: WrittenPlan, choices: list[int], crashes: frozenset[int], places: list[int]
) -> None:
    match = played(plan, choices, sorted(crashes))
    records = stored(match.run.log)
    for place in places:
        at = place % len(records)
        found = difference(match, records[:at] + records[at + 1 :])
        assert found is not None, records[at]
        missing = records[at].event.id
        assert found.event_id == missing or found.position > records[at].position
        after = {record.event.id for record in records[at:]}
        assert found.event_id in after


@given(written_plans(), CHOICES)
def test_two_starts_that_changed_places_are_named(plan: WrittenPlan, choices: list[int]) -> None:
    match = played(plan, choices)
    log = match.run.log
    starts = [isinstance(event, StepStarted) for event in log]
    pairs = [at for at in range(len(log) - 1) if starts[at] and starts[at + 1]]
    assume(pairs)
    for at in pairs:
        swapped = [*log[:at], log[at + 1], log[at], *log[at + 2 :]]
        found = difference(match, stored(swapped))
        assert found is not None
        assert (found.position, found.event_id) == (at + 1, log[at + 1].id)
        assert found.expected == f"step.started.v1 {log[at].id}"


@given(written_plans(), CHOICES, CRASHES, st.lists(st.integers(0, 200), min_size=1, max_size=8))
def test_a_changed_field_is_named(
    plan: WrittenPlan, choices: list[int], crashes: frozenset[int], places: list[int]
) -> None:
    match = played(plan, choices, sorted(crashes))
    records = stored(match.run.log)
    for place in places:
        at = place % len(records)
        event = records[at].event
        for field in decided_fields(match, event):
            other = event.model_copy(update={field: changed(getattr(event, field))})
            forged = [*records[:at], Stored(at + 1, other), *records[at + 1 :]]
            found = difference(match, forged)
            assert found is not None, (event.kind, field)
            assert found.position == at + 1, (event.kind, field)


@given(written_plans(), CHOICES, st.integers(1, 200))
def test_time_that_runs_backwards_is_named(
    plan: WrittenPlan, choices: list[int], place: int
) -> None:
    match = played(plan, choices)
    records = stored(match.run.log)
    at = 1 + place % (len(records) - 1)
    earlier = records[at - 1].event.timestamp - timedelta(seconds=1)
    event = records[at].event.model_copy(update={"timestamp": earlier})
    found = difference(match, [*records[:at], Stored(at + 1, event), *records[at + 1 :]])
    assert found is not None
    assert found.position == at + 1
