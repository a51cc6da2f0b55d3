"""Every test here runs under asyncio and under trio, with clocks that jump over all waiting."""

from typing import Any

import pytest

from milepost.testing.virtual_time import skipping_time

from .scene import Scene


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Return the event loop to run under: nothing depends on how fast the machine is."""
    return skipping_time(request.param)


@pytest.fixture
def scene() -> Scene:
    """Return a fresh store in memory, with a world of its own."""
    return Scene()
