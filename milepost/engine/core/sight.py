"""What the steps of a group may name: one another, and what lies further out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .compiled import Group, Node


class Sight(AbstractSet[str]):
    """The ids that expressions in a group may name; not those of the steps that it is in.

    Groups share what is further out, so that many containers in one plan cost no more than few.
    """

    def __init__(self, group: Group, outer: Sight | None) -> None:
        self.own = {node.spec.id: node for node in group.nodes}
        self.outer = outer
        self.around: frozenset[str] = frozenset()
        if outer is not None and group.owner is not None:
            self.around = outer.around | {group.owner.spec.id}

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> AbstractSet[str]:  # type: ignore[override]
        return frozenset(it)

    def __contains__(self, name: object) -> bool:
        return name not in self.around and any(name in level.own for level in self._levels())

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set(self.around)
        for level in self._levels():
            for name in level.own:
                if name not in seen:
                    seen.add(name)
                    yield name

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def node(self, name: str) -> Node:
        """Return the nearest step of that id, containers around the group included."""
        for level in self._levels():
            if name in level.own:
                return level.own[name]
        raise KeyError(name)

    def _levels(self) -> Iterator[Sight]:
        level: Sight | None = self
        while level is not None:
            yield level
            level = level.outer
