"""The graph of a plan's steps: checked, ordered, levelled, and its longest path.

Nodes are the steps of one list (a plan's own, or a container's children). Across containers,
`check_nesting` looks for cycles through a child that waits for an outer step.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from .errors import DependencyError, LimitError
from .ids import child_path
from .nearest import listed, suggestion
from .steps import StepSpec

MAX_NESTING = 25
"""Deepest step inside steps; the JSON text of a plan must stay within its own limit of depth."""
LONGEST_CYCLE_SHOWN = 20
"""Ids of a cycle that a message shows; the error's `ids` hold them all."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times of one step under unlimited parallelism, in the unit of the durations given."""

    earliest_start: float
    earliest_end: float
    latest_start: float

    @property
    def slack(self) -> float:
        """How much later the step may start without delaying the end."""
        return self.latest_start - self.earliest_start


@dataclass(frozen=True, slots=True)
class Graph:
    """An acyclic graph: `parents` maps each step id to the ids it waits for, in file order."""

    parents: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, steps: Sequence[StepSpec], *, outside: Container[str] = ()) -> Graph:
        """Build and check the graph of sibling steps; `outside` are ids it may also refer to.

        Raises `DependencyError` naming the ids of doubled steps and of missing, own and cyclic
        dependencies.
        """
        refuse_doubles([step.id for step in steps])
        known = {step.id for step in steps}
        for fault in (fault for step in steps for fault in edge_faults(step, known, outside)):
            raise fault
        graph = cls(
            {step.id: tuple(name for name in step.waits_for if name in known) for step in steps}
        )
        if not graph.is_in_order():
            _sorted(graph.parents)
        return graph

    def is_in_order(self) -> bool:
        """Tell whether each step follows all that it waits for already, as most plans' do."""
        seen: set[str] = set()
        for step, parents in self.parents.items():
            if not seen.issuperset(parents):
                return False
            seen.add(step)
        return True

    def order(self) -> list[str]:
        """Return the ids so that each follows all that it waits for; ties in file order."""
        names = list(self.parents)
        if self.is_in_order():
            return names
        sorter = _sorted(self.parents)
        place = {step: number for number, step in enumerate(names)}
        ready: list[int] = []
        order: list[str] = []
        while sorter.is_active():
            for step in sorter.get_ready():
                heappush(ready, place[step])
            order.append(names[heappop(ready)])
            sorter.done(order[-1])
        return order

    def levels(self) -> list[list[str]]:
        """Return the groups that can run together: each group waits only for earlier ones."""
        level: dict[str, int] = {}
        for step in self.order():
            level[step] = 1 + max((level[parent] for parent in self.parents[step]), default=-1)
        groups: list[list[str]] = [[] for _ in range(1 + max(level.values(), default=-1))]
        for step in self.parents:
            groups[level[step]].append(step)
        return groups

    def children(self) -> dict[str, list[str]]:
        """Return for each id the ids that wait for it, in file order."""
        found: dict[str, list[str]] = {step: [] for step in self.parents}
        for step, parents in self.parents.items():
            for parent in parents:
                found[parent].append(step)
        return found

    def schedule(self, durations: Mapping[str, float]) -> dict[str, Schedule]:
        """Return each step's times and slack; a step without a duration takes no time."""
        order = self.order()
        ends: dict[str, float] = {}
        for step in order:
            begin = max((ends[parent] for parent in self.parents[step]), default=0.0)
            ends[step] = begin + durations.get(step, 0.0)
        total = max(ends.values(), default=0.0)
        children = self.children()
        latest: dict[str, float] = {}
        for step in reversed(order):
            bound = min((latest[child] for child in children[step]), default=total)
            latest[step] = bound - durations.get(step, 0.0)
        return {
            step: Schedule(ends[step] - durations.get(step, 0.0), ends[step], latest[step])
            for step in order
        }

    def critical_path(self, durations: Mapping[str, float]) -> list[str]:
        """Return the longest path from a first step to a last one; ties in file order."""
        ends = {step: times.earliest_end for step, times in self.schedule(durations).items()}
        path: list[str] = []
        candidates: Sequence[str] = [step for step, after in self.children().items() if not after]
        while candidates:
            last = max(candidates, key=ends.__getitem__)
            path.append(last)
            candidates = self.parents[last]
        return path[::-1]


def cycle_error(cycle: Sequence[str]) -> DependencyError:
    """Return the error for a cycle, listed in order of waiting with its first id repeated."""
    shown = list(cycle)
    if len(shown) > LONGEST_CYCLE_SHOWN:
        shown[LONGEST_CYCLE_SHOWN - 2 : -2] = [f"({len(cycle) - LONGEST_CYCLE_SHOWN} more)"]
    return DependencyError(
        f"the dependencies go round in a circle: {' -> '.join(shown)}",
        ids=cycle,
        mend="remove one of these dependencies",
    )


def _sorted(parents: Mapping[str, Sequence[str]]) -> TopologicalSorter[str]:
    """Return a prepared sorter; raise `DependencyError` for a cycle."""
    sorter = TopologicalSorter(parents)
    try:
        sorter.prepare()
    except CycleError as error:
        raise cycle_error(list(reversed(error.args[1]))) from None
    return sorter


def check_nesting(steps: Sequence[StepSpec]) -> None:
    """Check every list of steps, and cycles that lead through containers.

    A container ends after its children; a child may wait for a step outside its container.
    Raises `DependencyError` as `Graph.of` does; a cycle through containers names paths.
    """
    if not any(step.is_container for step in steps):
        Graph.of(steps)
        return
    nesting = _Nesting()
    nesting.collect(steps, parent="", index=None, scope=ChainMap())
    try:
        TopologicalSorter(nesting.waits).prepare()
    except CycleError as error:
        paths = [path for path, _moment in reversed(error.args[1])]
        shown = [path for at, path in enumerate(paths) if at == 0 or paths[at - 1] != path]
        raise cycle_error(shown) from None


_Moment = tuple[str, bool]
"""The start (False) or the end (True) of the step at a path."""


class _Nesting:
    """What each start and end of a step waits for, over all lists of a plan."""

    def __init__(self) -> None:
        self.waits: dict[_Moment, list[_Moment]] = {}

    def collect(
        self,
        steps: Sequence[StepSpec],
        *,
        parent: str,
        index: int | None,
        scope: ChainMap[str, str],
        depth: int = 1,
    ) -> list[str]:
        """Add the steps of one list and all below them; return the list's paths.

        `scope` maps each id in sight from outside to its path.
        """
        if depth > MAX_NESTING:
            raise LimitError(
                "the nesting of steps", allowed=MAX_NESTING, given="deeper", where=parent
            )
        self.check_list(steps, parent=parent, scope=scope)
        own = {step.id: str(child_path(parent, step.id, index=index)) for step in steps}
        visible = scope.new_child(own)
        for step in steps:
            path = own[step.id]
            self.waits[path, False] = [(visible[name], True) for name in step.waits_for]
            inner = self.collect_children(step, path=path, scope=visible, depth=depth + 1)
            self.waits[path, True] = [(path, False), *((child, True) for child in inner)]
        return list(own.values())

    @staticmethod
    def check_list(steps: Sequence[StepSpec], *, parent: str, scope: Container[str]) -> None:
        """Check the steps of one list by themselves; say which container they are in."""
        try:
            Graph.of(steps, outside=scope)
        except DependencyError as error:
            where = f"inside step {parent!r}" if parent else ""
            raise DependencyError(
                error.problem, ids=error.ids, where=where, mend=error.mend
            ) from error

    def collect_children(
        self, step: StepSpec, *, path: str, scope: ChainMap[str, str], depth: int
    ) -> list[str]:
        """Add the children of one step; return their paths."""
        lists: list[tuple[int | None, Sequence[StepSpec]]] = (
            [(None, step.steps)] if step.steps else []
        )
        lists += [(number, case.steps) for number, case in enumerate(step.cases)]
        return [
            child
            for index, inner in lists
            for child in self.collect(inner, parent=path, index=index, scope=scope, depth=depth)
        ]


def refuse_doubles(ids: Sequence[str]) -> None:
    """Raise `DependencyError` naming the ids that a list of steps has more than once."""
    doubles = [step for step, times in Counter(ids).items() if times > 1]
    if doubles:
        raise DependencyError(
            f"these step ids are used more than once: {listed(doubles)}",
            ids=doubles,
            mend="give every step of a list an id of its own",
        )


def edge_faults(
    step: StepSpec, siblings: AbstractSet[str], outside: Container[str] = ()
) -> Iterator[DependencyError]:
    """Yield what is wrong with a step's dependencies: missing ones and its own.

    `siblings` are the ids of the step's list, `outside` those that it may also refer to.
    """
    for dependency in step.dependencies:
        if dependency == step.id:
            yield DependencyError(
                f"step {step.id!r} depends on itself", ids=[step.id], mend="remove that dependency"
            )
        elif dependency not in siblings and dependency not in outside:
            others = sorted(siblings - {step.id})
            yield DependencyError(
                f"step {step.id!r} depends on {dependency!r}, which does not exist",
                ids=[dependency],
                mend=suggestion(dependency, others, kind="other steps"),
            )
