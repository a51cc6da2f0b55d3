"""Drawing by matplotlib, which is an extra and is imported on the first chart."""

from __future__ import annotations

import io
import math
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from milepost.domain.errors import ExecutionError

from .chart_data import ChartData, Series, failed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ChartKind = Literal["bar", "line", "scatter", "pie"]
ChartFormat = Literal["svg", "png"]

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "milepost",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": ["sans-serif"],
}
_METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}
_MOST = {"bar": 500, "pie": 50}
_MOST_LABELS = 30
_LEVEL_LABELS = 8
_LONGEST_LABEL = 40
_BAR_SHARE = 0.8
_drawing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the drawing; sizes in inches."""

    title: str
    x_label: str
    y_label: str
    width: float
    height: float


def draw(kind: ChartKind, data: ChartData, frame: Frame, *, format_: ChartFormat) -> bytes:
    """Return the picture, equal bytes for equal input.

    Raises `ExecutionError` missing_extra when matplotlib is not installed. One chart is drawn at
    a time: matplotlib's settings belong to the whole process.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        message = "chart.create: matplotlib is not installed; pip install 'milepost[chart]'"
        raise ExecutionError(message, code="missing_extra", retryable=False) from error
    if len(data.labels) > _MOST.get(kind, len(data.labels)):
        raise failed(
            f"holds {len(data.labels)} rows, a {kind} chart shows {_MOST[kind]}; group them"
        )
    with _drawing, mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=(frame.width, frame.height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_title(frame.title)
        _PLOTS[kind](axes, data, frame)
        picture = io.BytesIO()
        figure.savefig(picture, format=format_, metadata=_METADATA[format_])
    return picture.getvalue()


def _bars(axes: Axes, data: ChartData, frame: Frame) -> None:
    places = range(len(data.labels))
    width = _BAR_SHARE / len(data.series)
    bars: list[object] = []
    for number, series in enumerate(data.series):
        shift = (number - (len(data.series) - 1) / 2) * width
        heights = [value or 0.0 for value in series.values]
        bars.append(axes.bar([place + shift for place in places], heights, width))
    _name_places(axes, data.labels)
    _surround(axes, data, frame, bars)


def _lines(axes: Axes, data: ChartData, frame: Frame) -> None:
    places = _places(axes, data)
    lines = [axes.plot(places, _gapped(series), marker=".")[0] for series in data.series]
    _surround(axes, data, frame, lines)


def _points(axes: Axes, data: ChartData, frame: Frame) -> None:
    places = _places(axes, data)
    clouds = [axes.scatter(places, _gapped(series), s=18) for series in data.series]
    _surround(axes, data, frame, clouds)


def _pie(axes: Axes, data: ChartData, _frame: Frame) -> None:
    if len(data.series) != 1:
        raise failed("has several fields of numbers, a pie shows one; give y")
    shares = [value or 0.0 for value in data.series[0].values]
    if min(shares) < 0 or sum(shares) <= 0:
        raise failed("has negative or only zero shares; draw bars instead of a pie")
    axes.pie(shares, labels=list(map(_label, data.labels)), autopct="%.1f%%", counterclock=False)


_PLOTS = {"bar": _bars, "line": _lines, "scatter": _points, "pie": _pie}


def _places(axes: Axes, data: ChartData) -> list[float]:
    """Return where the points stand on the x axis: at their numbers, or side by side."""
    numbers = [label for label in data.labels if isinstance(label, float)]
    if len(numbers) == len(data.labels):
        return numbers
    _name_places(axes, data.labels)
    return [float(place) for place in range(len(data.labels))]


def _name_places(axes: Axes, labels: Sequence[str | float]) -> None:
    """Write the labels under the x axis; slanted, and some left out, when there are many."""
    every = range(0, len(labels), 1 + len(labels) // _MOST_LABELS)
    axes.set_xticks(list(every), [_label(labels[place]) for place in every])
    if len(every) > _LEVEL_LABELS:
        axes.tick_params(axis="x", rotation=45)


def _surround(axes: Axes, data: ChartData, frame: Frame, drawn: Sequence[Any]) -> None:
    axes.set_xlabel(frame.x_label or data.x_name)
    axes.set_ylabel(frame.y_label or (data.series[0].name if len(data.series) == 1 else ""))
    axes.grid(visible=True, axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    if len(data.series) > 1:
        _name_series(axes, drawn, [series.name for series in data.series])


def _name_series(axes: Axes, drawn: Sequence[Any], names: Sequence[str]) -> None:
    """Write the names into a legend; matplotlib itself leaves out those that begin with `_`."""
    legend = axes.legend(drawn, [str(number) for number in range(len(names))])
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)


def _gapped(series: Series) -> list[float]:
    return [math.nan if value is None else value for value in series.values]


def _label(label: str | float) -> str:
    text = f"{label:.12g}" if isinstance(label, float) else label
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"
