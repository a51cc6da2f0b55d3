"""One plan or step for a command: in full, as a timeline, as figures.

What still goes on is counted up to now, if anybody carries it on.
"""

from __future__ import annotations

import sys
from datetime import datetime

from milepost.projections.views import as_json as plain

from .next_commands import command
from .opening import opened
from .owners import left_alone, now_for
from .plan_names import find_plan
from .screen import times
from .screen.terminal import show, shows_unicode, width_of
from .screen.values import document, readable

MOST_STEPS = 200


async def show_plan(store: str, name: str, *, as_of: str | None, as_json: bool) -> int:
    """Print a plan with its steps and its answer."""
    from rich.text import Text

    from .screen.plans import plan_facts
    from .screen.steps import step_table

    moment = times.as_of(as_of)
    async with opened(store) as milepost:
        plan_id = await find_plan(milepost, name)
        now = await now_for(milepost, plan_id, moment)
        plan = await milepost.plan(plan_id, now=now, as_of=moment)
        page = await milepost.steps(plan_id, limit=MOST_STEPS, now=now, as_of=moment)
        is_left = moment is None and bool(await left_alone(milepost, [plan]))
    if as_json:
        shown = plain(plan)
        fields = shown if isinstance(shown, dict) else {}
        told = {"left_alone": is_left, "all_steps": plain(page)}
        sys.stdout.write(document(fields | told) + "\n")
        return 0
    unicode = shows_unicode(sys.stdout)
    resume = command(store, "resume", plan.id) if is_left else None
    facts = plan_facts(plan, resume=resume, unicode=unicode)
    show([facts, Text(), step_table(page.items, unicode=unicode)])
    if page.next is not None:
        then = ("--as-of", as_of) if as_of is not None else ()
        more = command(store, "steps", plan.id, "--cursor", page.next, *then)
        sys.stderr.write(f"there are more steps: {more}\n")
    if plan.result.final_output is not None:
        show([Text(f"\n{readable(plan.result.final_output)}")])
    return 0


async def show_state(store: str, name: str, *, as_of: str | None) -> int:
    """Print all that a plan's events say of it, at present or at a past moment, as JSON."""
    moment = times.as_of(as_of)
    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
        if isinstance(moment, datetime):
            moment = await (await milepost.reader()).position_at(moment)
        shown = await milepost.state(plan, at=moment)
    sys.stdout.write(document(plain(shown)) + "\n")
    return 0


async def show_step(store: str, name: str, path: str, *, as_of: str | None, as_json: bool) -> int:
    """Print one step in full."""
    from .screen.steps import step_page

    moment = times.as_of(as_of)
    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
        now = await now_for(milepost, plan, moment)
        step = await milepost.step(plan, path, now=now, as_of=moment)
    if as_json:
        sys.stdout.write(document(plain(step)) + "\n")
        return 0
    show(step_page(step, unicode=shows_unicode(sys.stdout)))
    return 0


async def show_timeline(
    store: str, name: str, *, most: int, as_of: str | None, as_json: bool
) -> int:
    """Draw a plan's timeline."""
    from .screen.gantt import gantt

    moment = times.as_of(as_of)
    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
        now = await now_for(milepost, plan, moment)
        timeline = await milepost.timeline(plan, now=now, as_of=moment)
    if as_json:
        sys.stdout.write(document(plain(timeline)) + "\n")
        return 0
    unicode = shows_unicode(sys.stdout)
    show(gantt(timeline, width=width_of(sys.stdout), unicode=unicode, most=most))
    return 0


async def show_report(store: str, name: str, *, most: int, as_of: str | None, as_json: bool) -> int:
    """Print a plan's figures, on the screen those of its first steps."""
    from .screen.figures import report_parts

    moment = times.as_of(as_of)
    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
        now = await now_for(milepost, plan, moment)
        report = await milepost.report(plan, now=now, as_of=moment)
    if as_json:
        sys.stdout.write(document(plain(report)) + "\n")
        return 0
    show(report_parts(report, unicode=shows_unicode(sys.stdout), most=most))
    if len(report.steps) > most:
        sys.stderr.write(f"there are more steps: --limit {len(report.steps)}\n")
    return 0
