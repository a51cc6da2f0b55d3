"""Reads the requirements ledger and looks whether what it names is there."""

import ast
import contextlib
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from unittest import mock

ROW = re.compile(r"^\|\s*([A-Z]{1,2}\d+)\s*\|(.*)\|\s*$", re.MULTILINE)
COLUMN = re.compile(r"(?<!\\)\|")
COMMAND_WORD = re.compile(r"[a-z][a-z-]*")


@dataclass(frozen=True)
class Row:
    """A requirement and the tests, targets and commands that show it."""

    id: str
    claims: Sequence[str]


def read_ledger(text: str) -> list[Row]:
    """Return the rows of `| id | what | shown by |`; a row without a claim has none."""
    return [
        Row(row_id, re.findall(r"`([^`\s][^`]*)`", COLUMN.split(cells)[-1]))
        for row_id, cells in ROW.findall(text)
    ]


def missing(rows: Sequence[Row], evidence: "Evidence") -> list[str]:
    """Return one line for every row that is doubled, shows nothing, or names what is not there."""
    return list(_missing(rows, evidence))


def _missing(rows: Sequence[Row], evidence: "Evidence") -> Iterator[str]:
    for row_id, times in Counter(row.id for row in rows).items():
        if times > 1:
            yield f"{row_id}: is there twice"
    for row in rows:
        if not row.claims:
            yield f"{row.id}: names no test, target or command"
        for claim in row.claims:
            if not evidence.shows(claim):
                yield f"{row.id}: there is no {claim}"


class Evidence:
    """Knows the tests, the make targets and the commands of this repository."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository

    def shows(self, claim: str) -> bool:
        """Say whether the named test, `make` target or `milepost` command exists."""
        first, *others = claim.split()
        if first == "make":
            return others != [] and others[0] in self._targets
        if first == "milepost":
            return others != [] and _answers(tuple(_command_words(others)))
        path, found, name = claim.partition("::")
        return bool(found) and name.partition("[")[0] in self._tests_in(path)

    @cached_property
    def _targets(self) -> set[str]:
        makefile = (self._repository / "Makefile").read_text()
        return set(re.findall(r"^([a-z]+):(?!=)", makefile, flags=re.MULTILINE))

    def _tests_in(self, path: str) -> set[str]:
        file = self._repository / path
        if not (path.startswith("tests/") and file.is_file()):
            return set()
        return set(_test_names(ast.parse(file.read_text(encoding="utf-8"))))


def _test_names(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _test_names(node, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("test_"):
                yield prefix + node.name
        elif isinstance(node, ast.Assign):
            # A hypothesis state machine is a test under the name its TestCase is given.
            yield from (
                prefix + target.id
                for target in node.targets
                if isinstance(target, ast.Name) and target.id.startswith("Test")
            )


def _command_words(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        if not COMMAND_WORD.fullmatch(word):
            return
        yield word


@lru_cache
def _answers(command: tuple[str, ...]) -> bool:
    """Say whether the command line knows the command: it then explains it and exits with 0."""
    from milepost.adapters.cli import main

    output = io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["milepost", *command, "--help"]),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        try:
            code = main()
        except SystemExit as end:
            code = end.code
    return bool(command) and not code
