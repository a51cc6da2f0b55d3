"""Reading waits for no thread that a user's own calls keep busy, and keeps no loop busy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

import milepost
from milepost.adapters.store import reads_views, thorough

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]
PATIENCE = 20


@contextmanager
def all_common_threads_taken() -> Iterator[None]:
    limiter = to_thread.current_default_thread_limiter()
    sleepers = [object() for _ in range(int(limiter.total_tokens))]
    for sleeper in sleepers:
        limiter.acquire_on_behalf_of_nowait(sleeper)
    try:
        yield
    finally:
        for sleeper in sleepers:
            limiter.release_on_behalf_of(sleeper)


async def test_a_plan_is_read_while_all_common_threads_are_taken(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thorough, "LONG_WORK", 0)
    one = {"name": "one", "steps": [{"id": "t", "tool": "time.now"}]}
    async with milepost.open(path) as mp:
        plan = (await mp.run(one)).plan_id
        with all_common_threads_taken(), anyio.fail_after(PATIENCE):
            assert (await mp.plan(plan)).steps.completed == 1
            assert len((await mp.plans(limit=500)).items) == 1


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("plan", "plan_view"),
        ("steps", "step_page"),
        ("timeline", "timeline"),
        ("report", "plan_report"),
        ("decisions", "decision_page"),
    ],
)
async def test_a_view_of_a_large_plan_is_worked_out_beside_the_event_loop(
    path: Path, monkeypatch: pytest.MonkeyPatch, query: str, view: str
) -> None:
    work: Callable[..., object] = getattr(reads_views, view)
    threads = []

    def noted(*words: Any, **given: Any) -> object:
        threads.append(threading.get_ident())
        return work(*words, **given)

    monkeypatch.setattr(thorough, "LONG_WORK", 0)
    monkeypatch.setattr(reads_views, view, noted)
    async with milepost.open(path) as mp:
        plan = (await mp.run({"steps": [{"id": "t", "tool": "time.now"}]})).plan_id
        await getattr(mp, query)(plan)
    assert threads
    assert threading.get_ident() not in threads
