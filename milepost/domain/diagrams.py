"""Lifecycle diagrams, drawn from the same tables that the aggregates obey."""

from __future__ import annotations

from transitions.extensions import GraphMachine

from .lifecycles import Lifecycle, State

_STYLES = ("classDef ", "Class ")


class _Model:
    """What the drawing machine needs to draw; nothing is ever triggered on it."""


def mermaid(lifecycle: Lifecycle[State]) -> str:
    """Return a lifecycle as a Mermaid state diagram, one line per move, without colours."""
    drawn = GraphMachine(
        model=_Model(),
        states=[
            state.value for state in lifecycle.states if state.value in lifecycle.machine.states
        ],
        initial=lifecycle.initial.value,
        transitions=lifecycle.rows(),
        auto_transitions=False,
        graph_engine="mermaid",
    )
    source = str(drawn.get_combined_graph().draw(None))
    body = source.partition("stateDiagram-v2")[2].splitlines()
    lines = [line for line in body if line.strip() and not line.strip().startswith(_STYLES)]
    return "\n".join(["stateDiagram-v2", *lines]) + "\n"
