"""Lists for commands: plans, steps, events, workflows."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from milepost.domain.plans import LogLevel
from milepost.projections.views import as_json as plain

from .filters import Filters
from .next_commands import command
from .opening import opened
from .owners import left_alone, now_for
from .plan_names import find_plan
from .screen import times
from .screen.terminal import clean, show, shows_unicode
from .screen.values import document, json_line

if TYPE_CHECKING:
    from datetime import datetime

    from milepost.projections.views import EventView


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Which part of an answer is wanted, and of which moment."""

    limit: int
    cursor: str | None = None
    as_of: str | None = None

    @property
    def moment(self) -> int | datetime | None:
        """The moment, read; raises `ValidationError`."""
        return times.as_of(self.as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events of a plan are wanted."""

    step: str | None = None
    kinds: Sequence[str] = ()
    after: int | None = None
    level: str | None = None


async def list_plans(store: str, filters: Filters, paging: Paging, *, as_json: bool) -> int:
    """Print a page of plans."""
    wanted, moment = filters.read(), paging.moment
    async with opened(store) as milepost:
        page = await milepost.plans(wanted, after=paging.cursor, limit=paging.limit, as_of=moment)
        left = await left_alone(milepost, page.items) if moment is None else set()
    if as_json:
        items = [{**_fields(plan), "left_alone": plan.id in left} for plan in page.items]
        return _print_json(_fields(page) | {"items": items})
    from .screen.plans import plan_table

    resume = {plan: command(store, "resume", plan) for plan in left}
    show([plan_table(page.items, resume=resume, unicode=shows_unicode(sys.stdout))])
    return _more(page.next, "--cursor")


async def list_steps(
    store: str, name: str, status: Sequence[str], paging: Paging, *, as_json: bool
) -> int:
    """Print a page of a plan's steps."""
    moment = paging.moment
    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
        page = await milepost.steps(
            plan,
            status=status,
            after=paging.cursor,
            limit=paging.limit,
            now=await now_for(milepost, plan, moment),
            as_of=moment,
        )
    if as_json:
        return _print_json(plain(page))
    from .screen.steps import step_table

    show([step_table(page.items, unicode=shows_unicode(sys.stdout))])
    return _more(page.next, "--cursor")


async def list_history(
    store: str, name: str, wanted: EventFilter, paging: Paging, *, as_json: bool
) -> int:
    """Print a page of a plan's events."""
    moment = paging.moment
    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
        page = await milepost.history(
            plan,
            step=wanted.step,
            kinds=wanted.kinds,
            after=wanted.after,
            limit=paging.limit,
            as_of=moment,
        )
    if as_json:
        return _print_json(plain(page))
    from .screen.events import history_table

    show([history_table(page.items)])
    return _more(page.next, "--after")


async def print_log(
    store: str, name: str, wanted: EventFilter, paging: Paging, *, as_json: bool
) -> int:
    """Print a plan's log; each line counts to the limit, also where --level leaves it out."""
    from .screen.events import log_line
    from .screen.sentences import LEVELS, level_of

    moment = paging.moment
    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
        spec = (await milepost.plan(plan, as_of=moment)).spec
        least = LEVELS.index(LogLevel(wanted.level or spec.settings.log_level))
        page = await milepost.history(
            plan, step=wanted.step, after=wanted.after, limit=paging.limit, as_of=moment
        )
    lines = [event for event in page.items if LEVELS.index(level_of(event)) >= least]
    if as_json:
        sys.stdout.writelines(f"{json_line(_log_entry(event))}\n" for event in lines)
    else:
        show(log_line(event) for event in lines)
    return _more(page.next, "--after")


async def list_workflows(store: str, paging: Paging, *, as_json: bool) -> int:
    """Print a page of the published versions."""
    async with opened(store) as milepost:
        page = await milepost.workflows(after=paging.cursor, limit=paging.limit)
    if as_json:
        return _print_json(plain(page))
    from .screen.workflows import workflow_table

    show([workflow_table(page.items)])
    return _more(page.next, "--cursor")


def _log_entry(event: EventView) -> dict[str, object]:
    from .screen.sentences import level_of, sentence

    return {
        "time": event.time.isoformat(),
        "level": level_of(event).value,
        "plan": event.plan,
        "step": event.step,
        "message": sentence(event),
        "event": event.id,
        "position": event.position,
    }


def _fields(value: object) -> dict[str, object]:
    shown = plain(value)
    return {**shown} if isinstance(shown, dict) else {}


def _print_json(value: object) -> int:
    sys.stdout.write(document(value) + "\n")
    return 0


def _more(cursor: object, option: str) -> int:
    """Say on standard error that the answer is cut, and how to get the rest."""
    if cursor is not None:
        sys.stderr.write(f"there is more: {option} {shlex.quote(clean(str(cursor)))}\n")
    return 0
