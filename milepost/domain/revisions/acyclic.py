"""A graph that takes an edge only if it closes no cycle.

It keeps its nodes in an order that all edges follow and mends the order only between the ends of
an edge that goes against it (Pearce and Kelly, 2006), so most edges cost nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

NodeT = TypeVar("NodeT", bound=Hashable)


class AcyclicGraph(Generic[NodeT]):
    """Nodes and the edges that were taken, each from an earlier node to a later one."""

    def __init__(self, order: Iterable[NodeT]) -> None:
        self._rank = {node: rank for rank, node in enumerate(order)}
        self._earlier: dict[NodeT, list[NodeT]] = defaultdict(list)
        self._later: dict[NodeT, list[NodeT]] = defaultdict(list)

    def add(self, earlier: NodeT, later: NodeT) -> bool:
        """Take the edge, or return False because it would close a cycle."""
        if self._rank[later] <= self._rank[earlier] and not self._reorder(earlier, later):
            return False
        self._earlier[later].append(earlier)
        self._later[earlier].append(later)
        return True

    def _reorder(self, earlier: NodeT, later: NodeT) -> bool:
        """Bring `earlier` before `later`; return False if it already has to follow it."""
        first, last = self._rank[later], self._rank[earlier]
        following = self._reached(later, self._later, first, last)
        if earlier in following:
            return False
        leading = self._reached(earlier, self._earlier, first, last)
        rank = self._rank.__getitem__
        ranks = sorted(map(rank, leading | following))
        order = [*sorted(leading, key=rank), *sorted(following, key=rank)]
        self._rank.update(zip(order, ranks, strict=True))
        return True

    def _reached(
        self, start: NodeT, ways: Mapping[NodeT, Sequence[NodeT]], first: int, last: int
    ) -> set[NodeT]:
        """Return the nodes that can be reached without leaving these ranks."""
        found, pending = {start}, [start]
        while pending:
            for node in ways.get(pending.pop(), ()):
                if first <= self._rank[node] <= last and node not in found:
                    found.add(node)
                    pending.append(node)
        return found


def likely_order(waits: Mapping[NodeT, Sequence[NodeT]]) -> Iterator[NodeT]:
    """Yield every node, after all that it waits for; of a cycle, some one node comes too early."""
    seen: set[NodeT] = set()
    for root in waits:
        pending = [] if root in seen else [(root, iter(waits[root]))]
        seen.add(root)
        while pending:
            following = next((other for other in pending[-1][1] if other not in seen), None)
            if following is None:
                yield pending.pop()[0]
            else:
                seen.add(following)
                pending.append((following, iter(waits[following])))
