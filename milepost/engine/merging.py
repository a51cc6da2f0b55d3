"""A new content merged with what a plan has done: finished work and work under way stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.events import SkipReason
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import Dependency, DependencyType, StepSpec, StepStatus

from .core.derive import derive
from .core.state import below

if TYPE_CHECKING:
    from .core import Instance, Node, PlanState

_STAYS = frozenset({StepStatus.COMPLETED, StepStatus.RUNNING, StepStatus.SUSPENDED})
NEVER = "false"


def merged(state: PlanState, new: PlanSpec) -> PlanSpec:
    """Return `new` with the top-level steps of the present content that have to stay.

    Steps that are finished or under way stay as they are. One that failed and holds finished
    steps, or that a step that stays names, is set aside: its condition never holds. `state` is
    a copy that is of no use afterwards.
    """
    derive(state, whole=True)
    root = state.root.instances if state.root is not None else {}
    named = {step.id for step in new.steps}
    stay = {name: one.node.spec for name, one in root.items() if name not in named and _stays(one)}
    aside = {
        name: _set_aside(root[name].node.spec)
        for name in _named_by([root[name].node for name in stay])
        if name not in stay and name not in named
    }
    aside |= {
        name: _set_aside(one.node.spec)
        for name, one in root.items()
        if name not in stay and name not in named and _holds_finished(one)
    }
    kept = stay | aside
    before = tuple(kept[name] for name in root if name in kept)
    return new.model_copy(update={"steps": (*before, *_beside(new.steps, list(stay)))})


def _stays(instance: Instance) -> bool:
    step = instance.step
    by_condition = step.status is StepStatus.SKIPPED and step.skipped is not SkipReason.BLOCKED
    return step.status in _STAYS or by_condition


def _holds_finished(instance: Instance) -> bool:
    return any(one.step.status is StepStatus.COMPLETED for one in below(instance))


def _named_by(nodes: list[Node]) -> list[str]:
    """Return the ids of the top-level steps that these, and those in turn, wait for."""
    found: dict[str, None] = {}
    pending = [source for node in nodes for source in sources_of(node)]
    while pending:
        node = pending.pop()
        if node.spec.id not in found:
            found[node.spec.id] = None
            pending += sources_of(node)
    return list(found)


def sources_of(node: Node) -> list[Node]:
    """Return the top-level steps that a top-level step, or one inside of it, waits for."""
    inner = [one for group in node.groups for child in group.nodes for one in sources_of(child)]
    own = [edge.source for edge in node.edges if edge.source.group.owner is None]
    return own + inner


def _set_aside(step: StepSpec) -> StepSpec:
    return step.model_copy(update={"when": NEVER})


def _beside(steps: tuple[StepSpec, ...], stay: list[str]) -> tuple[StepSpec, ...]:
    """Return the new steps, the first ones after what stays: that is not the plan's result."""
    edges = tuple(Dependency(step=name, type=DependencyType.PARALLEL) for name in stay)
    return tuple(
        step if step.depends_on or not edges else step.model_copy(update={"depends_on": edges})
        for step in steps
    )
