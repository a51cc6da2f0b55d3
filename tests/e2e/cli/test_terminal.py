"""What a person sees: bars while a plan runs, colours, no text that steers the terminal."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PATIENCE, Command, Outcome, environment, program_words

Write = Callable[..., Path]

SLEEPS = """
name: sleeps
steps:
  - {id: first, type: wait, for: 400ms}
  - {id: second, type: wait, for: 2s, depends_on: [first]}
"""
HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold]x[/bold]\u202e"


def on_terminal(folder: Path, repository: Path, *words: str | Path) -> Outcome:
    """Run a command on a terminal of 100 columns; return its code and all that it showed."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    process = subprocess.Popen(
        program_words(*words),
        cwd=folder,
        env=environment(repository, TERM="xterm-256color"),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = b""
    try:
        while chunk := read(master):
            shown += chunk
        return Outcome(process.wait(timeout=PATIENCE), shown.decode(), "")
    finally:
        process.kill()
        process.wait()
        os.close(master)


def read(terminal: int) -> bytes:
    """Read what is shown; nothing when the other side is closed."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def plain(text: str) -> str:
    """Return text without the sequences for colours and for moving the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_on_a_terminal_a_bar_and_the_steps_follow_the_plan(
    tmp_path: Path, repository: Path, workflow: Write
) -> None:
    done = on_terminal(tmp_path, repository, "run", workflow(SLEEPS))
    frames = plain(done.out)

    assert done.code == 0
    assert re.search(r"sleeps ░{28}   0%  0/2 steps", frames)
    assert re.search(r"sleeps █{14}░{14}  50%  1/2 steps +\S+  about \S+ left", frames)
    assert re.search(r"✓ first  \d\S*s\b", frames)
    assert re.search(r"‖ second  \d\S*s  suspended", frames)
    assert "✓ completed  sleeps" in frames
    assert "\x1b[32m" in done.out


def test_on_a_terminal_the_timeline_is_drawn_in_colour_and_fits(
    tmp_path: Path, repository: Path, workflow: Write, program: Command
) -> None:
    program("run", workflow(SLEEPS.replace("2s", "100ms")))
    shown = on_terminal(tmp_path, repository, "timeline", "last")

    assert "░" in shown.out
    assert "\x1b[" in shown.out
    assert max(len(line.rstrip()) for line in plain(shown.out).splitlines()) <= 100


def test_no_text_of_a_plan_can_steer_the_terminal(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write
) -> None:
    text = json.dumps(
        {
            "name": HOSTILE,
            "inputs": {"x": {"default": HOSTILE}},
            "steps": [
                {
                    "id": HOSTILE,
                    "name": HOSTILE,
                    "type": "tool",
                    "tool": "text.join",
                    "input": {"parts": ["${inputs.x}"]},
                },
                {
                    "id": "bad",
                    "type": "tool",
                    "tool": "file.read",
                    "input": {"path": "${inputs.x}"},
                },
            ],
        }
    )
    path = workflow(text, name="flow.json")
    run = milepost("run", path)
    told = [run.out, run.err]
    for words in (
        *(("show", "last"), ("steps", "last"), ("history", "last"), ("timeline", "last")),
        *(("log", "last", "--level", "trace"), ("report", "last"), ("plans",), ("replay", "last")),
        *(("graph", "last"), ("show", "last", "--json"), ("history", "last", "--json")),
        *(("validate", path), ("show", "last", "bad"), ("plans", "--json")),
    ):
        said = milepost(*words)
        told += [said.out, said.err]
    shown = on_terminal(tmp_path, repository, "run", path)
    exported = on_terminal(tmp_path, repository, "export", "last")

    assert run.code == 1
    for text in told:
        assert not set(text) & {"\x1b", "\x07", "\u202e"}
    for text in (shown.out, exported.out):
        assert not re.search("\x1b]|\x1b\\[2J|\x07|\u202e", text)
        assert "[bold]x[/bold]" in text


def test_in_a_pipe_there_are_no_colours_no_blanks_at_line_ends_and_no_cut_lines(
    program: Command, workflow: Write
) -> None:
    long = "word " * 60
    program("run", workflow(f"steps:\n  - {{id: a, type: response, text: '{long}'}}\n"))
    history = program("history", "last").out

    assert "\x1b" not in history
    assert not re.search(r"[ \t]$", history, flags=re.MULTILINE)
    assert len([line for line in history.splitlines() if "completed" in line]) == 2


@pytest.mark.parametrize("words", [("history", "last", "--limit", "1000"), ("version",)])
def test_output_that_nobody_reads_any_more_ends_the_command_quietly(
    tmp_path: Path,
    repository: Path,
    program: Command,
    workflow: Write,
    words: tuple[str, ...],
) -> None:
    steps = "".join(f"  - {{id: s{at}, type: wait, for: 0s}}\n" for at in range(300))
    program("run", workflow(f"steps:\n{steps}"), "--json")
    reader, writer = os.pipe()
    process = subprocess.Popen(
        program_words(*words),
        cwd=tmp_path,
        env=environment(repository),
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    os.close(reader)
    _out, err = process.communicate(timeout=PATIENCE)

    assert err == b""
    assert process.returncode == 1


def test_an_encoding_without_these_characters_shows_escapes_instead_of_failing(
    program: Command, workflow: Write
) -> None:
    path = workflow("steps:\n  - {id: a, type: response, text: 데이터}\n")
    run = program("run", path, env={"PYTHONIOENCODING": "ascii"})

    assert run.code == 0
    assert "\\ub370\\uc774\\ud130" in run.out


@pytest.mark.parametrize("words", [("--help",), ("version",), ("run", "--help")])
def test_help_and_version_load_nothing_of_the_engine(
    repository: Path, words: tuple[str, ...]
) -> None:
    source = (
        "import sys; from milepost.adapters.cli import main; main(sys.argv[1:]); "
        "print('loaded', *{name.partition('.')[0] for name in sys.modules})"
    )
    output = subprocess.check_output(
        [sys.executable, "-c", source, *words], env=environment(repository), text=True
    )
    loaded = set(output.rpartition("loaded")[2].split())

    assert "typer" in loaded
    assert not loaded & {"asyncio", "anyio", "sqlite3", "matplotlib", "ruamel", "jsonschema"}
    assert not loaded & {"eventsourcing", "transitions", "cel_expr_python", "httpx2"}


COMMANDS = (
    *("run", "resume", "pause", "cancel", "answer", "plans", "show", "steps", "history"),
    *("timeline", "log", "report", "validate", "graph", "publish", "workflows", "replay"),
    *("check", "export", "import", "version", "schemas export", "projections rebuild", "simulate"),
    *("revisions", "revision", "revise", "move", "diff", "rollback", "restore", "recover"),
    *("compensate", "fork", "checkpoint", "checkpoints", "break", "replan"),
)


def test_the_help_lists_every_command_with_what_it_does(milepost: Command) -> None:
    listed = set(re.findall(r"^│ (\w+) +[A-Z]", milepost("--help").out, flags=re.MULTILINE))

    assert listed == {command.partition(" ")[0] for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_here_and_in_the_docs(
    milepost: Command, repository: Path, command: str
) -> None:
    told = milepost(*command.split(), "--help")

    assert told.code == 0
    assert f"milepost {command}" in told.out
    assert "[[" not in told.out
    assert f"`{command}" in (repository / "docs/cli.md").read_text(encoding="utf-8")


def test_help_breaks_no_line_within_a_paragraph_and_eats_no_brackets(
    milepost: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    told = milepost("simulate", "--help").out

    assert "or [low, high]." in told
    assert "of which nothing is known take the step's estimated duration" in told


def test_the_package_is_a_program(repository: Path) -> None:
    words = [sys.executable, "-m", "milepost", "version"]
    told = subprocess.check_output(words, env=environment(repository), text=True)

    assert told.startswith("milepost ")


def test_without_a_command_the_help_is_shown(milepost: Command) -> None:
    told = milepost()

    assert (told.code, told.err) == (2, "")
    assert "Begin with: milepost run FILE" in told.out


def test_the_version_is_an_option_as_well(milepost: Command) -> None:
    assert milepost("--version").out == milepost("version").out
