"""Output that nobody can read: the command does what it was asked for all the same."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PATIENCE, Command, Outcome, environment, program_words

Write = Callable[..., Path]
Redirected = Callable[..., Outcome]

CHAIN = """
name: chain
steps:
  - {id: one, type: tool, tool: calc.evaluate, input: {expression: "1 + 1"}}
  - {id: rest, type: wait, for: 200ms, depends_on: [one]}
  - {id: two, type: tool, tool: calc.evaluate, input: {expression: "2 + 2"}, depends_on: [rest]}
"""
ASKING = 'steps: [{id: ask, type: user_input, prompt: "How many?"}]'
NOBODY = "2>&1 | true"
ONE_LINE = "error: standard output: the answer cannot be written (No space left on device); "


@pytest.fixture
def redirected(tmp_path: Path, repository: Path) -> Redirected:
    """Return the command line as a program whose streams are led elsewhere by a shell."""

    def call(where: str, *words: str | Path) -> Outcome:
        kept = f'"$@" {where}; exit ${{PIPESTATUS[0]}}'
        done = subprocess.run(
            ["bash", "-c", kept, "bash", *program_words(*words)],
            cwd=tmp_path,
            env=environment(repository),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (NOBODY, 1),
        ("2>/dev/full", 0),
        ("2>&-", 0),
        (">&-", 0),
        ("<&- >&- 2>&-", 0),
        (">/dev/full 2>/dev/full", 1),
    ],
)
def test_a_plan_goes_on_to_its_end_when_nobody_can_read_of_it(
    redirected: Redirected, milepost: Command, workflow: Write, where: str, code: int
) -> None:
    done = redirected(where, "run", workflow(CHAIN))

    assert done.code == code
    assert "Traceback" not in done.err
    assert milepost("show", "last", "--json").json["status"] == "completed"
    assert milepost("check").code == 0


@pytest.mark.parametrize("more", [("--json",), ("--json", "--watch"), ()])
def test_an_answer_for_which_there_is_no_room_is_told_in_one_line(
    redirected: Redirected, milepost: Command, workflow: Write, more: tuple[str, ...]
) -> None:
    done = redirected(">/dev/full", "run", workflow(CHAIN), *more)

    assert done.code == 1
    assert done.err.splitlines()[-1].startswith(ONE_LINE)
    assert [line for line in done.err.splitlines() if line.startswith("error")] == [
        done.err.splitlines()[-1]
    ]
    assert milepost("show", "last", "--json").json["status"] == "completed"


@pytest.mark.parametrize(
    "words",
    [("history", "last"), ("history", "last", "--json"), ("--help",), ("export", "last")],
    ids=" ".join,
)
def test_a_read_for_which_there_is_no_room_ends_with_1_and_one_line(
    redirected: Redirected, milepost: Command, workflow: Write, words: tuple[str, ...]
) -> None:
    milepost("run", workflow(CHAIN))
    done = redirected(">/dev/full", *words)

    assert done.code == 1
    assert done.err.startswith(ONE_LINE)
    assert done.err.count("\n") == 1


def test_a_read_whose_reader_is_gone_ends_quietly(
    redirected: Redirected, milepost: Command, workflow: Write
) -> None:
    milepost("run", workflow(CHAIN))

    assert redirected("| true", "history", "last") == Outcome(1, "", "")


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", NOBODY])
def test_an_error_that_nobody_can_read_keeps_its_code(redirected: Redirected, where: str) -> None:
    assert redirected(where, "show", "last").code == 2


def test_a_paused_plan_is_told_by_its_code_when_there_is_no_room_for_the_answer(
    redirected: Redirected, workflow: Write
) -> None:
    assert redirected(">/dev/full", "run", workflow(ASKING)).code == 3
