"""Which members of a list moved, told by as few moves as can be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence


def moved(old: Iterable[str], new: Sequence[str]) -> list[str]:
    """Return the fewest names whose moves bring `old` into the order of `new`.

    Both hold the same names. Those that are not returned keep their order among each other.
    """
    if list(old) == list(new):
        return []
    staying = _longest_rise([*map({name: at for at, name in enumerate(new)}.__getitem__, old)])
    return [name for at, name in enumerate(new) if at not in staying]


def arranged(staying: Iterable[str], followers: Mapping[str | None, str]) -> list[str]:
    """Return the names in order: each follower right after its key, None's at the front."""
    order: list[str] = []
    for anchor in (None, *staying):
        name = anchor
        if name is not None:
            order.append(name)
        while (name := followers.get(name)) is not None:
            order.append(name)
    return order


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """Return the members of a longest rising subsequence of different numbers."""
    ends: list[int] = []
    """The least number that ends a rise of each length."""
    before: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        before[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    rise: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        rise.add(last)
        last = before[last]
    return rise
