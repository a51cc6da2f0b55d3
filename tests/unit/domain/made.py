"""Steps and plans, written shortly."""

from typing import Any

from milepost.domain.plans import OrchestrationType, Plan
from milepost.domain.steps import Dependency, StepKind, StepSpec


def step(name: str, /, *depends_on: str | Dependency, **more: Any) -> StepSpec:
    """Return a tool step."""
    edges = [edge if isinstance(edge, Dependency) else Dependency(step=edge) for edge in depends_on]
    fields: dict[str, Any] = {"kind": StepKind.TOOL_CALL, "tool": "noop", "input": {}, **more}
    return StepSpec(id=name, depends_on=tuple(edges), **fields)


def container(
    name: str,
    *children: StepSpec,
    depends_on: tuple[str, ...] = (),
    kind: StepKind = StepKind.PARALLEL,
) -> StepSpec:
    """Return a step with children."""
    edges = tuple(Dependency(step=edge) for edge in depends_on)
    return StepSpec(id=name, kind=kind, input={}, steps=children, depends_on=edges)


def plan(*steps: StepSpec, **more: Any) -> Plan:
    """Return a plan of these steps."""
    return Plan(id="test-plan", type=OrchestrationType.FIXED, steps=steps, **more)
