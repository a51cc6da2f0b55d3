"""A file that one process makes while others look at it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.open_reads import connect_to_existing
from milepost.domain.errors import UnknownNameError

FILES = 40
"""Of so few, a look in several transactions took some thirteen for another program's."""


class Onlooker(threading.Thread):
    """Looks at a file until it is a store, or until something is wrong with it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.problem: Exception | None = None
        self.start()

    def run(self) -> None:
        while True:
            try:
                connect_to_existing(self._path).close()
            except UnknownNameError:
                continue
            except Exception as error:  # noqa: BLE001 - the test tells of it
                self.problem = error
            return


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_file_in_the_making_is_not_taken_for_another_programs(tmp_path: Path) -> None:
    for number in range(FILES):
        path = tmp_path / f"{number}.db"
        onlooker = Onlooker(path)
        async with open_journal(path):
            onlooker.join()
        assert onlooker.problem is None
