"""Steering a plan from another process: pause, resume, cancel, answer, kill and take over."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from .background import background
from .conftest import Command

Write = Callable[..., Path]

PATIENT = """
name: patient
steps:
  - {id: first, type: tool, tool: ledger.note, input: {text: first}}
  - {id: rest, type: wait, for: 1h, depends_on: [first]}
  - {id: last, type: tool, tool: ledger.note, input: {text: last}, depends_on: [rest]}
"""
GATED = """
name: gated
steps:
  - {id: first, type: tool, tool: ledger.note, input: {text: first}}
  - {id: rest, type: tool, tool: gate.pass, depends_on: [first]}
  - {id: last, type: tool, tool: ledger.note, input: {text: last}, depends_on: [rest]}
"""
LEDGER = '''
"""Notes each call in a file of the working folder, and waits for another file."""

import time
from pathlib import Path

import milepost


@milepost.tool(name="gate.pass", effect="read")
def pass_gate() -> None:
    """Wait until the gate is open."""
    while not Path("open").exists():
        time.sleep(0.01)


@milepost.tool(name="ledger.note", effect="write")
def note(text: str, seconds: float = 0.0) -> str:
    """Note a text, then take some time."""
    with Path("ledger.txt").open("a") as ledger:
        ledger.write(f"{text}\\n")
    time.sleep(seconds)
    return text
'''
SLOW = """
name: slow
steps:
  - {id: first, type: tool, tool: ledger.note, input: {text: first}}
  - id: pay
    type: tool
    tool: ledger.note
    depends_on: [first]
    input: {text: pay, seconds: 3600}
  - {id: last, type: tool, tool: ledger.note, input: {text: last}, depends_on: [pay]}
"""
QUESTION = """
name: question
steps:
  - {id: ask, type: user_input, prompt: "How many?", schema: {type: integer, minimum: 1}}
  - id: twice
    type: tool
    tool: calc.evaluate
    input: {expression: 2 * n, variables: {n: "${ask.output}"}}
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Write the module of tools; return the file that they note calls in."""
    (tmp_path / "ledger_tools.py").write_text(LEDGER)
    return tmp_path / "ledger.txt"


TOOLS = ("--tools", "ledger_tools.py")


def until_running(milepost: Command) -> None:
    """Wait until the newest plan runs."""
    while milepost("show", "last", "--json").json["status"] != "running":
        pass


def test_a_plan_paused_by_another_process_rests_and_is_resumed(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, ledger: Path
) -> None:
    with background(tmp_path, repository, "run", workflow(PATIENT), *TOOLS) as running:
        running.wait_for("rest: waits until")
        paused = milepost("pause", "last", "--who", "ada", "--why", "lunch")
        done = running.ended()

    assert paused.code == 0
    assert done.code == 3
    assert "lunch" in done.out
    assert "milepost resume p" in done.out
    assert milepost("show", "last", "--json").json["reason"] == "lunch"
    with background(tmp_path, repository, "resume", "last", *TOOLS) as running:
        until_running(milepost)
        assert milepost("cancel", "last", "--why", "enough").code == 0
        done = running.ended()

    assert done.code == 1
    assert "enough" in done.out
    assert ledger.read_text() == "first\n"
    requests = milepost("history", "last", "--kind", "request.made", "--json").json["items"]
    assert [one["data"]["command"] for one in requests] == ["pause", "resume", "cancel"]
    assert requests[0]["actor"] == "ada"


def test_a_killed_run_is_carried_on_and_no_finished_step_runs_again(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, ledger: Path
) -> None:
    with background(tmp_path, repository, "run", workflow(GATED), *TOOLS) as running:
        running.wait_for("rest: started")
        running.send(signal.SIGKILL)
        running.ended()
    assert milepost("show", "last", "--json").json["status"] == "running"
    (tmp_path / "open").touch()
    done = milepost("resume", *TOOLS, "--json")

    assert done.code == 0
    assert [plan["final_output"] for plan in done.json] == ["last"]
    assert ledger.read_text() == "first\nlast\n"
    assert milepost("replay", "last").code == 0


def test_a_write_cut_off_by_a_kill_is_asked_about_and_retried_on_request(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, ledger: Path
) -> None:
    with background(tmp_path, repository, "run", workflow(SLOW), *TOOLS) as running:
        running.wait_for("pay: started")
        while "pay" not in (ledger.read_text() if ledger.exists() else ""):
            assert running.process.poll() is None
        running.send(signal.SIGKILL)
        running.ended()
    asked = milepost("resume", "last", *TOOLS)

    assert asked.code == 3
    assert "Did it take effect?" in asked.out
    for words in ("pay --retry", "pay --fail", "pay --value JSON"):
        assert words in asked.out
    done = milepost("answer", "last", "pay", "--value", '"paid"', *TOOLS, "--json")
    assert done.code == 0
    assert ledger.read_text() == "first\npay\nlast\n"


def test_a_plan_that_a_living_process_runs_is_left_to_it(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, ledger: Path
) -> None:
    with background(tmp_path, repository, "run", workflow(PATIENT), *TOOLS) as running:
        running.wait_for("rest: waits until")
        one, every = milepost("resume", "last", *TOOLS), milepost("resume", *TOOLS)
        assert milepost("cancel", "last").code == 0
        assert running.ended().code == 1

    assert one.code == 2
    assert "--take-over" in one.err
    assert every.code == 0
    assert "nothing to resume" in every.out
    assert ledger.read_text() == "first\n"


def test_a_plan_is_taken_over_from_a_process_that_hangs(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, ledger: Path
) -> None:
    with background(tmp_path, repository, "run", workflow(GATED), *TOOLS) as running:
        running.wait_for("rest: started")
        running.send(signal.SIGSTOP)
        (tmp_path / "open").touch()
        taken = milepost("resume", "last", "--take-over", *TOOLS, "--json")
        running.send(signal.SIGCONT)
        left = running.ended()

    assert (taken.code, taken.json["final_output"]) == (0, "last")
    assert left.code == 1
    last = left.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert "it was taken over from this process" in last
    assert ledger.read_text() == "first\nlast\n"
    assert milepost("replay", "last").code == 0


def test_a_request_to_a_process_that_hangs_says_so_and_waits(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, ledger: Path
) -> None:
    with background(tmp_path, repository, "run", workflow(PATIENT), *TOOLS) as running:
        running.wait_for("rest: waits until")
        running.send(signal.SIGSTOP)
        with background(tmp_path, repository, "cancel", "last") as cancelling:
            told = cancelling.wait_for("no answer yet")
            running.send(signal.SIGCONT)
            assert cancelling.ended().code == 0
        done = running.ended()

    assert done.code == 1
    assert f"process {running.process.pid} " in told
    plan = milepost("show", "last", "--json").json["id"]
    assert f"`milepost resume {plan} --take-over`" in told
    assert ledger.read_text() == "first\n"


def test_ctrl_c_cancels_the_plan_on_record_and_ends_with_130(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, ledger: Path
) -> None:
    with background(tmp_path, repository, "run", workflow(PATIENT), *TOOLS) as running:
        running.wait_for("rest: waits until")
        running.send(signal.SIGINT)
        done = running.ended()

    assert done.code == 130
    assert "Traceback" not in done.err
    assert "milepost show p" in done.out
    shown = milepost("show", "last", "--json").json
    assert (shown["status"], shown["reason"]) == ("cancelled", "interrupted by Ctrl-C")
    assert ledger.read_text() == "first\n"


def test_answers_are_checked_and_a_wrong_one_changes_nothing(
    milepost: Command, workflow: Write
) -> None:
    assert milepost("run", workflow(QUESTION)).code == 3
    before = milepost("history", "last", "--json").json

    for words, message in (
        (("last", "ask", "--value", "0"), "does not fit"),
        (("last", "ask", "--value", "two"), "--value: is not JSON"),
        (("last", "ask"), "give exactly one of --value, --retry and --fail"),
        (("last", "ask", "--value", "1", "--fail"), "give exactly one of"),
        (("last", "ask", "--retry"), "asks a person for a value"),
        (("last", "twice", "--value", "1"), "does not wait for an answer; ask does"),
        (("pnone", "ask", "--value", "1"), "plan pnone: there is none"),
    ):
        told = milepost("answer", *words)
        assert told.code == 2, words
        assert message in told.err
        assert told.err.count("\n") == 1
    assert milepost("history", "last", "--json").json == before

    done = milepost("answer", "last", "ask", "--value", "21", "--json")
    assert (done.code, done.json["final_output"]) == (0, 42)


def test_a_plan_that_waits_for_a_person_is_not_resumed_without_an_answer(
    milepost: Command, workflow: Write
) -> None:
    milepost("run", workflow(QUESTION))
    told = milepost("resume", "last")

    assert told.code == 2
    assert "ask" in told.err
    assert "milepost answer" in told.err


@pytest.mark.parametrize("command", ["pause", "cancel", "resume"])
def test_a_plan_that_has_ended_is_not_steered(
    milepost: Command, workflow: Write, command: str
) -> None:
    milepost("run", workflow("steps:\n  - {id: a, type: response, text: x}\n"))
    told = milepost(command, "last")

    assert told.code == 2
    assert "completed" in told.err.splitlines()[-1]


@pytest.mark.usefixtures("ledger")
def test_what_is_only_noted_leaves_a_plan_that_nobody_carries_on_as_it_is(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write
) -> None:
    with background(tmp_path, repository, "run", workflow(SLOW), *TOOLS) as running:
        running.wait_for("pay: started")
        running.send(signal.SIGKILL)
        running.ended()
    before = milepost("show", "last", "--json").json
    named = milepost("checkpoint", "last", "--name", "here", "--snapshot")
    stopped = milepost("break", "last", "last")
    after = milepost("show", "last", "--json").json

    assert (named.code, stopped.code) == (0, 0)
    assert "checkpoint 'here'" in named.out
    assert after["status"] == before["status"] == "running"
    assert after["steps"] == before["steps"]
    assert milepost("checkpoints", "last", "--show", "here").code == 0
    asked = milepost("resume", "last", *TOOLS)
    assert asked.code == 3
    assert "Did it take effect?" in asked.out
    held = milepost("answer", "last", "pay", "--value", '"paid"', *TOOLS)
    assert held.code == 3
    assert "breakpoint before step 'last'" in held.out
    assert milepost("resume", "last", *TOOLS).code == 0
    assert milepost("replay", "last").code == 0
    assert milepost("check").code == 0
