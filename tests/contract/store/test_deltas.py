"""Contents that resemble others are stored as differences, and nobody notices."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.store.body_rows import LONGEST_CHAIN
from milepost.adapters.store.check import check_store
from milepost.adapters.store.deltas import BLOCK, apply, make
from milepost.adapters.store.journal import open_journal
from milepost.domain.events import RequestMade
from milepost.domain.ids import request_stream
from milepost.domain.values import ContentHash, canonical_bytes, hash_of
from milepost.engine.journal import Journal, Save

from .saves import NOON, draft, plan

pieces = st.sampled_from([b"a" * BLOCK, b"b" * 50, b"step", b"\x00\xff", bytes(range(100))])
texts = st.lists(pieces | st.binary(max_size=80), max_size=12).map(b"".join)


@given(texts, texts)
def test_a_difference_gives_the_text_back(base: bytes, target: bytes) -> None:
    assert apply(base, make(base, target)) == target


@given(texts, texts, st.binary(max_size=40))
def test_what_is_no_difference_is_refused_or_gives_some_text(
    base: bytes, target: bytes, wrong: bytes
) -> None:
    for delta in (wrong, make(base, target)[:-1]):
        try:
            assert isinstance(apply(base, delta), bytes)
        except ValueError as error:
            assert "difference" in str(error)  # noqa: PT017 - refused or not, both may be


def test_a_small_change_takes_little_room() -> None:
    base = b"".join(b'{"id":"step %d","tool":"give"},' % number for number in range(1000))
    target = base.replace(b"step 500", b"step five hundred")
    assert len(make(base, target)) < 40


def contents_of(number: int) -> list[bytes]:
    """Return contents each of which differs in one step from the one before."""
    steps = [{"id": f"step {at}", "tool": "give"} for at in range(100)]
    found = []
    for at in range(number):
        steps[at % 100] = {"id": f"step {at}", "tool": f"other {at}"}
        found.append(canonical_bytes({"steps": steps}))
    return found


async def store_contents(journal: Journal, contents: list[bytes]) -> None:
    """Store each content with a request that names it, as like the one before."""
    base = ContentHash("sha256:" + "0" * 64)
    for number, body in enumerate(contents, 1):
        content = hash_of(body)
        request = RequestMade(
            originator_id=request_stream(plan()),
            originator_version=number,
            timestamp=NOON,
            cause=f"{plan()}#1",
            command="revise",
            arguments={"content": content},
        )
        await journal.append(
            Save(plan(), [request], contents={content: body}, like={content: base})
        )
        base = content


def rows_of(path: Path) -> list[tuple[int, bool]]:
    """Return the sizes of the stored bodies in order, and whether each is a difference."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT length(data), base IS NOT NULL FROM body_data ORDER BY rowid"
        ).fetchall()


@pytest.mark.anyio
async def test_contents_that_resemble_each_other_are_read_as_they_were(tmp_path: Path) -> None:
    path, contents = tmp_path / "plans.db", contents_of(40)
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        await store_contents(journal, contents)
        assert [await journal.content(hash_of(body)) for body in contents] == contents
    rows = rows_of(path)[1:]
    wholes = [at for at, (_size, is_difference) in enumerate(rows) if not is_difference]
    assert wholes == list(range(0, 40, LONGEST_CHAIN + 1))
    assert sum(size for size, _is_difference in rows) < 4 * len(contents[0])


@pytest.mark.anyio
async def test_what_differs_in_most_of_it_is_stored_whole(tmp_path: Path) -> None:
    path = tmp_path / "plans.db"
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        await store_contents(journal, [b"[%s]" % (b"1," * 500), b'["%s"]' % (b"other" * 200)])
    assert [is_difference for _size, is_difference in rows_of(path)] == [False] * 3


@pytest.mark.anyio
async def test_what_others_differ_from_counts_as_used_by_them(tmp_path: Path) -> None:
    path, contents = tmp_path / "plans.db", contents_of(3)
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        await store_contents(journal, [*contents, contents[1]])
    with closing(sqlite3.connect(path)) as connection:
        uses = dict(connection.execute("SELECT hex(hash), uses FROM bodies").fetchall())
    named = [hash_of(body).removeprefix("sha256:").upper() for body in contents]
    assert [uses[name] for name in named] == [2, 3, 1]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE body_data SET data = x'FF' WHERE base IS NOT NULL",
        "DELETE FROM body_data WHERE rowid = 2",
        "UPDATE bodies SET uses = uses - 1 WHERE hash IN (SELECT base FROM body_data)",
        "UPDATE body_data SET base = hash WHERE base IS NOT NULL",
    ],
)
async def test_the_check_finds_a_difference_that_fits_no_longer(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "plans.db"
    async with open_journal(path) as journal:
        await journal.append(draft(plan()))
        await store_contents(journal, contents_of(5))
    bodies = [one for one in check_store(path).findings if one.check == "bodies"]
    assert bodies == []
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(harm)
    assert [one for one in check_store(path).findings if one.check == "bodies"]
