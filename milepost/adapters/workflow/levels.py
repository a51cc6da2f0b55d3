"""The lists of steps in a plan, and what expressions in each of them may name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from milepost.domain.expressions import PREVIOUS, ScopeTypes
from milepost.domain.plans import PlanSpec, walk
from milepost.domain.steps import StepKind, StepSpec


@dataclass(frozen=True, slots=True)
class Level:
    """Sibling steps, the pointer to their list, and what they may name."""

    steps: tuple[StepSpec, ...]
    pointer: str
    scope: ScopeTypes
    ancestors: frozenset[str] = frozenset()

    def placed(self) -> Iterator[tuple[str, StepSpec]]:
        """Yield each step with the pointer to it."""
        for at, step in enumerate(self.steps):
            yield f"{self.pointer}/{at}", step

    @property
    def outside(self) -> list[str]:
        """Ids that the steps may name beside those of one another."""
        return sorted(self.scope.steps - {step.id for step in self.steps})


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
    visible = (outer.steps | {step.id for step in steps}) - ancestors
    inside = dict(outer.inside)
    for step in steps:
        inner = step.steps + tuple(child for case in step.cases for child in case.steps)
        inside |= dict.fromkeys((child.id for child in walk(inner)), step.id)
    hidden = {name: owner for name, owner in inside.items() if name not in visible}
    scope = replace(outer, steps=visible, inside=hidden, unfinished=ancestors)
    return Level(steps, pointer, scope, ancestors)
