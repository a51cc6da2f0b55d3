"""Plans as people name them: an id, the beginning of one, or `last`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.errors import UnknownNameError
from milepost.domain.nearest import listed

if TYPE_CHECKING:
    from milepost import Milepost

LAST = "last"
_PAGE = 1000


async def find_plan(milepost: Milepost, name: str) -> str:
    """Return the id of the plan that a name means.

    Raises `UnknownNameError` when there is none, or several.
    """
    if name == LAST:
        newest = await milepost.plans(limit=1)
        if not newest.items:
            raise UnknownNameError("there is no plan yet; run a workflow first")
        return newest.items[0].id
    found = await _beginning_with(milepost, name)
    if name in found:
        return name
    if len(found) > 1:
        raise UnknownNameError(
            f"plan {name}: {len(found)} plans begin so; write more of it: {listed(found)}"
        )
    if not found:
        raise UnknownNameError(f"plan {name}: there is none; see `milepost plans`")
    return found[0]


async def _beginning_with(milepost: Milepost, name: str) -> list[str]:
    """Return the plans whose ids begin with a name."""
    found: list[str] = []
    cursor = None
    while True:
        page = await milepost.plans(text=name, limit=_PAGE, after=cursor)
        found += [plan.id for plan in page.items if plan.id.startswith(name)]
        cursor = page.next
        if cursor is None:
            return found
