"""A plan's timeline drawn in the terminal: one lane per step, true to scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from milepost.domain.steps import CONTAINERS
from milepost.projections.epochs import Epoch
from milepost.projections.story import Bar, Phase
from milepost.projections.timeline import Lane, Timeline

from .marks import mark_of, sign_of
from .terminal import one_line
from .times import duration

MOST_LABEL = 40
LEAST_LABEL = 16
LEAST_CHART = 20
_LEVELS = ("cyan", "green", "blue", "magenta", "yellow", "bright_cyan")
_RUN_STYLES = {"failed": "red", "cancelled": "red", "interrupted": "red", "retrying": "yellow"}
_TIMES = 9
"""Columns for the time a lane waited, and as many for the time it ran."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """The characters that bars are drawn with."""

    run: str
    bad_run: str
    cut_off: str
    undone: str
    wait: str
    slot: str
    held: str
    ends: str
    tick: str
    rule: str
    reopened: str


UNICODE = Strokes(
    run="█",
    bad_run="▓",
    cut_off="▶",
    undone="▒",
    wait="░",
    slot="·",
    held="─",
    ends="├┤",
    tick="┴",
    rule="─",
    reopened="╫",
)
ASCII = Strokes(
    run="#",
    bad_run="x",
    cut_off=">",
    undone="=",
    wait="~",
    slot=".",
    held="-",
    ends="[]",
    tick="+",
    rule="-",
    reopened="|",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a time lies among the columns of the chart: time between epochs takes no room."""

    epochs: tuple[Epoch, ...]
    columns: int

    @property
    def span(self) -> timedelta:
        """How much time all columns together stand for."""
        lengths = (epoch.length for epoch in self.epochs)
        return max(sum(lengths, timedelta()), timedelta(microseconds=1))

    def ran(self, time: datetime) -> timedelta:
        """Return how long the plan had been open at a time."""
        return sum((epoch.before(time) for epoch in self.epochs), timedelta())

    def column(self, ran: timedelta) -> int:
        """Return the column of what the plan had run, the last one for the very end."""
        return min(max(int(ran / self.span * self.columns), 0), self.columns - 1)

    def cells(self, start: datetime, end: datetime) -> range:
        """Return the columns between two times, at least one."""
        first = self.column(self.ran(start))
        place = self.ran(end) / self.span * self.columns
        last = min(max(int(-(-place // 1)), first + 1), self.columns)
        return range(first, last)


def gantt(timeline: Timeline, *, width: int, unicode: bool, most: int) -> list[Text]:
    """Return the lines of a chart that is at most `width` columns wide, of `most` lanes."""
    lanes = timeline.lanes[:most]
    most_label = min(max(width // 4, LEAST_LABEL), MOST_LABEL)
    labels = [one_line("  " * lane.depth + _label(lane), most_label) for lane in lanes]
    room = min(max((cell_len(label) for label in labels), default=0), most_label)
    columns = max(width - room - 2 * _TIMES - 5, LEAST_CHART)
    scale = Scale(timeline.epochs, columns)
    strokes = UNICODE if unicode else ASCII
    lines = list(_axis(scale, indent=room + 3, strokes=strokes))
    for label, lane in zip(labels, lanes, strict=True):
        lines.append(
            _lane(set_cell_size(label, room), lane, timeline.ended, scale, strokes, unicode=unicode)
        )
    if len(timeline.lanes) > len(lanes):
        lines.append(Text(f"and {len(timeline.lanes) - len(lanes)} more; see --limit", "dim"))
    return [*lines, *_sums(timeline, unicode=unicode)]


def _label(lane: Lane) -> str:
    return lane.label if lane.iteration is None else f"[{lane.iteration}] {lane.label}"


def _lane(
    label: str, lane: Lane, now: datetime, scale: Scale, strokes: Strokes, *, unicode: bool
) -> Text:
    mark = mark_of(lane.shown_as)
    line = Text().append(label, "bold" if lane.is_critical else "")
    line.append(f" {sign_of(lane.shown_as, unicode=unicode)} ", mark.style)
    line.append_text(_bars(lane, now, scale, strokes))
    line.append(duration(lane.waited or None).rjust(_TIMES), "dim")
    line.append((duration(lane.ran) if lane.bars else "").rjust(_TIMES))
    return line


def _bars(lane: Lane, now: datetime, scale: Scale, strokes: Strokes) -> Text:
    """Return the lane's stretches; where several share a column, the last one shows."""
    cells = [(" ", "")] * scale.columns
    colour = _LEVELS[lane.level % len(_LEVELS)]
    if lane.available is not None:
        begun = next((bar.start for bar in lane.bars if not bar.superseded), None)
        if begun is not None and begun > lane.available:
            _paint(cells, scale.cells(lane.available, begun), strokes.slot, "dim")
    for bar in lane.bars:
        where = scale.cells(bar.start, bar.end or now)
        if lane.kind in CONTAINERS:
            _paint_holder(cells, where, strokes, colour)
        elif bar.phase is Phase.WAIT:
            _paint(cells, where, strokes.wait, "dim")
        elif bar.superseded:
            _paint(cells, where, strokes.undone, "dim")
        else:
            _paint_run(cells, where, bar, strokes, colour)
    text = Text()
    for style, same in groupby(cells, key=lambda cell: cell[1]):
        text.append("".join(sign for sign, _style in same), style)
    return text


def _paint(cells: list[tuple[str, str]], where: range, sign: str, style: str) -> None:
    for column in where:
        cells[column] = (sign, style)


def _paint_run(
    cells: list[tuple[str, str]], where: range, bar: Bar, strokes: Strokes, colour: str
) -> None:
    bad = bar.state in _RUN_STYLES
    _paint(
        cells, where, strokes.bad_run if bad else strokes.run, _RUN_STYLES.get(bar.state, colour)
    )
    if bar.end is None:
        cells[where[-1]] = (strokes.cut_off, "bold blue")


def _paint_holder(
    cells: list[tuple[str, str]], where: range, strokes: Strokes, colour: str
) -> None:
    _paint(cells, where, strokes.held, colour)
    cells[where[0]] = (strokes.ends[0], colour)
    cells[where[-1]] = (strokes.ends[1], colour)


def _axis(scale: Scale, *, indent: int, strokes: Strokes) -> Iterator[Text]:
    """Yield the line of times and the ruler below it."""
    numbers = [" "] * scale.columns
    ruler = [strokes.rule] * scale.columns
    for tick in _ticks(scale):
        column = scale.column(tick)
        ruler[column] = strokes.tick
        numbers[column : column + len(duration(tick))] = duration(tick)
    for epoch in scale.epochs[1:]:
        ruler[scale.column(scale.ran(epoch.began))] = strokes.reopened
    heads = "waited".rjust(_TIMES) + "ran".rjust(_TIMES)
    yield Text(" " * indent + "".join(numbers) + heads, "dim")
    yield Text(" " * indent + "".join(ruler), "dim")


def _ticks(scale: Scale) -> list[timedelta]:
    """Return round times, about one for every twelve columns, that leave room for their text."""
    wanted = scale.span.total_seconds() / max(scale.columns // 12, 1)
    step = next(size for size in _round_steps() if size >= wanted)
    count = int(scale.span.total_seconds() / step)
    ticks = [timedelta(seconds=step * number) for number in range(count + 1)]
    return [tick for tick in ticks if _has_room(tick, scale)]


def _has_room(tick: timedelta, scale: Scale) -> bool:
    """Tell whether the text of a tick ends within the chart."""
    return scale.column(tick) + len(duration(tick)) <= scale.columns


def _round_steps() -> Iterator[float]:
    for power in range(-6, 2):
        yield from (factor * 10.0**power for factor in (1, 2, 5))
    for base in (60.0, 3600.0):
        yield from (factor * base for factor in (1, 2, 5, 10, 15, 30))
    days = 86400.0
    while True:
        yield from (days, days * 2, days * 5)
        days *= 10


def _sums(timeline: Timeline, *, unicode: bool) -> Iterator[Text]:
    arrow = " → " if unicode else " -> "
    if timeline.critical_path:
        path = arrow.join(one_line(step, MOST_LABEL) for step in _shortened(timeline.critical_path))
        yield Text().append("held up by  ", "dim").append(path, "bold")
    yield (
        Text()
        .append("total ", "dim")
        .append(duration(timeline.total), "bold")
        .append(
            f", one after the other {duration(timeline.serial)}, saved {duration(timeline.saved)}",
            "dim",
        )
    )
    if timeline.most_at_once > 1:
        yield Text(
            f"at most {timeline.most_at_once} at once, "
            f"side by side for {duration(timeline.overlap)}",
            "dim",
        )


def _shortened(path: Sequence[str], most: int = 8) -> list[str]:
    if len(path) <= most:
        return list(path)
    return [*path[: most // 2], "…", *path[-most // 2 :]]
