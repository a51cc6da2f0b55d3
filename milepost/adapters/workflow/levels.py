"""The lists of steps in a plan, and what expressions in each of them may name."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from milepost.domain.expressions import PREVIOUS, ScopeTypes
from milepost.domain.plans import PlanSpec, walk
from milepost.domain.steps import StepKind, StepSpec


@dataclass(frozen=True, slots=True, eq=False)
class Sight(AbstractSet[str]):
    """The ids `own` and those of `outer`, without those that are `hidden`.

    Lists of steps share what is further out, so that many of them cost no more than few.
    """

    own: frozenset[str] = frozenset()
    outer: AbstractSet[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> AbstractSet[str]:  # type: ignore[override]
        return frozenset(it)

    def __contains__(self, name: object) -> bool:
        return name not in self.hidden and (name in self.own or name in self.outer)

    def __iter__(self) -> Iterator[str]:
        return iter(self.own.union(self.outer) - self.hidden)

    def __len__(self) -> int:
        return sum(1 for _name in self)


@dataclass(frozen=True, slots=True)
class Level:
    """Sibling steps, the pointer to their list, and what they may name."""

    steps: tuple[StepSpec, ...]
    pointer: str
    scope: ScopeTypes
    outside: AbstractSet[str] = frozenset()
    """Ids that the steps may name beside those of one another."""
    ancestors: frozenset[str] = frozenset()

    def placed(self) -> Iterator[tuple[str, StepSpec]]:
        """Yield each step with the pointer to it."""
        for at, step in enumerate(self.steps):
            yield f"{self.pointer}/{at}", step


def levels_of(spec: PlanSpec) -> Iterator[Level]:
    """Yield every list of steps, a plan's own first, its fallback's last."""
    pending = [_top_level(spec, spec.steps, "/steps")]
    if isinstance(spec.fallback, tuple):
        pending.insert(0, _top_level(spec, spec.fallback, "/fallback"))
    while pending:
        level = pending.pop()
        yield level
        for pointer, step in level.placed():
            pending += _below(level, step, pointer)


def _top_level(spec: PlanSpec, steps: tuple[StepSpec, ...], pointer: str) -> Level:
    names = frozenset(spec.context).union(*(step.set for step in walk(steps)))
    root = ScopeTypes(inputs=spec.inputs, context=names)
    return _level(steps, pointer, root, frozenset())


def scope_inside(scope: ScopeTypes, step: StepSpec) -> ScopeTypes:
    """Return the scope with the names that a step gives to what is inside of it."""
    if step.kind is not StepKind.LOOP:
        return scope
    names = {"index"} | ({"item"} if step.for_each is not None else set())
    before = set() if step.is_concurrent else {PREVIOUS}
    return replace(scope, loop=(scope.loop - {PREVIOUS}) | names | before)


def _below(level: Level, step: StepSpec, pointer: str) -> Iterator[Level]:
    scope = scope_inside(level.scope, step)
    ancestors = level.ancestors | {step.id}
    if step.steps:
        yield _level(step.steps, f"{pointer}/steps", scope, ancestors)
    for at, case in enumerate(step.cases):
        yield _level(case.steps, f"{pointer}/cases/{at}/steps", scope, ancestors)


def _level(
    steps: tuple[StepSpec, ...], pointer: str, outer: ScopeTypes, ancestors: frozenset[str]
) -> Level:
    outside = Sight(outer=outer.steps, hidden=ancestors)
    visible = Sight(frozenset(step.id for step in steps), outer.steps, ancestors)
    inside = ChainMap(_inside(steps), outer.inside)  # type: ignore[arg-type] # it is only read
    scope = replace(outer, steps=visible, inside=inside, unfinished=ancestors)
    return Level(steps, pointer, scope, outside, ancestors)


def _inside(steps: tuple[StepSpec, ...]) -> dict[str, str]:
    """Return for each id further inside the step of a list that it is in."""
    found: dict[str, str] = {}
    for step in steps:
        inner = step.steps + tuple(child for case in step.cases for child in case.steps)
        found |= dict.fromkeys((child.id for child in walk(inner)), step.id)
    return found
