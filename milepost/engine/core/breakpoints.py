"""Breakpoints: the plan pauses before a step, so that its state can be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milepost.domain.events import PlanPaused
from milepost.domain.ids import child_path, static_path

if TYPE_CHECKING:
    from .compiled import Node
    from .state import Instance, PlanState


def hold(state: PlanState) -> None:
    """Pause a running plan right away, because that was asked for."""
    state.record(PlanPaused, reason="held on request")


def is_known(state: PlanState, path: str) -> bool:
    """Tell whether the plan has steps that a breakpoint at that path stands for."""
    return any(_place(node) == static_path(path) for node in state.compiled.nodes)


def holds(state: PlanState, instance: Instance) -> bool:
    """Pause before a step's first attempt if there is a breakpoint; tell whether it did.

    Once the plan is resumed, the step passes; it is held again should it be reset.
    """
    plan, path = state.plan, instance.path
    if not plan.breakpoints or instance.step.attempt or path in state.passed:
        return False
    if path not in plan.breakpoints and static_path(path) not in plan.breakpoints:
        return False
    state.record(PlanPaused, reason=f"breakpoint before step {path!r}", breakpoint=path)
    return True


def _place(node: Node) -> str:
    """Return a node's path without the numbers of iterations and cases."""
    owner = node.group.owner
    return child_path(_place(owner) if owner is not None else "", node.spec.id)
