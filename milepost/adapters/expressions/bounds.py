"""How much an evaluation may touch: bounds that the evaluator itself does not have.

It stops after 9,999 iterations of macros, but not before `[s].map(a, a + a)`, chained, has
doubled a text thirty times, nor before a long list was searched in each of many iterations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

import orjson

from milepost.domain.errors import ExpressionError
from milepost.domain.values import Json

from .structure import Loop, Rewritten, Slot

MAX_ITERATIONS = 9_999
MAX_GROWTH = 1_000
MAX_TOUCHED = 64 * 1024 * 1024
_SCALAR = 8


def growth_of(rewritten: Rewritten) -> int:
    """Return how many times chained and nested `map`s may repeat what they go through.

    Raises `ExpressionError` beyond `MAX_GROWTH`.
    """
    growth = prod(max(1, loop.uses) for loop in rewritten.loops if loop.is_map)
    if growth > MAX_GROWTH:
        raise ExpressionError(
            f"its `map`s may repeat a value {growth:,} times, at most {MAX_GROWTH:,} are allowed",
            mend="split it into steps",
        )
    return growth


class Bound:
    """An upper bound of the bytes that one evaluation touches, by the sizes of its values."""

    def __init__(self, rewritten: Rewritten) -> None:
        self.growth = growth_of(rewritten)
        self.rewritten = rewritten

    def check(self, values: Mapping[Slot, Json]) -> None:
        """Raise `ExpressionError` when the evaluation may touch more than `MAX_TOUCHED` bytes."""
        sizes = {slot: _size(value) for slot, value in values.items()}
        sizing = _Sizing(values, sizes)
        reads = (sizes.get(slot, 0) * sizing.rounds(at) for slot, at in self.rewritten.reads)
        uses = (sizing.item(loop) * sizing.rounds(at) for loop, at in self.rewritten.nested)
        touched = self.growth * (sum(reads) + sum(uses))
        if touched > MAX_TOUCHED:
            raise ExpressionError(
                f"it may touch {touched:,} bytes, at most {MAX_TOUCHED:,} are allowed",
                mend="do this work in a tool",
            )


class _Sizing:
    """Sizes of macro variables and numbers of iterations in one evaluation."""

    def __init__(self, values: Mapping[Slot, Json], sizes: Mapping[Slot, int]) -> None:
        self.values = values
        self.sizes = sizes

    def rounds(self, loops: Iterable[Loop]) -> int:
        return min(MAX_ITERATIONS, prod(self._length(loop) for loop in loops))

    def item(self, loop: Loop) -> int:
        """Return the size of the largest value that the macro's variable can have."""
        over = loop.over
        if isinstance(over, Loop):
            return self.item(over)
        if isinstance(over, Slot):
            value = self.values.get(over)
            return max(map(_size, value), default=0) if isinstance(value, list) else 0
        return sum(self.sizes.values()) + _SCALAR

    def _length(self, loop: Loop) -> int:
        over = loop.over
        if isinstance(over, int):
            return over
        if isinstance(over, Loop):
            return min(MAX_ITERATIONS, self.item(over))
        value = self.values.get(over) if over is not None else None
        return min(MAX_ITERATIONS, len(value)) if isinstance(value, list) else MAX_ITERATIONS


def _size(value: Json) -> int:
    if isinstance(value, str):
        return len(value)
    return len(orjson.dumps(value)) if isinstance(value, dict | list) else _SCALAR
