"""A plan without a step, and without all that cannot be without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepKind, StepSpec


class Dropped(NamedTuple):
    """What is left of a plan; `problem` says why the step cannot be left out."""

    steps: tuple[StepSpec, ...]
    ids: tuple[str, ...] = ()
    """The steps that are gone."""
    problem: str | None = None


def without(spec: PlanSpec, step: str, needs: Mapping[str, Sequence[str]]) -> Dropped:
    """Leave out a top-level step and those that need it, unless the plan's results need it.

    `needs` are the ids of the top-level steps that each waits for.
    """
    gone = {step}
    while more := {name for name, sources in needs.items() if gone & set(sources)} - gone:
        gone |= more
    final = next((one for one in spec.steps if one.id in gone and _ends_plan(one)), None)
    if final is not None:
        return Dropped((), problem=f"the plan ends with {final.id!r}, which needs it")
    waited_for = {source for sources in needs.values() for source in sources}
    last = {one.id for one in spec.steps} - waited_for
    if last <= gone:
        return Dropped((), problem="all that the plan gives needs it")
    left = tuple(one for one in spec.steps if one.id not in gone)
    return Dropped(left, tuple(one.id for one in spec.steps if one.id in gone))


def _ends_plan(step: StepSpec) -> bool:
    return step.final or step.kind is StepKind.RESPONSE
