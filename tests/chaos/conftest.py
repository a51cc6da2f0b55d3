"""Scenes to break, tracing where it is possible, and the table of what was found."""

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest

from .processes import leave_none
from .scene import Scene
from .strace import why_not
from .tally import FIGURE, Tally

KEPT = 20
Tallying = Callable[[str], AbstractContextManager[Tally]]


@pytest.fixture(scope="session")
def why_no_tracing() -> str | None:
    return why_not()


@pytest.fixture(autouse=True)
def _tracing(request: pytest.FixtureRequest) -> None:
    """Skip what needs strace where it cannot trace."""
    if request.node.get_closest_marker("strace"):
        reason = request.getfixturevalue("why_no_tracing")
        if reason is not None:
            pytest.skip(reason)


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    leave_none()


@pytest.fixture
def new_scene(tmp_path: Path) -> Callable[[], Scene]:
    """Return what makes empty scenes; the last few are kept to be looked at."""
    numbers = count()

    def make() -> Scene:
        number = next(numbers)
        shutil.rmtree(tmp_path / f"scene{number - KEPT}", ignore_errors=True)
        return Scene.new(tmp_path / f"scene{number}")

    return make


@pytest.fixture
def scene(new_scene: Callable[[], Scene]) -> Scene:
    return new_scene()


@pytest.fixture
def luck(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """Return randomness of this test's own, the same for the same seed."""
    return random.Random(f"{seed} {request.node.name}")  # noqa: S311 - picks what to break


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tallying:
    """Return what counts the trials of a fault, and fails at the end if any went wrong."""

    @contextmanager
    def tallying(fault: str) -> Iterator[Tally]:
        tally = Tally(fault)
        yield tally
        request.node.user_properties.append((FIGURE, tally.line()))
        assert tally.trials, "nothing was tried"
        assert not tally.wrong, "\n".join([f"{len(tally.wrong)} violations", *tally.wrong[:20]])

    return tallying
