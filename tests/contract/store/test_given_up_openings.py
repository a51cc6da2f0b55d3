"""An opening that is cancelled leaves nothing open, at whichever moment that is."""

import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from milepost.adapters.store import journal as journal_module
from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.store_file import StoreFile

pytestmark = pytest.mark.anyio
Run = Callable[[Callable[[], object]], Awaitable[object]]
PATIENCE = 20


@pytest.fixture
def open_files(monkeypatch: pytest.MonkeyPatch) -> set[StoreFile]:
    """Return the store files that are open at any time."""
    files: set[StoreFile] = set()

    class Watched(StoreFile):
        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)
            files.add(self)

        def close(self) -> None:
            super().close()
            files.discard(self)

    monkeypatch.setattr(journal_module, "StoreFile", Watched)
    return files


async def test_a_file_that_comes_as_its_opening_is_cancelled_is_closed(
    tmp_path: Path, open_files: set[StoreFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    run: Run = journal_module.run_detached

    async def cut_off(function: Callable[[], object]) -> object:
        monkeypatch.setattr(journal_module, "run_detached", run)
        result = await run(function)
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        return result

    monkeypatch.setattr(journal_module, "run_detached", cut_off)
    with anyio.CancelScope() as scope:
        async with open_journal(tmp_path / "plans.db"):
            pytest.fail("the opening was not cancelled")
    assert open_files == set()


async def test_a_file_that_comes_after_its_opening_was_cancelled_is_closed(
    tmp_path: Path, open_files: set[StoreFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = threading.Event()
    make = journal_module.StoreFile

    def late(*given: object, **named: object) -> StoreFile:
        given_up.wait(PATIENCE)
        return make(*given, **named)

    monkeypatch.setattr(journal_module, "StoreFile", late)
    with anyio.move_on_after(0.01):
        async with open_journal(tmp_path / "plans.db"):
            pytest.fail("the opening was not cancelled")
    given_up.set()
    for thread in threading.enumerate():
        if thread.name == "milepost-open":
            thread.join(PATIENCE)
    assert open_files == set()
