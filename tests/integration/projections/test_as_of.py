"""Every answer as of a position is the answer that a store with the events up to it gives."""

import random
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.adapters.store.reads import StoreReads
from milepost.domain.errors import UnknownNameError, ValidationError
from milepost.domain.plans import PlanStatus
from milepost.projections.reader import PlanFilter
from milepost.projections.views import AsOf, as_json

from .legal_logs import legal_log
from .log_tables import LogTables, filled, reads_over

pytestmark = pytest.mark.anyio

FILTERS = (
    PlanFilter(),
    PlanFilter(status=[PlanStatus.RUNNING, PlanStatus.PAUSED]),
    PlanFilter(error="timeout"),
    PlanFilter(tag="red"),
    PlanFilter(workflow="w", text="NEST"),
    PlanFilter(step="each.z"),
)


def told(view: object) -> Any:
    """Return a view but for the moment that it is of."""
    shown = as_json(view)
    assert isinstance(shown, dict)
    return shown | {"as_of": None}


async def everything(reads: StoreReads, plans: Iterable[str], as_of: AsOf) -> list[Any]:
    """Return what all queries about a moment answer."""
    answers: list[Any] = []
    for plan_filter in FILTERS:
        page = await reads.plans(plan_filter, as_of=as_of, limit=2)
        answers.append(told(page))
    for plan in plans:
        try:
            answers += [
                told(await reads.plan(plan, as_of=as_of)),
                told(await reads.steps(plan, as_of=as_of)),
                told(await reads.history(plan, as_of=as_of, limit=1000)),
                told(await reads.history(plan, kinds=["step"], as_of=as_of, newest_first=True)),
                told(await reads.timeline(plan, as_of=as_of)),
                told(await reads.report(plan, as_of=as_of)),
                told(await reads.decisions(plan, as_of=as_of)),
            ]
        except UnknownNameError:
            answers.append("unknown")
    return answers


@settings(max_examples=10)
@given(chance=st.randoms(use_true_random=False))
async def test_as_of_every_position_equals_the_fold_of_the_prefix(chance: random.Random) -> None:
    log = legal_log(chance.randrange, length=25)
    with closing(filled(log)) as full, closing(LogTables(log.contents)) as prefix:
        for stored in log.events:
            prefix.commit([stored])
            then = await everything(reads_over(full), log.specs, stored.position)
            assert then == await everything(reads_over(prefix), log.specs, None)


@settings(max_examples=20)
@given(chance=st.randoms(use_true_random=False))
async def test_a_time_means_the_last_position_not_after_it(chance: random.Random) -> None:
    log = legal_log(chance.randrange, length=30)
    with closing(filled(log)) as tables:
        reads = reads_over(tables)
        for stored in log.events:
            time = stored.event.timestamp
            last = max(at for at, event in log.events if event.timestamp <= time)
            assert await reads.position_at(time) == last
            before = [at for at, event in log.events if event.timestamp < time]
            earlier = time - timedelta(microseconds=1)
            assert await reads.position_at(earlier) == max(before, default=0)
            plan = next(iter(log.specs))
            at_time = as_json(await reads.plan(plan, as_of=max(time, log.events[0][1].timestamp)))
            assert at_time == as_json(await reads.plan(plan, as_of=max(last, 1)))


async def test_a_plan_is_unknown_before_its_draft_and_unlisted() -> None:
    chance = random.Random(5)  # noqa: S311 - only variety is wanted
    log = legal_log(chance.randrange, length=60)
    with closing(filled(log)) as tables:
        reads = reads_over(tables)
        plan, draft = [
            (plan, next(at for at, event in log.events if event.originator_id == plan))
            for plan in log.specs
        ][-1]
        assert draft > 1
        with pytest.raises(UnknownNameError, match=f"no plan '{plan}' at position {draft - 1}"):
            await reads.plan(plan, as_of=draft - 1)
        assert plan not in [one.id for one in (await reads.plans(as_of=draft - 1)).items]
        assert plan in [one.id for one in (await reads.plans(as_of=draft)).items]


async def test_moments_that_make_no_sense_are_refused() -> None:
    chance = random.Random(6)  # noqa: S311 - only variety is wanted
    log = legal_log(chance.randrange, length=20)
    with closing(filled(log)) as tables:
        reads = reads_over(tables)
        with pytest.raises(ValidationError, match="positions count from 1"):
            await reads.plans(as_of=-1)
        naive = log.events[0].event.timestamp.replace(tzinfo=None)
        with pytest.raises(ValidationError, match="no zone"):
            await reads.plans(as_of=naive)
