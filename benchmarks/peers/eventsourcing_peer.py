"""The `eventsourcing` library by itself: one aggregate per step, one save per event.

No engine, no history, no list of plans: the floor for a store built of its aggregates. The
library is synchronous; plans in flight take turns in one thread, which is faster here than
threads, because its writers wait for one lock.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Final

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.sqlite import SQLiteApplicationRecorder

from benchmarks import runner
from benchmarks.ledger import record_call
from benchmarks.measure import Latencies, durability, time_each
from benchmarks.system import Stored, System
from benchmarks.workloads import STEPS_PER_PLAN

COUNTED_PLAN: Final = "counted-chain"
PLANS_PER_SAVE: Final = 50
"""Only while filling the store for W4: one transaction for many plans."""


class Step(Aggregate):
    """One step of one plan; its first event is that it started."""

    @event("Started")
    def __init__(self, plan: str, position: int, number: int) -> None:
        self.plan = plan
        self.position = position
        self.number = number
        self.output: int | None = None

    @staticmethod
    def create_id(plan: str, position: int) -> uuid.UUID:
        """Derive the id, so that a step is found without a list."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"/plans/{plan}/steps/{position}")

    @event("Completed")
    def complete(self, output: int) -> None:
        """Keep the result."""
        self.output = output


class Plans(Application[uuid.UUID]):
    """Runs steps; the start is stored before the tool is called, the result after it."""

    def start(self, plan: str, position: int, number: int) -> Step:
        """Store that the step started."""
        step = Step(plan, position, number)
        self.save(step)
        return step

    def complete(self, step: Step) -> int:
        """Call the tool and store its result."""
        output = no_op(step.number)
        step.complete(output)
        self.save(step)
        return output

    def find(self, plan: str, position: int) -> Step | None:
        """Return the step as stored, or `None` when it never started."""
        try:
            found: Step = self.repository.get(Step.create_id(plan, position))
        except AggregateNotFoundError:
            return None
        return found


def no_op(number: int) -> int:
    """Write the ledger where there is one, and give the number back."""
    record_call(number)
    return number


class EventSourcingSession:
    """One application over one SQLite file."""

    def __init__(self, application: Plans) -> None:
        self._application = application

    async def durability(self) -> str:
        """Read the pragmas back from the connection that is taken for writing."""
        recorder = self._application.recorder
        if not isinstance(recorder, SQLiteApplicationRecorder):
            message = f"expected SQLite, got {recorder!r}"
            raise TypeError(message)
        read = []
        with recorder.datastore.transaction(commit=True) as cursor:
            for pragma in ("journal_mode", "synchronous"):
                cursor.execute(f"PRAGMA {pragma}")
                read.append(cursor.fetchone()[0])
        return durability(*read)

    async def run_chains(self, plans: int, *, in_flight: int) -> Sequence[int]:
        """Let up to `in_flight` plans take turns, one save at a time."""
        numbers: list[int] = []
        waiting = (self._chain(uuid.uuid4().hex, numbers) for _ in range(plans))
        running = deque(islice(waiting, in_flight))
        while running:
            plan = running.popleft()
            if next(plan, None) is not None:
                running.append(plan)
            else:
                running.extend(islice(waiting, 1))
        return numbers

    async def run_fan_out(self, width: int) -> int:
        """Start all parallel steps, then complete them, each event saved by itself."""
        plan = uuid.uuid4().hex
        application = self._application
        root = application.complete(application.start(plan, 0, 1))
        started = [application.start(plan, at, root) for at in range(1, width + 1)]
        total = sum(application.complete(step) for step in started)
        return application.complete(application.start(plan, width + 1, total))

    async def store_plans(self, plans: int) -> Stored:
        """Save the events of whole plans, many plans in one transaction."""
        names = [uuid.uuid4().hex for _ in range(plans)]
        for first in range(0, plans, PLANS_PER_SAVE):
            group = names[first : first + PLANS_PER_SAVE]
            self._application.save(*(step for name in group for step in _finished_steps(name)))
        records = self._application.recorder.max_notification_id() or 0
        return Stored(names, records, f"saved {PLANS_PER_SAVE} plans at a time")

    async def time_histories(self, plans: Sequence[str]) -> Latencies:
        """Read the events of every step of a plan."""
        events = self._application.events

        def history(plan: str) -> object:
            ids = (Step.create_id(plan, at) for at in range(1, STEPS_PER_PLAN + 1))
            return [each for step in ids for each in events.get(step)]

        return time_each(history, plans)

    async def time_newest(self, count: int, *, reads: int) -> None:
        """Do nothing: the library has no list of plans."""

    async def run_counted_chain(self, steps: int) -> int:
        """Run on a plan that the next process knows."""
        return self._continue(COUNTED_PLAN, steps)

    async def resume_counted_chain(self, steps: int) -> int:
        """Load every step of the plan; run those without a result."""
        return self._continue(COUNTED_PLAN, steps)

    def _chain(self, plan: str, numbers: list[int]) -> Iterator[bool]:
        number = 0
        for position in range(1, STEPS_PER_PLAN + 1):
            step = self._application.start(plan, position, number + 1)
            yield True
            number = self._application.complete(step)
            yield True
        numbers.append(number)

    def _continue(self, plan: str, steps: int) -> int:
        number = 0
        for position in range(1, steps + 1):
            step = self._application.find(plan, position)
            step = step or self._application.start(plan, position, number + 1)
            number = self._application.complete(step) if step.output is None else step.output
        return number


def _finished_steps(plan: str) -> Iterator[Step]:
    for position in range(1, STEPS_PER_PLAN + 1):
        step = Step(plan, position, position)
        step.complete(position)
        yield step


@asynccontextmanager
async def connect(folder: Path) -> AsyncIterator[EventSourcingSession]:
    """Open the application on a file in `folder`."""
    settings = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": str(folder / "events.sqlite"),
    }
    with Plans(env=settings) as application:
        yield EventSourcingSession(application)


SYSTEM: Final = System(
    "eventsourcing", version("eventsourcing"), connect, "benchmarks.peers.eventsourcing_peer"
)

if __name__ == "__main__":
    runner.main(SYSTEM)
