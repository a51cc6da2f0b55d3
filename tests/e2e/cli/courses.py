"""Workflows and helpers for tests of commands that change a plan's course."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .conftest import Command, Outcome

SUMS = """
name: sums
version: "1"
steps:
  - {id: one, type: tool, tool: calc.evaluate, input: {expression: 1 + 1}}
  - {id: ask, type: user_input, prompt: "How many?", schema: {type: integer}, depends_on: [one]}
  - id: two
    type: tool
    tool: calc.evaluate
    input: {expression: a * b, variables: {a: "${one.output}", b: "${ask.output}"}}
  - {id: end, type: tool, tool: text.join, input: {parts: [total, "${two.output}"], separator: ""}}
"""
"""Pauses for a person after its first step; of the answer 5 it makes `total10`."""

BROKEN = """
name: broken
steps:
  - {id: first, type: tool, tool: ledger.note, input: {text: first}}
  - {id: fragile, type: tool, tool: ledger.fragile, depends_on: [first]}
  - {id: last, type: tool, tool: ledger.note, input: {text: last}, depends_on: [fragile]}
"""
"""Fails in its second step until there is a file `mended`."""

UNDOABLE = """
name: undoable
steps:
  - id: first
    type: tool
    tool: ledger.note
    input: {text: first}
    compensate: {tool: ledger.note, input: {text: undo first}}
  - id: second
    type: tool
    tool: ledger.note
    input: {text: second}
    depends_on: [first]
    compensate: {tool: ledger.note, input: {text: undo second}}
"""

LEDGER = '''
"""Notes each call in a file of the working folder; one tool fails until it is mended."""

import time
from pathlib import Path

import milepost


@milepost.tool(name="ledger.gate", effect="read")
def gate() -> None:
    """Wait until there is a file."""
    while not Path("open").exists():
        time.sleep(0.01)


@milepost.tool(name="ledger.note", effect="write")
def note(text: str) -> str:
    """Note a text."""
    with Path("ledger.txt").open("a") as ledger:
        ledger.write(f"{text}\\n")
    return text


@milepost.tool(name="ledger.fragile", effect="read")
def fragile() -> str:
    """Work once a file is there."""
    if not Path("mended").exists():
        raise milepost.ExecutionError("it is broken", code="broken", retryable=False)
    return "mended"
'''
TOOLS = ("--tools", "ledger_tools.py")


def write_ledger(folder: Path) -> Path:
    """Write the module of tools; return the file that they note calls in."""
    (folder / "ledger_tools.py").write_text(LEDGER)
    return folder / "ledger.txt"


def refused(outcome: Outcome, *words: str) -> None:
    """Check that a command was refused in one line that has these words."""
    assert outcome.code == 2, outcome
    assert outcome.err.count("\n") == 1, outcome.err
    assert outcome.err.startswith("error: ")
    for word in words:
        assert word in outcome.err, outcome.err


def last_event(milepost: Command, plan: str = "last") -> str:
    """Return the id of a plan's newest event, its requests included."""
    page = milepost("history", plan, "--json", "--limit", "1000").json["items"]
    return str(page[-1]["id"])


def kinds(milepost: Command, plan: str = "last") -> list[str]:
    """Return the kinds of a plan's events, without versions."""
    page = milepost("history", plan, "--json", "--limit", "1000").json["items"]
    return [event["kind"].rpartition(".")[0] for event in page]


def revisions(milepost: Command, plan: str = "last") -> list[dict[str, Any]]:
    """Return a plan's revisions."""
    found: list[dict[str, Any]] = milepost("revisions", plan, "--json").json
    return found
