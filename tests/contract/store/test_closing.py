"""A store file that is closed while threads read it: they are told, the process lives on."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from eventsourcing.persistence import ConnectionPoolClosedError, StoredEvent

from milepost.adapters.store.inline import ProjectedRows
from milepost.adapters.store.kinds import Kinds
from milepost.adapters.store.limits import StoreLimits
from milepost.adapters.store.store_file import StoreFile
from milepost.domain.errors import StoreError


@pytest.fixture
def file(tmp_path: Path) -> StoreFile:
    path = tmp_path / "plans.db"
    return StoreFile(path, inline=ProjectedRows(), kinds=Kinds(), limits=StoreLimits())


def test_a_connection_in_use_is_closed_only_when_it_comes_back(file: StoreFile) -> None:
    closing = threading.Thread(target=file.close)
    with file.recorder.datastore.get_connection(commit=False) as connection:
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
        assert not connection.closed
    closing.join(5)
    assert connection.closed


def test_threads_that_read_are_told_of_the_end(file: StoreFile) -> None:
    events = [StoredEvent("stream", number, "topic", b"x" * 100) for number in range(1, 2000)]
    file.recorder.insert_events(events)
    told: list[BaseException] = []
    reading = threading.Barrier(5)

    def read(query: Callable[[], object]) -> None:
        reading.wait()
        try:
            while True:
                query()
        except (ConnectionPoolClosedError, StoreError) as error:
            told.append(error)

    through_the_pool = partial(file.recorder.select_notifications, start=1, limit=2000)
    through_the_reader = partial(file.reader.stream_version, "stream")
    queries = [through_the_pool, through_the_pool, through_the_pool, through_the_reader]
    threads = [threading.Thread(target=read, args=[query]) for query in queries]
    for thread in threads:
        thread.start()
    reading.wait()
    file.close()
    for thread in threads:
        thread.join(10)
    assert len(told) == 4
