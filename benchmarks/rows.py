"""The lines that the scaling table is made of: a figure, its goal, and whether it is reached."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .measure import Latencies

RUNS: Final = 3
"""Runs that medians are made of."""
_HOLDS: Final[Mapping[str, Callable[[float, float], bool]]] = MappingProxyType(
    {"<": operator.lt, "≤": operator.le, "≥": operator.ge}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure beside what it should be."""

    measure: str
    figure: str
    goal: str = ""
    met: str = ""
    """`yes` or `no`, empty where there is nothing to judge by."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit for a figure: `sign` is `<`, `≤` or `≥`."""

    sign: str
    limit: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:,g} {self.unit}".rstrip()

    def row(self, measure: str, value: float, figure: str) -> Row:
        """Return the line of a value in the goal's unit; `figure` is how it is printed."""
        return Row(measure, figure, str(self), self._verdict(value))

    def median_row(self, measure: str, values: Sequence[float]) -> Row:
        """Return the line of several runs, judged by their median."""
        middle = statistics.median(values)
        spread = f"median of {len(values)}, {_number(min(values))} .. {_number(max(values))}"
        return self.row(measure, middle, f"{_number(middle)} {self.unit}, {spread}")

    def reads_row(self, measure: str, runs: Sequence[Latencies]) -> Row:
        """Return the line of runs of many reads, judged by p99 in milliseconds."""
        middle, high = (
            statistics.median(run.milliseconds(share) for run in runs) for share in (0.5, 0.99)
        )
        figure = f"p50 {middle:.3f} ms, p99 {high:.3f} ms, medians of {len(runs)}"
        return Row(measure, figure, f"p99 {self}", self._verdict(high))

    def _verdict(self, value: float) -> str:
        return "yes" if _HOLDS[self.sign](value, self.limit) else "no"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits are enough
