"""Random saves through two openings, against a model written apart."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.memory import MemoryStore, open_memory_journal
from milepost.domain.errors import MilepostError
from milepost.engine.journal import Save

from .conftest import OpenedStore
from .saves import draft, plan, started

PLANS = st.integers(1, 2)
OPENINGS = st.integers(0, 1)
PATHS = st.sampled_from(["a", "b"])
DRAFTS = st.tuples(st.just("draft"), OPENINGS, PLANS)
STEPS = st.tuples(
    st.just("save"),
    OPENINGS,
    PLANS,
    st.lists(st.tuples(PATHS, st.integers(1, 3)), min_size=1, max_size=3),
    st.integers(1, 3),
)
CLAIMS = st.tuples(st.just("claim"), OPENINGS, PLANS, st.booleans())
COMMANDS = st.lists(st.one_of(DRAFTS, STEPS, STEPS, CLAIMS), max_size=25)


@dataclass
class Model:
    """What a store should hold, kept in the plainest way."""

    log: list[str] = field(default_factory=list)
    owners: dict[int, tuple[int, int]] = field(default_factory=dict)

    def draft(self, opening: int, number: int) -> str:
        if number in self.owners:
            return "VersionConflictError"
        self.owners[number] = (opening, 1)
        self.log += [f"{plan(number)}#1", f"{plan(number)}#2"]
        return str(len(self.log))

    def save(self, opening: int, number: int, steps: list[tuple[str, int]], fence: int) -> str:
        if self.owners.get(number) != (opening, fence):
            return "FenceError"
        added: list[str] = []
        for path, version in steps:
            stream = f"{plan(number)}.{path}#"
            last = sum(event.startswith(stream) for event in self.log + added)
            if version != last + 1:
                return "VersionConflictError"
            added.append(f"{stream}{version}")
        self.log += added
        return str(len(self.log))

    def claim(self, opening: int, number: int, take_over: bool) -> str:
        if number not in self.owners:
            return "UnknownNameError"
        owner, fence = self.owners[number]
        if owner != opening and not take_over:
            return "OwnedElsewhereError"
        self.owners[number] = (opening, fence + 1)
        return str(fence + 1)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(commands=COMMANDS)
def test_a_file_holds_what_the_model_holds(backend: str, commands: list[tuple]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "plans.db")
        anyio.run(_compare, lambda: open_journal(path), commands, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(commands=COMMANDS)
def test_a_memory_holds_what_the_model_holds(backend: str, commands: list[tuple]) -> None:
    memory = MemoryStore()
    anyio.run(_compare, lambda: open_memory_journal(memory), commands, backend=backend)


async def _compare(
    opened: Callable[[], AbstractAsyncContextManager[OpenedStore]], commands: list[tuple]
) -> None:
    model = Model()
    async with opened() as first, opened() as second:
        for command, opening, number, *rest in commands:
            journal = (first, second)[opening]
            expected = getattr(model, command)(opening, number, *rest)
            assert await _outcome(journal, command, number, rest) == expected
        stored = [
            (one.position, one.event.id)
            for number in (1, 2)
            for one in await first.plan_events(plan(number))
        ]
    assert sorted(stored) == list(enumerate(model.log, 1))


async def _outcome(journal: OpenedStore, command: str, number: int, rest: list) -> str:
    try:
        match command, rest:
            case "draft", []:
                return str(await journal.append(draft(plan(number))))
            case "claim", [take_over]:
                return str(await journal.claim(plan(number), take_over=take_over))
            case "save", [steps, fence]:
                events = [started(plan(number), path, version=at) for path, at in steps]
                return str(await journal.append(Save(plan(number), events, fence=fence)))
    except MilepostError as error:
        return type(error).__name__
    raise AssertionError(command)
