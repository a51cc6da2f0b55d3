"""Replay names the first event that does not follow, or the one that is missing."""

import pytest

from milepost.domain.events import DecisionRecorded, Event
from milepost.engine.core.replanning import PLANNED
from milepost.engine.replay import Difference, replay
from milepost.engine.saves import CHUNK, chunks

from .core_run import PLAN, CoreRun, stored, told, tool
from .replan_run import ReplanRun

ON = {"stop_on_first_failure": False}


def without(run: CoreRun, word: str) -> Difference:
    """Return what replay says of a record from which one event is taken."""
    at = told(run.log).index(word)
    records = stored(run.log)
    found = replay(PLAN, records[:at] + records[at + 1 :], run.contents).difference
    assert found is not None
    return found


def test_an_empty_record_is_no_plan_but_follows() -> None:
    run = CoreRun(tool("a"))
    report = replay(PLAN, [], run.contents)
    assert (report.equal, report.events) == (True, 0)


def test_a_record_begins_with_its_draft() -> None:
    run = CoreRun(tool("a"))
    found = without(run, "plan drafted")
    assert (found.event_id, found.detail) == (f"{PLAN}#2", "a plan begins with its draft")


def test_a_start_that_is_missing_is_named() -> None:
    run = CoreRun(tool("a"), tool("b"))
    found = without(run, "started a")
    assert found.expected == f"step.started.v1 {PLAN}.a#1"
    assert found.found == f"step.started.v1 {PLAN}.b#1"


def test_an_end_that_is_missing_is_named_as_what_should_follow() -> None:
    run = CoreRun(tool("a"))
    run.succeed("a")
    found = without(run, "plan completed")
    assert (found.event_id, found.expected, found.found) == (
        f"{PLAN}#3",
        f"plan.completed.v1 {PLAN}#3",
        None,
    )
    assert found.detail == "the record ends before this event"


def test_an_event_missing_before_a_takeover_is_named() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c"), settings=ON)
    run.fail("a")
    run.crash()
    found = without(run, "skipped b")
    assert found.event_id == f"{PLAN}.b#1"


def test_an_event_out_of_nowhere_is_named() -> None:
    run = CoreRun(tool("a"))
    run.succeed("a")
    twice = [*run.log, run.log[-2].model_copy(update={"originator_version": 3})]
    found = replay(PLAN, stored(twice), run.contents).difference
    assert found is not None
    assert (found.position, found.detail) == (len(twice), "nothing leads to this event")


def test_a_request_without_which_a_pause_cannot_be_is_missed() -> None:
    run = CoreRun(tool("a"))
    run.ask("pause")
    assert without(run, "asked pause").event_id == f"{PLAN}#3"


def test_the_fields_that_differ_are_told() -> None:
    run = CoreRun(tool("a"))
    run.succeed("a")
    run.log[-1] = run.log[-1].model_copy(update={"output_of": ("b",), "reason": "flag"})
    found = run.replayed().difference
    assert found is not None
    assert "reason: 'all_done' expected, 'flag' found" in found.detail
    assert "output_of: ('a',) expected, ('b',) found" in found.detail


@pytest.mark.parametrize(
    ("field", "value"), [("name", "other"), ("version", "9.9.9"), ("context", {"count": 1})]
)
def test_what_a_draft_repeats_of_its_content_is_compared(field: str, value: object) -> None:
    run = CoreRun(tool("a"), context={"count": 0})
    run.finish()
    changed: list[Event] = [run.log[0].model_copy(update={field: value}), *run.log[1:]]
    found = replay(PLAN, stored(changed), run.contents).difference
    assert found is not None
    assert (found.event_id, found.detail) == (f"{PLAN}#1", f"its content has another {field}")


def test_a_record_that_cannot_be_decided_about_is_told_as_different() -> None:
    run = ReplanRun(tool("a"), tool("b", "a"))
    run.fail("a")
    run.plan(tool("a", tool="other"), tool("b", "a"))
    run.finish()
    [answer] = (one for one in run.log if isinstance(one, DecisionRecorded) and one.what == PLANNED)
    assert isinstance(answer.chosen, dict)
    other = answer.model_copy(update={"chosen": {**answer.chosen, "strategy": "no strategy"}})
    changed = [other if one is answer else one for one in run.log]
    found = replay(PLAN, stored(changed), run.contents).difference
    assert found is not None
    assert found.event_id == answer.id
    assert "'no strategy' is not a valid RevisionStrategy" in found.detail


def test_a_fan_out_whose_later_saves_a_crash_kept_out_follows() -> None:
    wide = [tool(f"s{number}") for number in range(2 * CHUNK)]
    run = CoreRun(*wide, settings={"max_parallel_steps": 10_000})
    saves = list(chunks(run.log))
    assert [len(save) for save in saves] == [CHUNK, CHUNK, 2]
    first = stored(saves[0])
    assert replay(PLAN, first, run.contents).equal
    short = replay(PLAN, first[:-1], run.contents).difference
    assert short is not None
    assert short.expected == f"step.started.v1 {first[-1].event.originator_id}#1"


def test_saves_are_cut_only_where_a_first_attempt_starts() -> None:
    run = CoreRun(*[tool(f"s{number}") for number in range(3 * CHUNK)], settings=ON)
    run.finish()
    saves = list(chunks(run.log))
    assert [event for save in saves for event in save] == run.log
    for save in saves[1:]:
        assert save[0].data().get("attempt", 1) == 1
        assert save[0].kind == "step.started.v1"
    assert min(len(save) for save in saves[:-1]) >= CHUNK
