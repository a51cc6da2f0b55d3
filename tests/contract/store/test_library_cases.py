"""The event store library's own cases, over our recorder."""

import tempfile
from pathlib import Path
from uuid import uuid4

from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from milepost.adapters.store.inline import ProjectedRows
from milepost.adapters.store.kinds import Kinds
from milepost.adapters.store.limits import StoreLimits
from milepost.adapters.store.recorder import LogRecorder
from milepost.adapters.store.store_file import StoreFile


class OverAStoreFile:
    """Opens a new store file for each case."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)  # type: ignore[attr-defined]
        path = Path(folder.name, "plans.db")
        self.file = StoreFile(path, inline=ProjectedRows(), kinds=Kinds(), limits=StoreLimits())
        self.addCleanup(self.file.close)  # type: ignore[attr-defined]

    def create_recorder(self) -> LogRecorder:
        return self.file.recorder

    def new_originator_id(self) -> str:
        return str(uuid4())


class TestApplicationRecorder(OverAStoreFile, ApplicationRecorderTestCase[LogRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestProcessRecorder(OverAStoreFile, ProcessRecorderTestCase):
    pass


class TestTrackingRecorder(OverAStoreFile, TrackingRecorderTestCase):
    pass


class TestNonInterleavingPositions(OverAStoreFile, NonInterleavingNotificationIDsBaseCase):
    insert_num = 300


del (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
