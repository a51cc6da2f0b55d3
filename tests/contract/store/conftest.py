"""The stores that every contract is tried on: a new one joins as one parameter."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from milepost.adapters.store.event_log import EventLog
from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.kinds import Kinds
from milepost.adapters.store.limits import StoreLimits
from milepost.adapters.store.memory import MemoryStore, open_memory_journal
from milepost.engine.journal import Journal


class OpenedStore(Journal, Protocol):
    """A journal that also has the library's faces, and can be closed early."""

    def event_log(self) -> EventLog: ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class StoreUnderTest:
    """One store that may be opened several times."""

    name: str
    open: Callable[[], AbstractAsyncContextManager[OpenedStore]]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kinds() -> Kinds:
    return Kinds()


@pytest.fixture
def limits() -> StoreLimits:
    return StoreLimits()


@pytest.fixture(params=["memory", "sqlite"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, kinds: Kinds, limits: StoreLimits
) -> StoreUnderTest:
    if request.param == "memory":
        memory = MemoryStore(kinds)
        return StoreUnderTest("memory", lambda: open_memory_journal(memory))
    path = tmp_path / "plans.db"
    return StoreUnderTest("sqlite", lambda: open_journal(path, kinds=kinds, limits=limits))
