"""What earlier versions wrote is read today as it was then."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import milepost
from milepost.domain.events import EVENT_TYPES
from tests.golden.reading import holds, views_of
from tests.golden.writing import opened_at

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
VERSIONS = sorted(path.name for path in GOLDEN.iterdir() if (path / "views.json").is_file())


@pytest.fixture(params=VERSIONS)
def golden(request: pytest.FixtureRequest) -> Path:
    """Return the folder of a version."""
    return GOLDEN / str(request.param)


@pytest.fixture
def store(golden: Path, tmp_path: Path) -> Path:
    """Return a copy of a version's store; the original is never opened."""
    return Path(shutil.copy(golden / "plans.db", tmp_path / "plans.db"))


def views_in(golden: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((golden / "views.json").read_text(encoding="utf-8"))
    return found


def test_this_version_has_its_golden_log() -> None:
    assert milepost.__version__ in VERSIONS


def test_no_log_of_a_crashed_process_lies_beside_a_store(golden: Path) -> None:
    assert sorted(path.name for path in golden.iterdir()) == ["exports", "plans.db", "views.json"]


async def test_every_view_is_what_it_was(golden: Path, store: Path) -> None:
    assert holds(views_in(golden), await views_of(store)) == []


async def test_every_plan_replays_equal(golden: Path, store: Path) -> None:
    plans = views_in(golden)["plans"]
    async with opened_at(store) as opened:
        reports = [await opened.replay(plan) for plan in plans]

    assert len(reports) == len(plans) > 0
    assert [report for report in reports if not report.equal] == []


async def test_rebuilt_projections_are_those_of_then(golden: Path, store: Path) -> None:
    keeping = milepost.keep(store)
    assert (await keeping.check()).findings == ()

    await keeping.rebuild_projections()
    assert (await keeping.check()).findings == ()
    assert holds(views_in(golden), await views_of(store)) == []


async def test_every_export_is_what_it_was_and_can_be_imported(
    golden: Path, store: Path, tmp_path: Path
) -> None:
    keeping, other = milepost.keep(store), milepost.keep(tmp_path / "other.db")
    for plan in views_in(golden)["plans"]:
        written = (golden / "exports" / f"{plan}.jsonl").read_text(encoding="utf-8").splitlines()
        assert await keeping.export(plan) == written
        await other.import_log(written)
    then = views_in(golden)["counts"]["by_status"]
    async with milepost.open(tmp_path / "other.db") as opened:
        now = await (await opened.reader()).counts()
    assert {status.value: count for status, count in now.by_status.items()} == then


async def test_a_plan_that_was_cut_off_then_is_carried_on_now(store: Path) -> None:
    async with opened_at(store) as opened:
        [cut_off] = (await opened.plans(name="unfinished")).items
        assert cut_off.status == "running"
        [result] = await opened.resume(cut_off.id)
        again = await opened.history(cut_off.id, step="before", kinds=["step.started"])

    assert (result.status, result.final_output) == ("completed", "kept")
    assert len(again.items) == 1


def test_every_kind_of_event_that_can_be_written_is_in_the_newest_log() -> None:
    plans = views_in(GOLDEN / milepost.__version__)["plans"].values()
    seen = {event["kind"] for plan in plans for event in plan["history"]["items"]}

    # Workflows have streams of their own: their views are compared, their events have no history.
    # Nothing retires a workflow yet.
    assert set(EVENT_TYPES) - seen == {"workflow.published.v1", "workflow.retired.v1"}


def test_a_log_is_never_written_again(repository: Path) -> None:
    folder = GOLDEN / milepost.__version__
    before = (folder / "plans.db").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "tests.golden"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "never written again" in done.stderr
    assert (folder / "plans.db").read_bytes() == before


def test_a_difference_between_views_is_found() -> None:
    then = {"a": [1, {"b": "x"}], "c": None}

    assert holds(then, {"a": [1, {"b": "x", "new": 1}], "c": None, "d": 2}) == []
    assert holds(then, {"a": [1, {"b": "y"}], "c": None}) == ["/a/1/b: 'x' expected, 'y' found"]
    assert holds(then, {"a": [1], "c": None}) != []
    assert holds(then, {"a": [1, {"b": "x"}]}) == ["/c: is missing"]
