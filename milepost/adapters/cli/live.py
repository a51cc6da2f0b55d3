"""Showing a plan's events while it runs: bars on a terminal, lines in a pipe, or JSON lines."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING

from milepost.domain.events import Event
from milepost.projections.views import EventView, as_json, event_view

from .screen.terminal import console, is_interactive, shows_unicode
from .screen.values import json_line

if TYPE_CHECKING:
    from rich.live import Live as RichLive

    from milepost.domain.plans import PlanSpec

    from .screen.progress import Progress

_REFRESH = 0.1
_UNSTORED = frozenset({"position", "trace"})


class Manner(Enum):
    """How events are shown."""

    SILENT = auto()
    BARS = auto()
    LINES = auto()
    JSON = auto()


def manner(*, as_json: bool, watch: bool) -> Manner:
    """Return how to show events: bars where a person looks on, else lines."""
    if as_json:
        return Manner.JSON if watch else Manner.SILENT
    return Manner.BARS if is_interactive(sys.stderr) and not watch else Manner.LINES


class Live:
    """Shows one plan's events as they come; `show` is called for each."""

    def __init__(self, how: Manner) -> None:
        self._how = how
        self._progress: Progress | None = None
        self._early: list[EventView] = []

    def show(self, event: Event) -> None:
        """Show an event that was just stored; the plan goes on even if nobody can read it."""
        view = event_view(0, event, None)
        if self._how is Manner.LINES:
            _print_line(view)
        elif self._how is Manner.JSON:
            told = as_json(view)
            fields = told.items() if isinstance(told, dict) else ()
            kept = {name: value for name, value in fields if name not in _UNSTORED}
            sys.stdout.write(json_line({"event": kept}) + "\n")
            sys.stdout.flush()
        elif self._how is Manner.BARS:
            self._note(view)

    def _note(self, view: EventView) -> None:
        if self._progress is None:
            self._early.append(view)
        else:
            self._progress.note(view)

    @asynccontextmanager
    async def following(self, spec: PlanSpec) -> AsyncIterator[None]:
        """Keep the bars up to date for the length of a block; nothing in other manners."""
        if self._how is not Manner.BARS:
            yield
            return
        import anyio
        from rich.live import Live as RichLive

        from .screen.progress import Progress

        self._progress = Progress(spec, unicode=shows_unicode(sys.stderr))
        for view in self._early:
            self._progress.note(view)
        shown = RichLive(
            self._progress, console=console(sys.stderr), auto_refresh=False, transient=True
        )
        with shown:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_keep_fresh, shown)
                yield
                tasks.cancel_scope.cancel()


def _print_line(view: EventView) -> None:
    """Print an event on standard error; a pipe gets it as plain text, which is much quicker."""
    from .screen.events import progress_line

    line = progress_line(view)
    if is_interactive(sys.stderr):
        console(sys.stderr).print(line)
    else:
        sys.stderr.write(f"{line.plain}\n")


async def _keep_fresh(shown: RichLive) -> None:
    import anyio

    while True:
        shown.refresh()
        await anyio.sleep(_REFRESH)
