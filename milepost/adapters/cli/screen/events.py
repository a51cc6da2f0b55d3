"""Events as rows of a table, lines of a log, and lines of a run that is going on."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from milepost.domain.plans import LogLevel
from milepost.projections.codes import unversioned
from milepost.projections.views import EventView

from .marks import mark_of
from .sentences import level_of, sentence
from .tables import table
from .terminal import one_line
from .times import clock, clocks, timestamp

_STYLES = {
    LogLevel.WARNING: "yellow",
    LogLevel.ERROR: "red",
    LogLevel.CRITICAL: "bold red",
    LogLevel.DEBUG: "dim",
    LogLevel.TRACE: "dim",
}
_STATES = {
    "started": "running",
    "drafted": "pending",
    "resumed": "running",
    "forked": "running",
    "adopted": "completed",
    "reset": "pending",
}
"""The states that kinds of events leave behind, where they have another name."""
_LONGEST_STEP = 40


def history_table(events: Iterable[EventView]) -> Table:
    """Return events with their positions, times, steps and actors."""
    events = list(events)
    rows = (
        (
            str(event.position),
            time,
            unversioned(event.kind),
            one_line(event.step or "", _LONGEST_STEP),
            one_line(event.actor, 20),
            Text(sentence(event), _STYLES.get(level_of(event), "")),
        )
        for event, time in zip(events, clocks(event.time for event in events), strict=True)
    )
    return table((">position", ">time", "event", "step", "who", "~what"), rows)


def log_line(event: EventView) -> Text:
    """Return an event as a line of a log: time, level, step, what happened."""
    level = level_of(event)
    line = Text().append(timestamp(event.time), "dim")
    line.append(f"  {level.value:<11}  ", _STYLES.get(level, ""))
    line.append(f"{one_line(event.step or 'plan', _LONGEST_STEP)}  ", "bold")
    return line.append(sentence(event))


def progress_line(event: EventView) -> Text:
    """Return an event as a line of a run: a mark, the step, what happened."""
    state = unversioned(event.kind).rpartition(".")[2]
    state = _STATES.get(state, state)
    mark = mark_of(state)
    line = Text().append(f"{clock(event.time)} ", "dim")
    line.append(f"{mark.ascii} ", mark.style)
    line.append(f"{one_line(event.step or 'plan', _LONGEST_STEP)}: ", "bold")
    return line.append(sentence(event))
