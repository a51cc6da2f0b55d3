"""What a plan still needs: the tools and models of the steps that may yet run.

A step that has ended needs nothing more, nor does a branch that was not taken. A plan that can
undo its steps also needs what undoes them, for any of them may fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from milepost.domain.ids import StepPath, children_prefix, static_path, undo_path
from milepost.domain.lookup import StepLookup
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepKind, StepStatus

from .core import CompiledPlan, Node, PlanState
from .core.compiled import Group
from .core.survey import is_undone

_NAMED = 5


class Need(NamedTuple):
    """What a step may yet call: a tool by its name, or a model where `tool` is None."""

    step: str
    tool: str | None


def named(compiled: CompiledPlan) -> frozenset[str | None]:
    """Return the tools that a plan's content names, and None if some step asks a model."""
    found: set[str | None] = set()
    for node in compiled.nodes:
        spec = node.spec
        if node.works:
            found.add(spec.tool)
        if spec.compensate is not None:
            found.add(spec.compensate.tool)
        found.update(other.tool for other in spec.alternatives)
    return frozenset(found)


def needs(state: PlanState) -> Iterator[Need]:
    """Yield what a plan still needs to be carried on from here until it ends or rests."""
    plan = state.plan
    if plan.ended:
        return
    if plan.compensation is not None:
        undoing = (one for one in state.undoing if not one.step.ended)
        yield from (Need(one.path, one.node.spec.tool) for one in undoing)
    elif plan.status is not PlanStatus.PAUSED:
        yield from _of_group(state, state.compiled.root, "", fresh=False)
        for path, instance in state.failures.items():
            yield from _alternatives(state, instance.node, path)
        yield from _undoing(state)
    elif under_way := interrupted(state):
        yield from under_way
        yield from _undoing(state)


def interrupted(state: PlanState) -> list[Need]:
    """Return what the attempts call that are under way, or were cut off."""
    works = (one for one in state.active.values() if one.node.works and one.is_running)
    return [Need(one.path, one.node.spec.tool) for one in works]


def told(plan: str, lacking: Iterable[Need]) -> str:
    """Say what a plan needs that is not at hand, each thing once, and how to give it."""
    steps: dict[str | None, str] = {}
    for need in lacking:
        steps.setdefault(need.tool, static_path(need.step))
    things = [
        f"the tool {tool!r} (step {step!r})" if tool else f"a model (step {step!r})"
        for tool, step in steps.items()
    ]
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    ways = []
    if any(steps):
        ways.append("tools with --tools MODULE (`tools=` of `milepost.open`)")
    if None in steps:
        ways.append("models with --models FILE (`models=` of `milepost.open`)")
    return (
        f"plan {plan}: it cannot be carried out without {', '.join(things[:_NAMED])}{more}; "
        f"give {' and '.join(ways)}"
    )


def _of_group(state: PlanState, group: Group, prefix: str, *, fresh: bool) -> Iterator[Need]:
    """Yield what the steps of a group may call; `fresh` ones begin whatever came of them before."""
    for node in group.nodes:
        path = StepPath(prefix + node.segment)
        step = None if fresh else state.steps.get(path)
        if step is None or not step.ended:
            if node.works and (step is None or step.status is not StepStatus.SUSPENDED):
                yield Need(path, node.spec.tool)
            yield from _alternatives(state, node, path)
            if node.undo is not None:
                yield Need(undo_path(path), node.undo.spec.tool)
            yield from _inside(state, node, path, fresh=fresh or node.policy is not None)


def _inside(state: PlanState, node: Node, path: StepPath, *, fresh: bool) -> Iterator[Need]:
    if node.kind is StepKind.LOOP:
        yield from _in_loop(state, node, path, fresh=fresh)
        return
    is_branch = node.kind is StepKind.BRANCH
    for at, group in enumerate(node.groups):
        prefix = children_prefix(path, index=at if is_branch else None)
        yield from _of_group(state, group, prefix, fresh=fresh)


def _in_loop(state: PlanState, node: Node, path: StepPath, *, fresh: bool) -> Iterator[Need]:
    instance = None if fresh else state.instances.get(path)
    frames = instance.frames if instance is not None else ()
    for frame in frames:
        prefix = children_prefix(path, index=frame.index)
        yield from _of_group(state, frame.group, prefix, fresh=False)
    if instance is None or instance.items is None or len(frames) < len(instance.items):
        yield from _of_group(state, node.groups[0], children_prefix(path), fresh=True)


def _alternatives(state: PlanState, node: Node, path: StepPath) -> Iterator[Need]:
    if state.compiled.settings.replan is not None:
        yield from (Need(path, other.tool) for other in node.spec.alternatives)


def _undoing(state: PlanState) -> Iterator[Need]:
    """Yield what undoes the finished steps, should the plan fail."""
    if state.compiled.compensates:
        steps = StepLookup(state.compiled.spec)
        for path in state.finished:
            spec = steps.find(path)
            if spec is not None and spec.compensate is not None and not is_undone(state, path):
                yield Need(undo_path(path), spec.compensate.tool)
