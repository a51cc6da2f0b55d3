"""How many steps a plan has: its loops' iterations come and go with the steps inside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from .contents import ContentFacts, iterations
from .prior import Prior


class Iterations:
    """Which steps inside loops began, or were reset, in one batch.

    An iteration is there while one of its steps has begun and was not reset.
    """

    def __init__(self, prior: Prior) -> None:
        self._prior = prior
        self._moved: defaultdict[int, dict[str, bool]] = defaultdict(dict)

    def note(self, plan: int, path: str, *, has_begun: bool) -> None:
        """Note that a step began, or was reset."""
        self._moved[plan][path] = has_begun

    def growth(self, plan: int, before: ContentFacts, after: ContentFacts) -> int:
        """Return by how much a plan's number of steps grew; `before` and `after` are its contents.

        What holds only before the batch is asked of the prior.
        """
        if before is not after:
            return self._growth_by_content(plan, before, after)
        return self._growth_by_moves(plan, after.loops) if plan in self._moved else 0

    def _growth_by_moves(self, plan: int, loops: Mapping[str, int]) -> int:
        sizes: dict[str, int] = {}
        moved: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        for path, has_begun in self._moved[plan].items():
            for place, size in iterations(path, loops):
                sizes[place] = size
                moved[place][path] = has_begun
        return sum(
            sizes[place] * (self._is_there(plan, place, inside) - self._was_there(plan, place))
            for place, inside in moved.items()
        )

    def _was_there(self, plan: int, place: str) -> bool:
        return any(True for _path in self._prior.begun_below(plan, place))

    def _is_there(self, plan: int, place: str, moved: Mapping[str, bool]) -> bool:
        if any(moved.values()):
            return True
        return any(path not in moved for path in self._prior.begun_below(plan, place))

    def _growth_by_content(self, plan: int, before: ContentFacts, after: ContentFacts) -> int:
        growth = after.steps - before.steps
        if before.loops or after.loops:
            moved = self._moved.get(plan, {})
            begun = set(self._prior.begun_in_loops(plan))
            growth -= _total(begun, before.loops)
            begun -= moved.keys()
            growth += _total([*begun, *(path for path in moved if moved[path])], after.loops)
        return growth


def _total(begun: Iterable[str], loops: Mapping[str, int]) -> int:
    """Return how many steps the iterations have that some steps lie in."""
    return sum({place: size for path in begun for place, size in iterations(path, loops)}.values())
