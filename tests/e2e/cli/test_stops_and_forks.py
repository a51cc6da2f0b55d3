"""Checkpoints, breakpoints, states, forks and replays of all plans from the command line."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command
from .courses import SUMS, kinds, last_event, refused

Write = Callable[..., Path]


@pytest.fixture
def sums(milepost: Command, workflow: Write) -> str:
    """Begin the plan, which pauses for a person; return its id."""
    return str(milepost("run", workflow(SUMS), "--json").json["plan_id"])


def test_checkpoints_are_made_listed_named_shown_and_deleted(milepost: Command, sums: str) -> None:
    made = milepost("checkpoint", sums, "--name", "asked", "--snapshot", "--why", "safe", "--json")
    early = milepost("checkpoint", sums, "--at", "1", "--json").json
    milepost("answer", sums, "ask", "--value", "5")

    assert (made.code, made.json["checkpoint"]) == (0, "asked")
    assert early["at"] == f"{sums}#1"
    listed = milepost("checkpoints", sums, "--json").json
    assert [one["name"] for one in listed] == ["asked", early["checkpoint"]]
    assert listed[0]["snapshot"] and listed[0]["why"] == "safe" and listed[0]["author"]
    assert listed[1]["snapshot"] is None
    assert "asked" in milepost("checkpoints", sums).out
    shown = milepost("checkpoints", sums, "--show", "asked", "--json").json
    assert (shown["stored"], shown["equal"]) == (True, True)
    assert shown["state"]["steps"]["one"]["output"] == 2
    assert "two" not in shown["state"]["steps"]
    folded = milepost("checkpoints", sums, "--show", early["checkpoint"], "--json").json
    assert (folded["stored"], folded["equal"]) == (False, None)
    assert folded["state"]["plan"]["status"] == "ready"
    assert "equal to the fold of the events" in milepost("checkpoints", sums, "--show", "asked").out
    assert milepost("checkpoints", sums, "--delete", "asked").code == 0
    assert [one["name"] for one in milepost("checkpoints", sums, "--json").json] != ["asked"]
    refused(milepost("restore", sums, "--checkpoint", "asked"), "has no checkpoint 'asked'")
    assert "plan.checkpoint_taken" in kinds(milepost)
    assert milepost("replay", sums).code == 0


def test_a_breakpoint_pauses_before_a_step_and_the_state_there_is_printed(
    milepost: Command, sums: str
) -> None:
    assert milepost("break", sums, "two", "--json").json == {
        "plan": sums,
        "step": "two",
        "on": True,
    }
    stopped = milepost("answer", sums, "ask", "--value", "5")
    assert stopped.code == 3
    assert "breakpoint before step 'two'" in stopped.out
    state = milepost("show", sums, "--state", "--json").json["state"]
    assert state["steps"]["ask"]["output"] == 5
    assert "two" not in state["steps"]
    past = milepost("show", sums, "--state", "--as-of", "4").json["state"]
    assert past["plan"]["status"] == "running"
    assert milepost("show", sums, "--as-of", "4", "--json").json["status"] == "running"
    done = milepost("resume", sums, "--json")
    assert (done.code, done.json["final_output"]) == (0, "total10")


def test_a_run_stops_at_its_breakpoints_unless_they_are_taken_away(
    milepost: Command, workflow: Write
) -> None:
    flow = workflow(
        "steps:\n"
        "  - {id: a, type: tool, tool: text.join, input: {parts: [a]}}\n"
        "  - {id: b, type: tool, tool: text.join, input: {parts: [b]}, depends_on: [a]}\n"
        "  - {id: c, type: tool, tool: text.join, input: {parts: [c]}, depends_on: [b]}\n"
    )
    stopped = milepost("run", flow, "--break", "b", "--break", "c")
    assert stopped.code == 3
    assert "breakpoint before step 'b'" in stopped.out
    assert milepost("break", "last", "c", "--off").code == 0
    assert milepost("resume", "last", "--json").json["final_output"] == "c"
    assert milepost("replay", "last").code == 0


def test_a_fork_is_carried_out_and_compared_with_its_parent(milepost: Command, sums: str) -> None:
    milepost("answer", sums, "ask", "--value", "5")
    forked = milepost("fork", sums, "--set", "ask=7", "--json")

    assert (forked.code, forked.json["final_output"]) == (0, "total14")
    assert forked.json["parent"]["final_output"] == "total10"
    assert [
        (one["path"], one["output_before"], one["output_after"])
        for one in forked.json["differences"]
    ] == [("ask", 5, 7), ("two", 10, 14), ("end", "total10", "total14")]
    fork = forked.json["plan_id"]
    assert milepost("show", fork, "--json").json["forked_from"].startswith(sums)
    assert sums in milepost("show", fork).out
    again = milepost("fork", fork, "--set", "two=1")
    assert again.code == 0
    assert f"compared with its parent {fork}" in again.lines
    assert milepost("replay", "--all").code == 0
    assert milepost("check").code == 0


def test_a_fork_held_and_with_other_content(milepost: Command, sums: str, workflow: Write) -> None:
    milepost("answer", sums, "ask", "--value", "5")
    other = workflow(SUMS.replace("a * b", "a + b"), "other.yaml")
    held = milepost("fork", sums, "--plan", other, "--hold", "--json")

    assert held.code == 3
    fork = held.json["plan_id"]
    assert held.json["reason"] == "held on request"
    starts = milepost("history", fork, "--kind", "step.started", "--json").json["items"]
    assert starts == []
    assert milepost("resume", fork, "--json").json["final_output"] == "total7"
    assert milepost("diff", sums, "--with", fork).lines == [
        '~ step two: input.expression "a * b" -> "a + b"'
    ]
    assert milepost("replay", fork).code == 0


def test_a_dry_run_tells_what_a_fork_would_come_to_and_stores_nothing(
    milepost: Command, sums: str
) -> None:
    milepost("answer", sums, "ask", "--value", "5")
    before = last_event(milepost)
    told = milepost("fork", sums, "--set", "one=10", "--dry-run")
    assert told.code == 0
    assert "given another result: one" in told.lines
    assert "taken from the record: ask" in told.lines
    assert any(line.startswith("would run: two with") for line in told.lines)
    assert "not reached: end" in told.lines
    supposed = milepost(
        *("fork", sums, "--set", "ask=7", "--dry-run", "--suppose", "two=14", "--json")
    ).json
    assert supposed["taken"] == ["one"]
    assert supposed["supposed"] == ["two"]
    assert [step["path"] for step in supposed["to_run"]] == ["end"]
    assert supposed["to_run"][0]["input"] == {"parts": ["total", 14], "separator": ""}
    assert last_event(milepost) == before
    assert len(milepost("plans", "--json").json["items"]) == 1


def test_what_a_person_would_answer_can_be_supposed(milepost: Command, sums: str) -> None:
    told = milepost("fork", sums, "--dry-run", "--suppose", "ask=3", "--json").json

    assert told["supposed"] == ["ask"]
    assert [step["path"] for step in told["to_run"]] == ["two"]
    assert told["to_run"][0]["input"]["variables"] == {"a": 2, "b": 3}


def test_a_dry_run_tells_that_the_planner_would_be_asked(
    milepost: Command, workflow: Write
) -> None:
    steps = "steps:\n  - {id: map, tool: file.read, input: {path: map.txt}}\n"
    milepost("run", workflow(steps + "settings: {replan: {}}\n", "visit.yaml"))

    told = milepost("fork", "last", "--dry-run")

    assert "the planner would be asked for another plan: path 'map.txt': is not there" in told.out
    assert "would be running" not in told.out
    asked = milepost("fork", "last", "--dry-run", "--json").json
    assert (asked["result"]["status"], asked["to_run"]) == ("running", [])
    assert "map.txt" in asked["to_plan"]


def test_all_plans_are_replayed_and_those_that_differ_are_named(
    milepost: Command, sums: str, workflow: Write, tmp_path: Path
) -> None:
    milepost("run", workflow("steps:\n  - {id: a, type: response, text: x}\n", "fine.yaml"))
    told = milepost("replay", "--all")
    assert told.code == 0
    assert told.out.startswith("all equal: ") and "2 plans" in told.out and "events/s" in told.out
    assert milepost("replay", "--all", "--status", "paused", "--json").json["plans"] == 1
    with sqlite3.connect(tmp_path / "milepost.db") as connection:
        connection.execute(
            "DELETE FROM stored_events WHERE originator_id = ? AND originator_version = 1",
            (f"{sums}.one",),
        )
    connection.close()
    differs = milepost("replay", "--all")

    assert differs.code == 1
    assert f"plan {sums}: different at position" in differs.out
    assert "1 of 2 plans differ" in differs.out
    found = milepost("replay", "--all", "--json").json
    assert (found["different"], found["equal"]) == (1, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["checkpoint", "last", "--at", "0"], "is before its first event"),
        (["checkpoint", "last", "--at", "999"], "there is no position 999 yet, the last one is"),
        (["fork", "last", "--at", "999"], "there is no position 999 yet, the last one is"),
        (["checkpoint", "last", "--name", " "], "a name that is not empty"),
        (["checkpoint", "last", "--at", "2", "--snapshot"], "a snapshot holds the present moment"),
        (["checkpoint", "pnone"], "there is none"),
        (["checkpoints", "last", "--show", "none"], "has no checkpoint 'none'"),
        (["checkpoints", "last", "--delete", "none"], "no checkpoint 'none'"),
        (["checkpoints", "last", "--delete", "a", "--show", "a"], "not both"),
        (["break", "last", "twoo"], "did you mean `two`?"),
        (["break", "last", "two", "--off"], "there is no breakpoint at 'two'"),
        (["run", "flow.yaml", "--break", "twoo"], "did you mean `two`?"),
        (["fork", "last", "--set", "one"], "is not STEP=JSON"),
        (["fork", "last", "--set", "onee=1"], "there is no step 'onee'"),
        (["fork", "last", "--set", "one=x"], "--set one: is not JSON"),
        (["fork", "last", "--suppose", "one=1"], "it belongs to --dry-run"),
        (["fork", "last", "--dry-run", "--suppose", "onee=1"], "did you mean `one`?"),
        (["fork", "last", "--checkpoint", "a", "--at", "1"], "not both"),
        (["fork", "last", "--plan", "none.yaml"], "there is no such file"),
        (["fork", "pnone"], "there is none"),
        (["replay"], "a plan or --all"),
        (["replay", "last", "--all"], "a plan or --all"),
        (["replay", "last", "--status", "paused"], "filters belong to --all"),
        (["show", "last", "--state", "--as-of", "soon"], "is not a position"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_stored(
    milepost: Command, sums: str, words: list[str], message: str
) -> None:
    del sums
    before = last_event(milepost)

    refused(milepost(*words), message)
    assert last_event(milepost) == before
    assert len(milepost("plans", "--json").json["items"]) == 1
