"""Every planted bug still fits the code, and the simulation finds a drawn one."""

import ast
import random
from pathlib import Path

import pytest

from .hunting import is_found
from .planted import BUGS, CORE, Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.what)
def test_a_planted_bug_fits_the_code(bug: Bug, repository: Path) -> None:
    source = (repository / CORE / bug.file).read_text("utf-8")
    assert source.count(bug.text) == 1
    assert bug.text != bug.instead
    ast.parse(source.replace(bug.text, bug.instead))


def test_there_are_thirty_bugs_and_more() -> None:
    assert len({bug.what for bug in BUGS}) == len(BUGS) >= 30


@pytest.mark.slow
def test_the_simulation_passes_without_a_bug(repository: Path, seed: int) -> None:
    assert not is_found(None, seed=seed, repository=repository)


@pytest.mark.slow
def test_the_simulation_finds_a_drawn_bug(repository: Path, seed: int) -> None:
    bug = random.Random(seed).choice(BUGS[:6])  # noqa: S311 - picks what to break

    assert is_found(bug, seed=seed, repository=repository), bug.what
