"""Steps see the folder that the store lies in, and nothing of the store."""

import os
from pathlib import Path
from typing import Any

import pytest

import milepost
from milepost.composition import Config
from milepost.domain.values import Json

ENDINGS = ["", "-wal", "-shm", "-journal", "-lock"]


def touching(path: str) -> list[dict[str, Any]]:
    """Return a step for each tool that reaches files, of just this one."""
    return [
        {"tool": "file.write", "input": {"path": path, "text": "gone"}},
        {"tool": "file.read", "input": {"path": path, "encoding": "latin-1"}},
        {"tool": "csv.read", "input": {"path": path, "encoding": "latin-1"}},
        {"tool": "chart.create", "input": {"data": [1], "path": path}},
        {"tool": "report.generate", "input": {"input": "gone", "path": path}},
        {"tool": "sql.query", "input": {"query": "SELECT 1 AS n", "database": path}},
        {"tool": "sql.query", "input": {"query": "SELECT 1 AS n", "tables": {"t": path}}},
    ]


async def codes(folder: Path, steps: list[dict[str, Any]]) -> set[str | None]:
    """Run each step as a plan in the folder of the store; return the codes of their errors."""
    config = Config(folder=folder, allow_sql_write=True)
    found: set[str | None] = set()
    async with milepost.open(folder / "plans.db", config=config) as mp:
        for step in steps:
            workflow: dict[str, Json] = {"steps": [{"id": "touch", **step}]}
            result = await mp.run(workflow)
            [shown] = (await mp.steps(result.plan_id)).items
            found.add(shown.error.code if shown.error else None)
        assert len((await mp.plans()).items) == len(steps)
    return found


@pytest.mark.parametrize("ending", ENDINGS)
async def test_no_tool_reaches_a_file_of_the_store(tmp_path: Path, ending: str) -> None:
    assert await codes(tmp_path, touching(f"plans.db{ending}")) == {"forbidden"}


@pytest.mark.parametrize("link", [os.symlink, os.link])
async def test_no_link_leads_a_tool_to_the_store(tmp_path: Path, link: Any) -> None:
    async with milepost.open(tmp_path / "plans.db"):
        link(tmp_path / "plans.db", tmp_path / "innocent.db")
    assert await codes(tmp_path, touching("innocent.db")) == {"forbidden"}


async def test_other_files_beside_the_store_are_reached(tmp_path: Path) -> None:
    steps: list[dict[str, Any]] = [
        {"tool": "file.write", "input": {"path": "plans.db.txt", "text": "a"}},
        {"tool": "file.read", "input": {"path": "plans.db.txt"}},
        {"tool": "sql.query", "input": {"query": "CREATE TABLE t (a)", "database": "data.db"}},
    ]
    assert await codes(tmp_path, steps) == {None}
