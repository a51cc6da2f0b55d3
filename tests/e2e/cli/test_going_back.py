"""Rolling back, restoring, recovering and undoing from the command line."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from .background import background
from .conftest import Command
from .courses import (
    BROKEN,
    SUMS,
    TOOLS,
    UNDOABLE,
    kinds,
    last_event,
    refused,
    revisions,
    write_ledger,
)

Write = Callable[..., Path]


@pytest.fixture
def sums(milepost: Command, workflow: Write) -> str:
    """Begin the plan, which pauses for a person; return its id."""
    return str(milepost("run", workflow(SUMS), "--json").json["plan_id"])


@pytest.fixture
def broken(milepost: Command, workflow: Write, tmp_path: Path) -> str:
    """Run the plan that fails in its second step; return its id."""
    write_ledger(tmp_path)
    done = milepost("run", workflow(BROKEN), *TOOLS, "--json")
    assert done.code == 1
    return str(done.json["plan_id"])


def position(milepost: Command, plan: str, kind: str) -> str:
    page = milepost("history", plan, "--kind", kind, "--json").json["items"]
    return str(page[-1]["position"])


def test_a_finished_plan_is_rolled_back_to_an_earlier_revision_and_runs_to_its_end(
    milepost: Command, sums: str
) -> None:
    milepost(
        "revise",
        sums,
        "--change",
        'end={"input": {"parts": ["sum", "${two.output}"], "separator": ""}}',
    )
    assert milepost("answer", sums, "ask", "--value", "5", "--json").json["final_output"] == "sum10"
    count = len(kinds(milepost))
    back = milepost("rollback", sums, "--to-revision", "1", "--why", "as it was", "--json")

    assert back.code == 0
    assert (back.json["revision"], back.json["final_output"]) == (3, "total10")
    first, _second, third = revisions(milepost)
    assert first["content"] == third["content"]
    assert (third["made_by"], third["equals"], third["kept"]) == ("plan.rolled_back", 1, 3)
    history = kinds(milepost)
    assert len(history) > count
    assert "plan.rolled_back" in history[count:]
    starts = milepost("history", sums, "--kind", "step.started", "--json").json["items"]
    assert [event["step"] for event in starts] == ["one", "ask", "two", "end", "end"]
    assert milepost("diff", sums, "1", "3").lines == ["no differences"]
    assert milepost("replay", sums).code == 0
    assert milepost("check").code == 0


def test_a_rollback_with_hold_pauses_the_plan_until_it_is_resumed(
    milepost: Command, sums: str
) -> None:
    milepost("revise", sums, "--change", 'end={"priority": 1}')
    milepost("answer", sums, "ask", "--value", "5")
    held = milepost("rollback", sums, "--to-revision", "1", "--hold")

    assert held.code == 3
    assert "held on request" in held.out
    assert milepost("resume", sums).code == 0


def test_a_plan_is_restored_to_a_checkpoint_and_carried_on(milepost: Command, sums: str) -> None:
    assert milepost("checkpoint", sums, "--name", "asked").code == 0
    milepost("answer", sums, "ask", "--value", "5")
    restored = milepost("restore", sums, "--checkpoint", "asked", "--json")

    assert restored.code == 3
    assert restored.json["restored_to"] in {
        event["id"] for event in milepost("history", sums, "--json").json["items"]
    }
    assert (
        milepost("answer", sums, "ask", "--value", "7", "--json").json["final_output"] == "total14"
    )
    assert milepost("replay", sums).code == 0


def test_a_plan_is_restored_to_a_position(milepost: Command, sums: str) -> None:
    milepost("answer", sums, "ask", "--value", "5")
    at = position(milepost, sums, "step.suspended")
    restored = milepost("restore", sums, "--at", at)

    assert restored.code == 3
    assert "asks    ask" in restored.lines
    assert milepost("answer", sums, "ask", "--value", "1").code == 0


@pytest.mark.parametrize(
    ("strategy", "made"),
    [
        ("resume", ["first", "last"]),
        ("restart", ["first", "first", "last"]),
    ],
)
def test_a_mended_plan_is_recovered(
    milepost: Command, broken: str, tmp_path: Path, strategy: str, made: list[str]
) -> None:
    (tmp_path / "mended").touch()
    words = ("recover", broken, "--strategy", strategy, "--effects", "accept")
    done = milepost(*words, *TOOLS, "--json")

    assert (done.code, done.json["recovered"]) == (0, strategy)
    assert (tmp_path / "ledger.txt").read_text().split() == made
    assert "plan.recovered" in kinds(milepost)
    assert milepost("replay", broken).code == 0


def test_failed_plans_go_on_as_their_settings_say_unless_the_command_says_otherwise(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    write_ledger(tmp_path)
    files = [
        workflow(f"settings: {{recovery: {{strategy: {name}}}}}\n{BROKEN}", f"{name}.yaml")
        for name in ("abort", "skip", "resume")
    ]
    plans = [milepost("run", file, *TOOLS, "--json").json["plan_id"] for file in files]
    single = milepost("recover", plans[0], "--strategy", "skip", *TOOLS, "--json")
    assert (single.code, single.json["recovered"]) == (0, "skip")
    milepost("run", files[0], *TOOLS)
    assert "milepost recover" in milepost("run", files[0], *TOOLS).out
    both = milepost("recover", *TOOLS, "--json")

    def strategies(plan: str) -> list[str]:
        page = milepost("history", plan, "--kind", "plan.recovered", "--json").json["items"]
        return [event["data"]["strategy"] for event in page]

    assert [one["status"] for one in both.json] == ["completed", "failed", "cancelled", "cancelled"]
    assert [strategies(one["plan_id"]) for one in both.json] == [
        ["skip"],
        ["resume"],
        ["abort"],
        ["abort"],
    ]


def test_a_failed_step_is_skipped_and_the_rest_goes_on(
    milepost: Command, broken: str, tmp_path: Path
) -> None:
    done = milepost("recover", broken, "--strategy", "skip", "--step", "fragile", *TOOLS)

    assert (tmp_path / "ledger.txt").read_text().split() == ["first", "last"]
    assert done.code in (0, 1)
    shown = milepost("show", broken, "fragile", "--json").json
    assert shown["status"] == "skipped"


def test_a_failed_plan_goes_on_by_another_plan(
    milepost: Command, broken: str, workflow: Write, tmp_path: Path
) -> None:
    other = workflow(
        BROKEN.replace("tool: ledger.fragile", "tool: ledger.note, input: {text: other}"),
        "other.yaml",
    )
    done = milepost("recover", broken, "--strategy", "replan", "--plan", other, *TOOLS)

    assert done.code == 0
    assert (tmp_path / "ledger.txt").read_text().split() == ["first", "other", "last"]
    assert len(revisions(milepost)) == 2


def test_a_failed_plan_is_given_up(milepost: Command, broken: str) -> None:
    done = milepost("recover", broken, "--strategy", "abort", "--why", "no use", *TOOLS)

    assert done.code == 1
    assert milepost("show", broken, "--json").json["status"] == "cancelled"
    assert milepost("plans", "--status", "failed", "--json").json["items"] == []
    assert milepost("replay", broken).code == 0


def test_all_failed_plans_are_recovered_at_once(
    milepost: Command, broken: str, workflow: Write, tmp_path: Path
) -> None:
    second = milepost("run", workflow(BROKEN), "--tag", "night", *TOOLS, "--json").json["plan_id"]
    milepost("run", workflow("steps:\n  - {id: a, type: response, text: x}\n", "fine.yaml"))
    (tmp_path / "mended").touch()
    nightly = milepost("recover", "--tag", "night", *TOOLS, "--json")
    rest = milepost("recover", *TOOLS, "--json")

    assert (nightly.code, rest.code) == (0, 0)
    assert [one["plan_id"] for one in nightly.json] == [second]
    assert [one["plan_id"] for one in rest.json] == [broken]
    assert "no plan was recovered" in milepost("recover", *TOOLS).out


def test_finished_steps_are_undone_the_last_one_first(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    ledger = write_ledger(tmp_path)
    plan = milepost("run", workflow(UNDOABLE), *TOOLS, "--json").json["plan_id"]
    undone = milepost("compensate", plan, *TOOLS, "--json")

    assert undone.code == 3
    assert ledger.read_text().splitlines() == ["first", "second", "undo second", "undo first"]
    assert {"plan.compensation_begun", "plan.compensation_ended"} <= set(kinds(milepost))
    assert milepost("replay", plan).code == 0


def test_a_file_that_was_written_and_undone_is_told_once(
    milepost: Command, workflow: Write
) -> None:
    done = milepost(
        "run",
        workflow(
            "settings: {scheduling: serial}\nsteps:\n"
            "  - id: book\n    tool: file.write\n    input: {path: seat.txt, text: booked}\n"
            "    compensate: {tool: file.write, input: {path: seat.txt, text: free}}\n"
            "  - {id: visa, tool: file.read, input: {path: visa.txt}}\n"
        ),
        "--json",
    )

    assert (done.code, done.json["files"]) == (1, ["seat.txt"])


def test_a_plan_killed_while_it_undoes_is_resumed_before_anything_else_is_done_with_it(
    milepost: Command, workflow: Write, tmp_path: Path, repository: Path
) -> None:
    ledger = write_ledger(tmp_path)
    gated = UNDOABLE.replace(
        "{tool: ledger.note, input: {text: undo second}}", "{tool: ledger.gate}"
    )
    plan = milepost("run", workflow(gated), *TOOLS, "--json").json["plan_id"]
    with background(tmp_path, repository, "compensate", plan, *TOOLS) as undoing:
        undoing.wait_for("second~undo: started")
        undoing.send(signal.SIGKILL)
        undoing.ended()
    at = position(milepost, plan, "plan.started")
    repeated = (("compensate", plan), ("restore", plan, "--at", at, "--effects", "accept"))
    for words in repeated:
        refused(milepost(*words, *TOOLS), "undoing its steps", f"first: `milepost resume {plan}`")
    (tmp_path / "open").touch()

    assert milepost("resume", plan, *TOOLS).code == 3
    assert ledger.read_text().splitlines() == ["first", "second", "undo first"]
    assert milepost(*repeated[1], *TOOLS).code == 0
    assert milepost("replay", plan).code == 0


def test_a_rollback_that_would_repeat_effects_asks_what_to_do_about_them(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    ledger = write_ledger(tmp_path)
    gated = UNDOABLE + "  - {id: gate, type: user_input, prompt: go, depends_on: [second]}\n"
    plan = milepost("run", workflow(gated), *TOOLS, "--json").json["plan_id"]
    at = position(milepost, plan, "plan.started")
    before = last_event(milepost)
    refused(milepost("restore", plan, "--at", at, *TOOLS), "may have changed the world", "first")
    assert last_event(milepost) == before
    done = milepost("restore", plan, "--at", at, "--effects", "compensate", *TOOLS)

    assert done.code == 3
    assert ledger.read_text().splitlines() == [
        *("first", "second", "undo second", "undo first", "first", "second")
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rollback", "last", "--to-revision", "9"], "there is no revision 9"),
        (["rollback", "last", "--to-revision", "1"], "is what it has already"),
        (["rollback", "last"], "Missing option '--to-revision'"),
        (["rollback", "last", "--to-revision", "1", "--effects", "ignore"], "known ways: `refuse`"),
        (["restore", "last"], "a checkpoint or a position"),
        (["restore", "last", "--checkpoint", "none"], "has no checkpoint 'none'"),
        (["restore", "last", "--checkpoint", "a", "--at", "1"], "not both"),
        (["restore", "last", "--at", "nowhere#1"], "has no event 'nowhere#1'"),
        (["restore", "pnone", "--at", "1"], "there is none"),
        (["recover", "last"], "only a plan that failed can be recovered"),
        (["recover", "last", "--strategy", "hope"], "known strategies"),
        (["recover", "last", "--status", "failed"], "a plan or filters, not both"),
        (["recover", "--status", "broken"], "known statuses"),
        (["compensate", "last"], "none of its steps says how it is undone"),
        (["compensate", "pnone"], "there is none"),
        (["compensate", "last", "--step", "nosuch"], "none of its steps says how it is undone"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_stored(
    milepost: Command, sums: str, words: list[str], message: str
) -> None:
    del sums
    before = last_event(milepost)

    refused(milepost(*words), message)
    assert last_event(milepost) == before
