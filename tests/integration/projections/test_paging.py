"""Pages are complete, in order, and stay so while others write."""

import random
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.adapters.store.reads import StoreReads
from milepost.domain.errors import LimitError, UnknownNameError, ValidationError
from milepost.domain.plans import PlanStatus
from milepost.projections.reader import LARGEST_PAGE, PlanFilter
from milepost.projections.views import Page

from .legal_logs import legal_log
from .log_tables import LogTables, filled, reads_over

pytestmark = pytest.mark.anyio

Ask = Callable[[Any, int], Awaitable[Page[Any, Any]]]


async def paged(ask: Ask, limit: int) -> list[Any]:
    """Return the items of all pages, each page after the one before."""
    items: list[Any] = []
    cursor = None
    while True:
        page = await ask(cursor, limit)
        assert len(page.items) <= limit
        assert page.is_cut is (page.next is not None)
        items += page.items
        if not page.is_cut:
            return items
        assert len(page.items) == limit
        cursor = page.next


def questions(reads: StoreReads, plan: str) -> list[Ask]:
    """Return all queries that page."""
    red = PlanFilter(tag="red", status=[PlanStatus.READY, PlanStatus.RUNNING])
    return [
        lambda after, limit: reads.history(plan, after=after, limit=limit),
        lambda after, limit: reads.history(plan, after=after, limit=limit, newest_first=True),
        lambda after, limit: reads.history(plan, kinds=["step"], after=after, limit=limit),
        lambda after, limit: reads.events(after=after or 0, limit=limit),
        lambda after, limit: reads.plans(after=after, limit=limit),
        lambda after, limit: reads.plans(red, after=after, limit=limit),
        lambda after, limit: reads.steps(plan, after=after, limit=limit),
        lambda after, limit: reads.steps(plan, status=["done"], after=after, limit=limit),
        lambda after, limit: reads.decisions(plan, after=after, limit=limit),
        lambda after, limit: reads.workflows(after=after, limit=limit),
    ]


@settings(max_examples=15)
@given(chance=st.randoms(use_true_random=False), limit=st.integers(1, 7))
async def test_pages_together_are_the_whole_answer(chance: random.Random, limit: int) -> None:
    log = legal_log(chance.randrange, length=60, most_plans=6)
    with closing(filled(log)) as tables:
        reads = reads_over(tables)
        for ask in questions(reads, next(iter(log.specs))):
            whole = (await ask(None, LARGEST_PAGE)).items
            assert await paged(ask, limit) == list(whole)


@settings(max_examples=15)
@given(chance=st.randoms(use_true_random=False), limit=st.integers(1, 5))
async def test_pages_stay_in_step_while_others_write(chance: random.Random, limit: int) -> None:
    log = legal_log(chance.randrange, length=80, most_plans=8)
    half = len(log.events) // 2
    with closing(LogTables(log.contents)) as tables:
        tables.commit(log.events[:half])
        reads = reads_over(tables)
        before = [one.id for one in (await reads.plans()).items]
        first = await reads.plans(limit=limit)
        tables.commit(log.events[half:])
        rest = (
            []
            if not first.is_cut
            else await paged(
                lambda after, size: reads.plans(after=after or first.next, limit=size), limit
            )
        )
        assert [one.id for one in (*first.items, *rest)] == before


async def test_histories_are_sorted_and_newest_first_is_the_reverse() -> None:
    chance = random.Random(4)  # noqa: S311 - only variety is wanted
    log = legal_log(chance.randrange, length=60)
    with closing(filled(log)) as tables:
        reads = reads_over(tables)
        for plan in log.specs:
            forward = (await reads.history(plan)).items
            assert [one.position for one in forward] == sorted(one.position for one in forward)
            backward = (await reads.history(plan, newest_first=True)).items
            assert backward == forward[::-1]
            mine = [at for at, event in log.events if event.originator_id.startswith(plan)]
            assert [one.position for one in forward] == mine


async def test_numbers_and_texts_that_no_store_can_hold_are_refused() -> None:
    with closing(LogTables({})) as tables:
        reads = reads_over(tables)
        for asked in (
            reads.history("p", after=2**70),
            reads.history("p", after=-(2**70)),
            reads.history("p", step="\udcff"),
            reads.events(after=2**63),
            reads.plan("\udcff"),
            reads.plan("p", as_of="5"),  # type: ignore[arg-type]
            reads.plan("p", as_of=2.5),  # type: ignore[arg-type]
            reads.plans(PlanFilter(name="\ud800")),
            reads.plans(PlanFilter(text="\ud800")),
            reads.plans(PlanFilter(status="failed")),  # type: ignore[arg-type]
            reads.plans(after="\udcff"),
        ):
            with pytest.raises(ValidationError, match=r"give |known "):
                await asked
        for version in ("9" * 30, "9" * 5000):
            with pytest.raises(UnknownNameError, match="no event"):
                await reads.event(f"p#{version}")


async def test_limits_and_cursors_that_make_no_sense_are_refused() -> None:
    chance = random.Random(7)  # noqa: S311 - only variety is wanted
    log = legal_log(chance.randrange, length=30)
    with closing(filled(log)) as tables:
        reads = reads_over(tables)
        plan = next(iter(log.specs))
        for ask in questions(reads, plan):
            with pytest.raises(ValidationError, match="give a limit from 1"):
                await ask(None, 0)
            with pytest.raises(LimitError, match="10000"):
                await ask(None, LARGEST_PAGE + 1)
        with pytest.raises(UnknownNameError, match="no plan 'nobody' to go on after"):
            await reads.plans(after="nobody")
        with pytest.raises(UnknownNameError, match="no step 'nothing'"):
            await reads.steps(plan, after="nothing")
        with pytest.raises(UnknownNameError, match="no published workflow 'w@9' to go on after"):
            await reads.workflows(after="w@9")
