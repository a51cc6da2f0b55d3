"""What a system under test has to offer; one module per system implements it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .measure import Latencies


@dataclass(frozen=True, slots=True)
class Stored:
    """What W4 finds in the store before it reads."""

    plans: Sequence[str]
    records: int
    """Rows of the system's own log: events, step results, checkpoints and writes."""
    origin: str
    """How the rows came there."""


class Session(Protocol):
    """An open store and the engine over it."""

    async def durability(self) -> str:
        """Say what is in force, read back from a connection that writes."""
        ...

    async def run_chains(self, plans: int, *, in_flight: int) -> Sequence[int]:
        """Run `plans` chains of ten steps; return the last number of each."""
        ...

    async def run_fan_out(self, width: int) -> int:
        """Run one root, `width` parallel steps and one join; return the join's sum."""
        ...

    async def store_plans(self, plans: int) -> Stored:
        """Bring `plans` finished chains of ten steps into the store."""
        ...

    async def time_histories(self, plans: Sequence[str]) -> Latencies:
        """Time one read of the whole history for each plan."""
        ...

    async def time_newest(self, count: int, *, reads: int) -> Latencies | None:
        """Time lists of the newest plans; `None` when the system has no such list."""
        ...

    async def run_counted_chain(self, steps: int) -> int:
        """Run one chain of `steps` that write the ledger; return its last number."""
        ...

    async def resume_counted_chain(self, steps: int) -> int:
        """Finish the chain that a killed process left; return its last number."""
        ...


@dataclass(frozen=True, slots=True)
class System:
    """A system under test: its name, the version installed, and how to open it in a folder."""

    name: str
    version: str
    connect: Callable[[Path], AbstractAsyncContextManager[Session]]
    module: str
    """To start it again in a process of its own."""
