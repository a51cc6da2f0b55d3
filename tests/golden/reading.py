"""Everything that can be read of a store, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import milepost
from milepost.projections.views import as_json

MANY = 1000


async def views_of(store: Path) -> dict[str, Any]:
    """Return all views of all plans of a store, and its workflows and counts."""
    async with milepost.open(store) as opened:
        reader = await opened.reader()
        plans = (await opened.plans(limit=MANY)).items
        return {
            "counts": as_json(await reader.counts()),
            "workflows": [as_json(each) for each in (await opened.workflows()).items],
            "list": [as_json(plan) for plan in plans],
            "plans": {plan.id: await _plan(opened, plan.id) for plan in plans},
        }


async def _plan(opened: milepost.Milepost, plan: str) -> dict[str, Any]:
    reader = await opened.reader()
    steps = (await opened.steps(plan, limit=MANY)).items
    return {
        "plan": as_json(await opened.plan(plan)),
        "steps": [as_json(await opened.step(plan, each.path)) for each in steps],
        "history": as_json(await opened.history(plan, limit=MANY)),
        "decisions": as_json(await opened.decisions(plan, limit=MANY)),
        "timeline": as_json(await opened.timeline(plan)),
        "report": as_json(await opened.report(plan)),
        "revisions": [as_json(each) for each in await reader.revisions(plan)],
        "checkpoints": [as_json(each) for each in await reader.checkpoints(plan)],
    }


def holds(expected: Any, found: Any, place: str = "") -> list[str]:
    """Return where `found` lacks what is expected; views may have got more fields since."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            line
            for key, value in expected.items()
            for line in (
                holds(value, found[key], f"{place}/{key}")
                if key in found
                else [f"{place}/{key}: is missing"]
            )
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            line
            for at, (one, other) in enumerate(zip(expected, found, strict=True))
            for line in holds(one, other, f"{place}/{at}")
        ]
    return [] if expected == found else [f"{place}: {expected!r:.80} expected, {found!r:.80} found"]
