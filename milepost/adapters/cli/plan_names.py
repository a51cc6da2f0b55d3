"""Plans as people name them: an id, the beginning of one, or `last`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.errors import UnknownNameError
from milepost.domain.nearest import listed

if TYPE_CHECKING:
    from milepost import Milepost

LAST = "last"
_MOST_NAMED = 20


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
        count = f"more than {_MOST_NAMED}" if len(found) > _MOST_NAMED else len(found)
        raise UnknownNameError(
            f"plan {name}: {count} plans begin so; write more of it: {listed(found)}"
        )
    if not found:
        raise UnknownNameError(f"plan {name or repr(name)}: there is none; see `milepost plans`")
    return found[0]


async def _beginning_with(milepost: Milepost, name: str) -> tuple[str, ...]:
    """Return the plans whose ids begin with a name, the first few of them if they are many."""
    if not name:
        return ()
    return await (await milepost.reader()).plan_ids(name, limit=_MOST_NAMED + 1)
