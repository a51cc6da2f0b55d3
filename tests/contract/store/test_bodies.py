"""What every store promises about values too large for a row."""

import sqlite3
from pathlib import Path

import pytest

from milepost.adapters.store.bodies import BODY_LIMIT
from milepost.adapters.store.journal import open_journal
from milepost.domain.errors import StoreFormatError, UnknownNameError
from milepost.domain.events import StepStarted
from milepost.domain.values import Json, canonical_bytes, content_hash, hash_of
from milepost.engine.journal import Save

from .conftest import StoreUnderTest
from .saves import CONTENT, NOON, completed, draft, plan, started

pytestmark = pytest.mark.anyio
LARGE = "x" * (BODY_LIMIT + 1)
VALUES: list[Json] = [
    LARGE,
    "x" * (BODY_LIMIT - 200),
    [1.5, None, {"deep": [LARGE, "é\u2028\x00"]}],
    {"rows": LARGE, "count": 3},
    {f"key{number}": "y" * 1000 for number in range(100)},
    {"@": [["sha256:0", "output"]], "large": LARGE},
    {"c": "#1", "large": LARGE},
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
async def test_large_values_come_back_as_they_went_in(store: StoreUnderTest, value: Json) -> None:
    event = completed(plan(), "a", output=value)
    async with store.open() as journal:
        await journal.append(draft(plan()))
        await journal.append(Save(plan(), [started(plan(), "a"), event], fence=1))
    async with store.open() as journal:
        stored = await journal.plan_events(plan())
    assert stored[-1].event == event


async def test_a_large_output_is_found_by_its_hash(store: StoreUnderTest) -> None:
    output = {"rows": [LARGE]}
    async with store.open() as journal:
        await journal.append(draft(plan()))
        events = [started(plan(), "a"), completed(plan(), "a", output=output)]
        await journal.append(Save(plan(), events, fence=1))
        assert await journal.content(content_hash(output["rows"])) == canonical_bytes([LARGE])


async def test_given_contents_are_stored_with_the_save(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        assert await journal.content(hash_of(CONTENT)) == CONTENT


async def test_an_unknown_content_is_named(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        with pytest.raises(UnknownNameError, match=hash_of(b"1")):
            await journal.content(hash_of(b"1"))


async def test_one_large_value_bound_into_many_steps_is_stored_once(tmp_path: Path) -> None:
    path = tmp_path / "plans.db"
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        for number in range(20):
            name = f"step{number}"
            start = StepStarted(
                originator_id=f"{plan()}.{name}",
                originator_version=1,
                timestamp=NOON,
                cause=f"{plan()}#2",
                bindings={"/rows": LARGE, "/number": number},
            )
            end = completed(plan(), name, output=LARGE)
            await journal.append(Save(plan(), [start, end], fence=1))
    connection = sqlite3.connect(path)
    uses = dict(connection.execute("SELECT hex(hash), uses FROM bodies").fetchall())
    bodies = connection.execute("SELECT count(*) FROM body_data").fetchone()[0]
    connection.close()
    assert uses[_hex(content_hash(LARGE))] == 40
    assert uses[_hex(hash_of(CONTENT))] == 1
    assert bodies == 2
    assert path.stat().st_size < 4 * BODY_LIMIT


async def test_the_bodies_of_a_refused_save_are_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "plans.db"
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        wrong = completed(plan(), "a", version=7, output=LARGE)
        with pytest.raises(Exception, match="does not follow"):
            await journal.append(Save(plan(), [wrong], fence=1))
        with pytest.raises(UnknownNameError):
            await journal.content(content_hash(LARGE))


async def test_a_body_that_was_changed_behind_our_back_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plans.db"
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE body_data SET data = x'7b7d'")
    connection.commit()
    connection.close()
    async with open_journal(path) as journal:
        with pytest.raises(StoreFormatError, match="changed"):
            await journal.content(hash_of(CONTENT))


def _hex(content: str) -> str:
    return content.removeprefix("sha256:").upper()
