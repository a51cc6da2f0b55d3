"""The changes of a comparison, found by the step or the list that they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from .changes import AddedStep, ChangedEdge, Edge, MovedStep, PlanDiff, RemovedStep
from .tree import Place, id_of


@dataclass(slots=True)
class Members:
    """Who came to a list of siblings, left it, or stands elsewhere in it; by id."""

    added: dict[str, AddedStep] = field(default_factory=dict)
    removed: dict[str, RemovedStep] = field(default_factory=dict)
    moved: dict[str, MovedStep] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """The ids of all of them."""
        return {*self.added, *self.removed, *self.moved}


@dataclass(slots=True)
class Edges:
    """What became of the dependencies of one step that was there and is there; by their source."""

    added: dict[str, Edge] = field(default_factory=dict)
    removed: dict[str, Edge] = field(default_factory=dict)
    changed: dict[str, ChangedEdge] = field(default_factory=dict)


class Told:
    """The changes by place.

    `named` are the paths of all steps that something is told of, `touched` the steps and lists
    with changes in or below them.
    """

    def __init__(self, changes: PlanDiff) -> None:
        self.fields = changes.changed
        self.members: dict[Place, Members] = defaultdict(Members)
        self.edges: dict[str, Edges] = defaultdict(Edges)
        self._read_members(changes)
        self._read_edges(changes)
        within = {*self.fields, *self.edges}
        self.named = within.union(
            place.path(name) for place, members in self.members.items() for name in members.names
        )
        self.touched = {at for path in within for at in _enclosing(path)}
        for place in self.members:
            self.touched |= {place, *_enclosing(place.container)}

    def _read_members(self, changes: PlanDiff) -> None:
        for added in changes.added:
            self._members(added.path).added[id_of(added.path)] = added
        for removed in changes.removed:
            self._members(removed.path).removed[id_of(removed.path)] = removed
        for moved in changes.moved:
            self._members(moved.path).moved[id_of(moved.path)] = moved

    def _members(self, path: str) -> Members:
        return self.members[Place.of(path)]

    def _read_edges(self, changes: PlanDiff) -> None:
        """Keep the edges of steps that stay; those of others come and go with their steps."""
        come, gone = {a.path for a in changes.added}, {r.path for r in changes.removed}
        for edge in changes.added_edges:
            if not _is_within(edge.target, come):
                self.edges[edge.target].added[edge.source] = edge
        for edge in changes.removed_edges:
            if not _is_within(edge.target, gone):
                self.edges[edge.target].removed[edge.source] = edge
        for changed in changes.changed_edges:
            self.edges[changed.target].changed[changed.source] = changed


def _is_within(path: str, tops: Container[str]) -> bool:
    return any(outer in tops for outer in _enclosing(path))


def _enclosing(path: str) -> Iterator[str | Place]:
    """Yield a step's path, its list, its container's path and so on to the plan's own list."""
    while path:
        yield path
        place = Place.of(path)
        yield place
        path = place.container
