"""Every test here runs under asyncio, and under trio's clock that jumps over all waiting."""

from typing import Any

import pytest
from trio.testing import MockClock

from .scene import Scene


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Return the event loop to run under."""
    if request.param == "trio":
        return ("trio", {"clock": MockClock(autojump_threshold=0)})
    return request.param


@pytest.fixture
def virtual() -> Any:
    """Return trio's jumping clock, for tests that wait longer than anybody would."""
    return ("trio", {"clock": MockClock(autojump_threshold=0)})


@pytest.fixture
def scene() -> Scene:
    """Return a fresh store in memory, with a world of its own."""
    return Scene()
