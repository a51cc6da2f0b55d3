"""What commands that read say of plans that took turns: one truth, told alike everywhere."""

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from .background import background
from .conftest import Command
from .courses import BROKEN, SUMS, TOOLS, UNDOABLE, write_ledger

Write = Callable[..., Path]

NESTED = """
name: nested
steps:
  - {id: fragile, type: tool, tool: ledger.fragile}
  - id: both
    type: parallel
    depends_on: [fragile]
    steps:
      - {id: one, type: tool, tool: text.join, input: {parts: [a]}}
      - {id: two, type: tool, tool: text.join, input: {parts: [b]}}
  - id: each
    type: loop
    for_each: "${[1, 2]}"
    depends_on: [fragile]
    steps:
      - {id: get, type: tool, tool: text.join, input: {parts: ["${string(item)}"]}}
      - {id: sum, type: tool, tool: text.join, input: {parts: ["${get.output}"]}}
"""
"""Fails in its first step, which containers wait for, until there is a file `mended`."""
COUNTS = ("completed", "failed", "skipped", "cancelled")


@pytest.fixture
def sums(milepost: Command, workflow: Write) -> str:
    """Run the plan to its end; return its id."""
    plan = str(milepost("run", workflow(SUMS), "--json").json["plan_id"])
    assert milepost("answer", plan, "ask", "--value", "5").code == 0
    return plan


@pytest.fixture
def nested(milepost: Command, workflow: Write, tmp_path: Path) -> str:
    """Run the plan that fails before its containers begin; return its id."""
    write_ledger(tmp_path)
    done = milepost("run", workflow(NESTED), *TOOLS, "--json")
    assert done.code == 1
    return str(done.json["plan_id"])


def test_the_end_of_a_run_and_the_views_of_a_plan_count_its_steps_alike(
    milepost: Command, nested: str, tmp_path: Path
) -> None:
    forked = milepost("fork", nested, *TOOLS, "--json").json
    (tmp_path / "mended").touch()
    recovered = milepost("recover", nested, *TOOLS, "--json").json

    for result in (forked, recovered):
        shown = milepost("show", result["plan_id"], "--json").json
        report = milepost("report", result["plan_id"], "--json").json["counts"]
        listed = milepost("plans", "--json").json["items"]
        line = next(one for one in listed if one["id"] == result["plan_id"])
        for name in COUNTS:
            count = result[f"{name}_steps"]
            assert count == shown["steps"][name] == report[name] == line[name], name
    assert (forked["failed_steps"], forked["skipped_steps"]) == (1, 4)
    assert recovered["completed_steps"] == 9


def test_a_fork_is_compared_by_what_became_of_steps_that_never_started(
    milepost: Command, nested: str
) -> None:
    same = milepost("fork", nested, *TOOLS, "--json").json
    assert same["differences"] == []
    given = milepost("fork", nested, "--set", 'fragile="given"', *TOOLS, "--json").json
    before = {one["path"]: one["status_before"] for one in given["differences"]}
    assert before["both"] == before["both.one"] == "skipped"
    assert before["each[0].get"] is None


def test_the_time_between_epochs_counts_neither_in_lists_nor_in_the_plan_itself(
    milepost: Command, nested: str, tmp_path: Path
) -> None:
    (tmp_path / "mended").touch()
    assert milepost("recover", nested, *TOOLS).code == 0
    (line,) = milepost("plans", "--json").json["items"]
    shown = milepost("show", nested, "--json").json

    assert line["actual_duration"] == shown["actual_duration"]
    assert line["started_at"] == shown["started_at"]
    for event in milepost("history", nested, "--kind", "plan", "--json").json["items"]:
        at = ("--as-of", str(event["position"]), "--json")
        before, past = milepost("plans", *at).json["items"][0], milepost("show", nested, *at).json
        assert before["actual_duration"] == past["actual_duration"], event["kind"]


def test_the_list_of_plans_says_why_they_are_paused_and_what_they_failed_by(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    write_ledger(tmp_path)
    milepost("run", workflow(BROKEN), *TOOLS)
    milepost("run", workflow(SUMS))
    paused, failed = milepost("plans", "--json").json["items"]

    assert paused["reason"] == milepost("show", paused["id"], "--json").json["reason"]
    assert (failed["reason"], failed["error_message"] is not None) == ("error", True)
    lines = milepost("plans").lines[1:]
    assert lines[0].endswith(paused["reason"])
    assert failed["error_message"][:40] in lines[1]
    milepost("answer", paused["id"], "ask", "--value", "5")
    assert milepost("plans", "--json").json["items"][0]["reason"] == "all_done"
    assert not milepost("plans").lines[1].endswith("all_done")


def test_a_step_that_a_revision_removed_is_told_with_what_it_had_come_to(
    milepost: Command, workflow: Write
) -> None:
    plan = str(milepost("run", workflow(SUMS), "--json").json["plan_id"])
    mail = '{"id": "mail", "type": "tool", "tool": "text.join", "input": {"parts": ["m"]},'
    mail += ' "depends_on": ["ask"]}'
    milepost("revise", plan, "--add-step", mail)
    milepost("answer", plan, "ask", "--value", "5")
    assert milepost("show", plan, "mail", "--json").json["status"] == "completed"
    milepost("rollback", plan, "--to-revision", "1", "--effects", "accept")

    (removed,) = milepost("diff", plan, "--run", "--json").json["removed"]
    assert (removed["path"], removed["statuses"], removed["runs"]) == ("mail", {"completed": 1}, 1)


def test_a_step_that_a_revision_adds_waits_from_then_on(milepost: Command, workflow: Write) -> None:
    plan = str(milepost("run", workflow(SUMS), "--json").json["plan_id"])
    added = '{"id": "late", "type": "user_input", "prompt": "And?"}'
    milepost("revise", plan, "--add-step", added)
    (revised,) = milepost("history", plan, "--kind", "plan.revised", "--json").json["items"]
    lanes = milepost("timeline", plan, "--json").json["lanes"]

    available = {lane["path"]: lane["available"] for lane in lanes}
    assert available["late"] == revised["time"]
    assert available["one"] < revised["time"]


def test_only_files_that_steps_of_this_plan_made_are_told(
    milepost: Command, workflow: Write
) -> None:
    flow = workflow(
        "steps:\n"
        "  - {id: write, type: tool, tool: file.write, input: {path: made.txt, text: a}}\n"
        "  - {id: more, type: tool, tool: file.write, input: {path: b.txt, text: b}}\n"
    )
    run = milepost("run", flow, "--json").json
    assert run["files"] == ["made.txt", "b.txt"]
    forked = milepost("fork", run["plan_id"], "--set", 'write={"path": "x"}', "--json").json
    assert (forked["status"], forked["files"]) == ("completed", [])


def test_iterations_are_told_apart_in_the_timeline(
    milepost: Command, nested: str, tmp_path: Path
) -> None:
    (tmp_path / "mended").touch()
    milepost("recover", nested, *TOOLS)

    drawn = milepost("timeline", nested).out
    assert re.findall(r"^ +(.*(?:get|sum)) \+ ", drawn, re.MULTILINE) == [
        *("[0] get", "[0] sum", "[1] get", "[1] sum")
    ]


def test_what_was_undone_does_not_look_completed(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    write_ledger(tmp_path)
    plan = milepost("run", workflow(UNDOABLE), *TOOLS, "--json").json["plan_id"]
    assert "undone" not in milepost("show", plan).out
    milepost("compensate", plan, "--step", "second", *TOOLS)

    for command in ("show", "steps"):
        assert re.search(r"< undone +second ", milepost(command, plan).out), command
        assert re.search(r"\+ completed +first ", milepost(command, plan).out), command
    assert "< undone" in milepost("report", plan).out
    for word, steps in (("undone", ["second"]), ("completed", ["first", "second~undo"])):
        found = milepost("steps", plan, "--status", word, "--json").json["items"]
        assert [step["path"] for step in found] == steps
    assert "undone" in milepost("show", plan, "second").out
    nodes = json.loads(milepost("graph", plan, "--format", "json").out)["nodes"]
    assert {node["path"]: node["status"] for node in nodes} == {
        "first": "completed",
        "second": "undone",
    }
    for picture in ("mermaid", "dot", "svg"):
        assert "undone" in milepost("graph", plan, "--format", picture).out


GATED = """
steps:
  - {id: before, type: tool, tool: ledger.note, input: {text: before}}
  - {id: gate, type: tool, tool: ledger.gate, depends_on: [before]}
"""


def test_a_plan_whose_process_is_dead_is_told_so_and_did_not_run_meanwhile(
    milepost: Command, workflow: Write, tmp_path: Path, repository: Path
) -> None:
    write_ledger(tmp_path)
    with background(tmp_path, repository, "run", workflow(GATED), "--watch", *TOOLS) as run:
        run.wait_for("gate: started")
        (alive,) = milepost("plans", "--json").json["items"]
        plan = alive["id"]
        assert (alive["status"], alive["left_alone"]) == ("running", False)
        assert "nobody" not in milepost("plans").out + milepost("show", plan).out
        shown = milepost("show", plan, "--json").json
        report = milepost("report", plan, "--json").json
        (gate,) = milepost("steps", plan, "--status", "running", "--json").json["items"]
        steps = (shown["all_steps"]["items"][1], report["steps"][1], gate)
        assert "PT0S" not in [step["ran"] for step in steps]
        assert alive["actual_duration"] not in (shown["actual_duration"], report["total"])
        run.send(signal.SIGKILL)
        run.ended()

    told = f"nobody carries it on: `milepost resume {plan}`"
    assert told in milepost("plans").out
    assert told in milepost("show", plan).out
    assert milepost("show", plan, "--json").json["left_alone"] is True
    assert "nobody" not in milepost("plans", "--as-of", str(alive["position"])).out
    dead = milepost("timeline", plan, "--json").json
    (tmp_path / "open").touch()
    assert milepost("resume", plan, *TOOLS).code == 0

    assert "nobody" not in milepost("plans").out
    lanes = {lane["path"]: lane for lane in milepost("timeline", plan, "--json").json["lanes"]}
    first, *_wait, second = lanes["gate"]["bars"]
    assert (first["state"], second["state"]) == ("interrupted", "completed")
    assert first["end"] == dead["ended"]
    (taken,) = milepost("history", plan, "--kind", "plan.owner_changed", "--json").json["items"]
    assert second["start"] >= taken["time"] > first["end"]


def test_the_strategy_of_a_revision_by_hand_is_what_its_change_shows(
    milepost: Command, workflow: Write
) -> None:
    plan = str(milepost("run", workflow(SUMS), "--json").json["plan_id"])
    added = '{"id": "late", "type": "user_input", "prompt": "And?", "depends_on": ["ask"]}'
    for words in (
        ("--add-step", added),
        ("--remove", "late"),
        ("--change", 'end={"priority": 1}'),
        (workflow(SUMS.replace("total", "sum"), "other.yaml"),),
        ("--change", 'end={"priority": 2}', "--strategy", "retry"),
    ):
        assert milepost("revise", plan, *words).err.count("error: ") == 0

    made = milepost("revisions", plan, "--json").json[1:]
    assert [one["strategy"] for one in made] == [
        *("alternative", "partial", "alternative", "complete", "retry")
    ]


def test_what_a_fork_would_not_reach_is_told_once_for_all_that_is_in_it(
    milepost: Command, nested: str
) -> None:
    told = milepost("fork", nested, "--at", "2", "--dry-run", *TOOLS, "--json").json

    assert told["unreached"] == ["both", "each"]


def test_the_log_of_a_past_moment_keeps_to_the_level_of_then(
    milepost: Command, workflow: Write
) -> None:
    asking = "{id: ask, type: user_input, prompt: '?'}"
    flow = workflow("settings: {log_level: information}\nsteps:\n  - " + asking)
    plan = milepost("run", flow, "--json").json["plan_id"]
    position = str(milepost("show", plan, "--json").json["position"])
    then = milepost("log", plan, "--as-of", position)
    milepost("revise", plan, workflow("settings: {log_level: critical}\nsteps:\n  - " + asking))

    assert "ask" in then.out
    assert milepost("log", plan, "--as-of", position).out == then.out
    assert milepost("log", plan).out == ""


def test_of_many_steps_the_first_are_told_and_a_hint_leads_to_the_rest(
    milepost: Command, workflow: Write
) -> None:
    steps = "\n".join(f"  - {{id: s{n}, type: tool, tool: time.now}}" for n in range(201))
    plan = milepost("run", workflow(f"steps:\n{steps}"), "--json").json["plan_id"]

    for words, rest in (
        (("show", plan, "--as-of", "2"), f"milepost steps {plan} --cursor s199 --as-of 2"),
        (("diff", plan, "--run"), f"milepost diff {plan} --run --json"),
        (("report", plan), "--limit 201"),
    ):
        told = milepost(*words)
        assert ("s199" in told.out, "s200" in told.out) == (True, False)
        assert told.err == f"there are more steps: {rest}\n"
        whole = rest.split()[1:] if rest.startswith("milepost") else (*words, *rest.split())
        assert "s200" in milepost(*whole).out
    assert len(milepost("report", plan, "--json").json["steps"]) == 201
