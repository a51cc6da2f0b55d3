"""Proofs and copies for commands: replay, check, rebuild, export, import."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from milepost.domain.errors import ValidationError
from milepost.projections.views import as_json as plain

from .filters import Filters
from .next_commands import command
from .opening import opened, require_store
from .output import Output
from .plan_names import find_plan
from .screen.terminal import clean, is_interactive
from .screen.values import document, harmless
from .writing import write_text

if TYPE_CHECKING:
    from milepost.engine.replay import ReplayReport


async def replay_plan(store: str, name: str, *, as_json: bool) -> int:
    """Replay a plan; print that it is equal, or its first difference."""
    async with opened(store) as milepost:
        report = await milepost.replay(await find_plan(milepost, name))
    if as_json:
        told = {**asdict(report), "equal": report.equal}
        sys.stdout.write(document(told) + "\n")
    else:
        sys.stdout.write(clean(_replayed(report)) + "\n")
    return 0 if report.equal else 1


async def replay_all(filters: Filters, output: Output) -> int:
    """Replay all plans that filters let pass; print how many there are and what differs."""
    async with opened(output.store) as milepost:
        found = await milepost.replay_all(filters.read())
    if output.as_json:
        told = {**asdict(found), "equal": found.equal, "events_per_second": found.events_per_second}
        sys.stdout.write(document(told) + "\n")
        return 0 if found.equal else 1
    pace = f"{found.events} events of {found.plans} plans, {found.events_per_second:,.0f} events/s"
    if found.equal:
        sys.stdout.write(f"all equal: {pace}\n")
        return 0
    for report in found.first:
        sys.stdout.write(clean(f"plan {report.plan_id}: {_replayed(report)}\n"))
    for plan, why in found.unreadable:
        sys.stdout.write(clean(f"plan {plan} cannot be read: {why}\n"))
    differ = f"{found.different} of {found.plans} plans differ"
    unread = f", {len(found.unreadable)} cannot be read" if found.unreadable else ""
    sys.stdout.write(f"{differ}{unread}: {pace}\n")
    return 1


def _replayed(report: ReplayReport) -> str:
    difference = report.difference
    if difference is None:
        return f"equal: {report.events} events of plan {report.plan_id} follow again as recorded"
    return "\n".join(
        (
            f"different at position {difference.position}, event {difference.event_id}",
            f"  decided:  {difference.expected or 'no event'}",
            f"  recorded: {difference.found or 'no event'}",
            f"  {difference.detail}",
        )
    ).rstrip()


async def check_store(store: str, *, as_json: bool) -> int:
    """Compare projections with the log; print the differences."""
    from milepost.composition import keep

    require_store(store)
    report = await keep(store).check()
    looked_at = f"{report.events} events of {report.plans} plans"
    if as_json:
        sys.stdout.write(document(plain(report)) + "\n")
    elif report.is_sound:
        sys.stdout.write(f"no difference: {looked_at} and all that is read from them agree\n")
    else:
        sys.stdout.writelines(clean(f"{finding}\n") for finding in report.findings)
        more = "at least " if report.is_cut else ""
        mend = command(store, "projections", "rebuild")
        sys.stdout.write(
            f"{more}{len(report.findings)} differences in {looked_at}; "
            f"`{mend}` makes the tables anew, what the events themselves lack it cannot mend\n"
        )
    return 0 if report.is_sound else 1


async def rebuild_projections(store: str) -> int:
    """Make the projections anew."""
    from milepost.composition import keep

    require_store(store)
    rebuilt = await keep(store).rebuild_projections()
    sys.stdout.write(f"the tables were made anew from {rebuilt.events} events\n")
    return 0


async def export_plan(store: str, name: str, output: str | None) -> int:
    """Write a plan's log as JSON Lines."""
    from milepost.composition import keep

    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
    lines = await keep(store).export(plan)
    text = "".join(f"{line}\n" for line in lines)
    if output is None and is_interactive(sys.stdout):
        text = harmless(text)
    write_text(text, output, store=store)
    return 0


def log_lines(file: str) -> list[str]:
    """Return the lines of a file; raise `ValidationError` for one that cannot be read."""
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValidationError(f"cannot be read ({error})", where=file) from error
    return text.removesuffix("\n").split("\n")  # other line ends, as U+2028, stand in JSON texts


async def import_plan(store: str, lines: list[str], name: str) -> int:
    """Add a plan from the lines of an exported log; `name` is its file in messages."""
    from milepost.composition import keep

    imported = await keep(store).import_log(lines, name=name)
    sys.stdout.write(clean(f"imported plan {imported.plan}, {imported.events} events\n"))
    return 0
