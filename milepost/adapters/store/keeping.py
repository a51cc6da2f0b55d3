"""Care of a store file: proving it, making its projections anew, moving plans in and out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from functools import partial
from pathlib import Path

from anyio import to_thread

from milepost.projections.checks import CheckReport

from .asking import DirectAsker
from .check import check_store
from .export_log import export_log
from .import_log import Imported, import_log
from .kinds import Kinds
from .open_reads import connect_to_existing
from .rebuild import Rebuilt, rebuild_store


class StoreKeeping:
    """What is done to a whole store file, each time on a connection of its own."""

    def __init__(self, path: Path, *, kinds: Kinds | None = None) -> None:
        self._path = path
        self._kinds = kinds or Kinds()

    async def check(self) -> CheckReport:
        """Compare every projection and the store's own invariants with the events."""
        return await to_thread.run_sync(partial(check_store, self._path, kinds=self._kinds))

    async def rebuild_projections(self) -> Rebuilt:
        """Make all projections anew from the log; whoever writes waits meanwhile."""
        return await to_thread.run_sync(partial(rebuild_store, self._path, kinds=self._kinds))

    async def export(self, plan: str) -> list[str]:
        """Return a plan's log as it is now, in lines of JSON without their line feeds."""
        with closing(connect_to_existing(self._path)) as connection:
            asker = DirectAsker(connection, self._path)
            lines = export_log(asker, self._kinds, plan)
            return [line.decode().removesuffix("\n") async for line in lines]

    async def import_log(self, lines: Iterable[str], *, name: str = "log") -> Imported:
        """Store an exported log; `name` is its file in messages.

        Raises `ValidationError` with file and line for the first thing that is wrong,
        `RefusedError` if the plan is here already; nothing is stored then.
        """
        data = [line.encode(errors="surrogatepass") for line in lines]
        return await to_thread.run_sync(
            partial(import_log, self._path, data, name=name, kinds=self._kinds)
        )
