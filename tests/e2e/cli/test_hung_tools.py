"""Calls of tools that nothing can stop: a command whose plan has ended does not wait for them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .background import background
from .conftest import Command

Write = Callable[..., Path]

HANGING = '''
"""A tool that never returns, and one that notes when the process ends in order."""

import atexit
import threading

import milepost

atexit.register(print, "left in order")


@milepost.tool(name="hang.up", effect="read")
def hang_up() -> None:
    """Wait for nothing."""
    threading.Event().wait()


@milepost.tool(name="hang.not", effect="read")
def hang_not() -> str:
    """Return at once."""
    return "done"
'''
TOOLS = ("--tools", "hanging_tools.py")
LATE = "steps: [{id: late, type: tool, tool: hang.up, timeout: 100ms}]"
PARTLY = """
settings: {stop_on_first_failure: false}
steps:
  - {id: late, type: tool, tool: hang.up, timeout: 100ms}
  - {id: other, type: tool, tool: hang.not}
"""
OUT_OF_TIME = """
settings: {max_execution_time: 300ms}
steps: [{id: late, type: tool, tool: hang.up}]
"""
FIRST_SUCCESS = """
steps:
  - id: both
    type: parallel
    mode: first_success
    steps: [{id: late, tool: hang.up}, {id: quick, tool: hang.not}]
"""


@pytest.fixture(autouse=True)
def tools(tmp_path: Path) -> None:
    """Write the module of tools."""
    (tmp_path / "hanging_tools.py").write_text(HANGING)


@pytest.mark.parametrize(
    ("text", "code"),
    [(LATE, 1), (PARTLY, 1), (OUT_OF_TIME, 4), (FIRST_SUCCESS, 0)],
    ids=["late", "partly", "out of time", "first success"],
)
def test_a_plan_that_ended_does_not_wait_for_a_tool_that_never_returns(
    tmp_path: Path, repository: Path, milepost: Command, workflow: Write, text: str, code: int
) -> None:
    with background(tmp_path, repository, "run", workflow(text), *TOOLS) as running:
        done = running.ended()

    assert done.code == code, done
    assert "milepost show p" in done.out
    assert milepost("show", "last", "--json").json["status"] in ("completed", "failed")
    assert milepost("check").code == 0


def test_without_hanging_tools_the_process_ends_in_order(program: Command, workflow: Write) -> None:
    done = program("run", workflow("steps: [{id: a, type: tool, tool: hang.not}]"), *TOOLS)

    assert done.code == 0
    assert done.out.endswith("left in order\n")
