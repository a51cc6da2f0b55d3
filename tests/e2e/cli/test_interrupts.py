"""Ctrl-C while a command carries plans out: they are cancelled on record, and the command ends."""

import signal
from collections.abc import Callable
from pathlib import Path

from .background import Background, background
from .conftest import Command, Outcome
from .test_steering import GATED, LEDGER, SLOW, TOOLS

Write = Callable[..., Path]
ASKED = """
name: asked
steps:
  - {id: ask, type: user_input, prompt: "How many?", schema: {type: integer}}
  - {id: pay, type: tool, tool: ledger.note, input: {text: pay, seconds: 3600}, depends_on: [ask]}
"""


def interrupted(running: Background, ledger: Path) -> Outcome:
    """Press Ctrl-C while the tool that sleeps for an hour is at work; return how it ended."""
    while "pay" not in (ledger.read_text() if ledger.exists() else ""):
        assert running.process.poll() is None
    running.send(signal.SIGINT)
    return running.ended()


def check_cancelled(milepost: Command, done: Outcome) -> None:
    """Check that a command ended by Ctrl-C, and that the record says so of the newest plan."""
    assert done.code == 130
    assert "Traceback" not in done.err
    shown = milepost("show", "last", "--json").json
    assert (shown["status"], shown["reason"]) == ("cancelled", "interrupted by Ctrl-C")


def test_a_run_in_a_call_that_nothing_stops_ends_at_once(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write
) -> None:
    (tmp_path / "ledger_tools.py").write_text(LEDGER)
    with background(tmp_path, repository, "run", workflow(SLOW), *TOOLS) as running:
        done = interrupted(running, tmp_path / "ledger.txt")

    check_cancelled(milepost, done)
    assert "milepost show p" in done.out


def test_an_answer_is_followed_live_and_cancelled(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write
) -> None:
    (tmp_path / "ledger_tools.py").write_text(LEDGER)
    assert milepost("run", workflow(ASKED), *TOOLS).code == 3
    words = ("answer", "last", "ask", "--value", "1", *TOOLS)
    with background(tmp_path, repository, *words) as running:
        running.wait_for("pay: started")
        done = interrupted(running, tmp_path / "ledger.txt")

    check_cancelled(milepost, done)
    assert "milepost show p" in done.out


def test_resuming_all_plans_cancels_those_under_way(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write
) -> None:
    (tmp_path / "ledger_tools.py").write_text(LEDGER)
    with background(tmp_path, repository, "run", workflow(GATED), *TOOLS) as running:
        running.wait_for("rest: started")
        running.send(signal.SIGKILL)
        running.ended()
    with background(tmp_path, repository, "resume", *TOOLS) as running:
        while milepost("show", "last", "rest", "--json").json["attempt"] < 2:
            assert running.process.poll() is None
        running.send(signal.SIGINT)
        done = running.ended()

    check_cancelled(milepost, done)
    assert "cancelled  gated" in done.out
