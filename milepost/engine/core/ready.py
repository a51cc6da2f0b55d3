"""The queue of steps that could start: which comes first, and what keeps it waiting."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from milepost.domain.plans import Scheduling

if TYPE_CHECKING:
    from .compiled import CompiledPlan
    from .state import Instance

_Key = tuple[float, float, int, int]
_Demand = frozenset[tuple[str, int]]
_ANY: _Demand = frozenset()


class ReadyQueue:
    """Ready steps in the order of the plan's strategy.

    serial: file order, one at a time. parallel and dag: higher priority first, then file order.
    priority: higher priority, then the longer path to the end. resources: the largest demand
    first, and a step that does not fit lets smaller ones pass; elsewhere it holds them up.
    """

    def __init__(self, compiled: CompiledPlan) -> None:
        self._strategy = compiled.strategy
        self._capacity = compiled.settings.resources
        self._slots = (
            1 if self._strategy is Scheduling.SERIAL else compiled.settings.max_parallel_steps
        )
        self._heaps: dict[_Demand, list[tuple[_Key, Instance]]] = {}
        """By what the steps demand where smaller ones may pass, else all under one key."""
        self._arrivals = 0

    def __len__(self) -> int:
        return sum(len(heap) for heap in self._heaps.values())

    def waits(self) -> bool:
        """Tell whether some step only waits for a slot or a resource."""
        return any(_first(heap) is not None for heap in self._heaps.values())

    def push(self, instance: Instance) -> None:
        """Add a step that waits for nothing but a slot."""
        self._arrivals += 1
        demand = _ANY
        if self._strategy is Scheduling.RESOURCES:
            demand = frozenset(instance.node.spec.resources.items())
        heap = self._heaps.setdefault(demand, [])
        heappush(heap, (self._key(instance), instance))

    def pop(self, busy: int, held: Mapping[str, int]) -> Instance | None:
        """Take the next step that a slot and its resources are free for, if there is one."""
        if busy >= self._slots:
            return None
        best: list[tuple[_Key, Instance]] | None = None
        for heap in self._heaps.values():
            first = _first(heap)
            if (
                first is not None
                and (best is None or heap[0][0] < best[0][0])
                and self._fits(first, held)
            ):
                best = heap
        return heappop(best)[1] if best is not None else None

    def instances(self) -> list[Instance]:
        """Return the waiting steps, first to start first."""
        heaps = self._heaps.values()
        entries = [entry for heap in heaps for entry in heap if entry[1].may_move]
        return [instance for _key, instance in sorted(entries, key=lambda entry: entry[0])]

    def _fits(self, instance: Instance, held: Mapping[str, int]) -> bool:
        wanted = instance.node.spec.resources
        return not wanted or all(
            held.get(name, 0) + amount <= self._capacity.get(name, amount)
            for name, amount in wanted.items()
        )

    def _key(self, instance: Instance) -> _Key:
        node, arrival = instance.node, self._arrivals
        if self._strategy is Scheduling.SERIAL:
            return (0.0, 0.0, node.number, arrival)
        if self._strategy is Scheduling.PRIORITY:
            return (-node.priority, -node.path_left, node.number, arrival)
        if self._strategy is Scheduling.RESOURCES:
            demand = sum(node.spec.resources.values())
            return (-demand, -node.priority, node.number, arrival)
        return (-node.priority, 0.0, node.number, arrival)


def _first(heap: list[tuple[_Key, Instance]]) -> Instance | None:
    """Return the first step of a heap that may still move; those before it are dropped."""
    while heap:
        instance = heap[0][1]
        if instance.may_move:
            return instance
        heappop(heap)
    return None
