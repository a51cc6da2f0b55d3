"""Plans are carried on with the tools and models that they need, or not touched at all."""

import shlex
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from .background import background
from .conftest import Command, Outcome
from .courses import TOOLS, UNDOABLE, kinds, refused, write_ledger

Write = Callable[..., Path]

ASKING = (
    UNDOABLE
    + """
  - {id: ask, type: user_input, prompt: "Go on?", schema: {type: boolean}, depends_on: [second]}
"""
)
"""Finishes two steps that can be undone, then asks a person."""
SPOILT = ASKING.replace(
    "compensate: {tool: ledger.note, input: {text: undo second}}",
    "compensate: {tool: ledger.fragile}",
)
"""As above, but the second step cannot be undone until there is a file `mended`."""
PATIENT = """
name: patient
steps:
  - {id: first, type: tool, tool: ledger.note, input: {text: first}}
  - {id: rest, type: tool, tool: ledger.gate, depends_on: [first]}
  - {id: last, type: tool, tool: ledger.note, input: {text: last}, depends_on: [rest]}
"""
BUILT_IN = """
name: plain
steps:
  - {id: only, type: tool, tool: text.join, input: {parts: [a, b]}}
"""
MIXED = """
name: mixed
steps:
  - {id: first, type: tool, tool: ledger.note, input: {text: first}}
  - {id: then, type: tool, tool: text.join, input: {parts: [a, b]}, depends_on: [first]}
"""
MODEL = """
name: told
steps:
  - {id: ask, type: user_input, prompt: "What?"}
  - {id: tell, type: llm, input: {prompt: "Say ${ask.output}"}}
"""


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path) -> Path:
    """Write the module of tools; return the file that they note calls in."""
    return write_ledger(tmp_path)


def next_commands(outcome: Outcome) -> list[list[str]]:
    """Return the words of the commands that an outcome names to go on with."""
    lines = [line for line in outcome.lines if line.startswith("milepost ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_cancelling_undoes_with_the_tools_given_and_is_refused_without(
    milepost: Command, workflow: Write, ledger: Path
) -> None:
    assert milepost("run", workflow(ASKING), *TOOLS).code == 3
    before = kinds(milepost)
    refused(milepost("cancel", "last"), "'ledger.note' (step 'second~undo')", "--tools")
    assert kinds(milepost) == before
    done = milepost("cancel", "last", *TOOLS)

    assert done.code == 0
    assert ledger.read_text().split("\n")[2:4] == ["undo second", "undo first"]


def test_cancelling_ends_with_one_if_a_step_could_not_be_undone(
    milepost: Command, workflow: Write
) -> None:
    milepost("run", workflow(SPOILT), *TOOLS)
    done = milepost("cancel", "last", *TOOLS)

    assert done.code == 1
    assert "failed  second~undo (ledger.fragile)" in done.lines
    assert milepost("show", "last", "--json").json["status"] == "cancelled"
    assert "could not undo second" in milepost("log", "last", "--level", "error").out


def test_a_failed_undo_is_not_told_of_once_the_plan_goes_on(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    milepost("run", workflow(SPOILT), *TOOLS)
    undone = milepost("compensate", "last", "--step", "second", *TOOLS)
    assert (undone.code, "failed  second~undo" in undone.out) == (1, True)
    (tmp_path / "mended").touch()
    gone_on = milepost("restore", "last", "--at", "6", "--effects", "accept", *TOOLS)

    assert gone_on.code == 3
    assert "~undo" not in gone_on.out


@pytest.mark.parametrize(
    ("words", "step", "code"),
    [
        (("resume",), "second", 0),
        (("restore", "--at", "2", "--effects", "accept"), "first", 3),
        (("fork", "--at", "2"), "first", 0),
    ],
    ids=["resume", "restore", "fork"],
)
def test_a_plan_is_left_alone_if_a_tool_is_not_given(
    milepost: Command, workflow: Write, words: tuple[str, ...], step: str, code: int
) -> None:
    milepost("run", workflow(UNDOABLE), "--break", "second", *TOOLS)
    before = (kinds(milepost), milepost("plans", "--json").json)
    command, *options = words
    refused(milepost(command, "last", *options), f"'ledger.note' (step '{step}')", "--tools")

    assert (kinds(milepost), milepost("plans", "--json").json) == before
    assert milepost(command, "last", *options, *TOOLS).code == code


def test_a_read_that_was_cut_off_runs_again_and_is_not_asked_about(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, ledger: Path
) -> None:
    with background(tmp_path, repository, "run", workflow(PATIENT), *TOOLS) as running:
        running.wait_for("rest: started")
        running.send(signal.SIGKILL)
        running.ended()
    before = kinds(milepost)
    for words in (("resume", "last"), ("resume",), ("pause", "last")):
        refused(milepost(*words), "'ledger.gate' (step 'rest')")
    assert kinds(milepost) == before
    (tmp_path / "open").touch()

    assert milepost("resume", *TOOLS).code == 0
    assert ledger.read_text() == "first\nlast\n"


def test_resuming_all_plans_leaves_those_that_lack_tools_and_carries_the_others_on(
    milepost: Command, workflow: Write
) -> None:
    milepost("run", workflow(UNDOABLE), "--break", "second", *TOOLS)
    lacking = milepost("show", "last", "--json").json["id"]
    milepost("run", workflow(BUILT_IN), "--break", "only")
    done = milepost("resume", "--json")

    assert done.code == 2
    assert [plan["status"] for plan in done.json] == ["completed"]
    assert done.err.startswith(f"error: plan {lacking}: ")
    assert milepost("show", lacking, "--json").json["status"] == "paused"


def test_an_answer_needs_a_model_if_what_follows_asks_one(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    (tmp_path / "model.json").write_text('[{"answer": "it is said"}]')
    milepost("run", workflow(MODEL))
    answer = ("answer", "last", "ask", "--value", '"it"')
    refused(milepost(*answer), "a model (step 'tell')", "--models FILE")

    assert milepost(*answer, "--models", "model.json", "--json").json["final_output"] == (
        "it is said"
    )


def test_what_a_plan_no_longer_needs_is_not_asked_for(milepost: Command, workflow: Write) -> None:
    milepost("run", workflow(MIXED), "--break", "then", *TOOLS)

    assert milepost("resume", "last").code == 0


def test_the_commands_to_go_on_with_have_the_same_equipment(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    (tmp_path / "my tools.py").write_text((tmp_path / "ledger_tools.py").read_text())
    (tmp_path / "its files").mkdir()
    given = ["--folder", "its files", "--tools", "my tools.py", "--allow-sql-write"]
    run = milepost("run", workflow(ASKING), *given)
    answer, show, *_others = next_commands(run)

    assert answer[:1] == ["answer"]
    assert answer[-5:] == given
    assert show[:1] == ["show"]
    assert "--tools" not in show
    words = ["true" if word == "JSON" else word for word in answer]
    assert milepost(*words).code == 0
