"""A plan made ready for deciding: nodes with their edges, programs and templates compiled once.

A compiled plan holds no state and is shared by all plans of the same content.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from milepost.domain.expressions import Program
from milepost.domain.ids import encode_segment
from milepost.domain.plans import PlanSettings, PlanSpec, Scheduling
from milepost.domain.policies import RetryPolicy
from milepost.domain.steps import DependencyType, Settle, StepKind, StepSpec
from milepost.domain.templates import Template

LEAVES_WITH_WORK = frozenset({StepKind.TOOL_CALL, StepKind.LLM_CALL})
INTERRUPTIONS = RetryPolicy().max_attempts
"""Attempts that interruptions may use up where no retry policy is given."""


@dataclass(slots=True, eq=False)
class Edge:
    """A wait for `source`; `when` is asked once it has settled."""

    source: Node
    settle: Settle
    when: Program | None
    kind: DependencyType


@dataclass(slots=True, eq=False)
class Group:
    """Steps that come into being together: a plan's, a container's, or one branch case's."""

    owner: Node | None
    nodes: list[Node] = field(default_factory=list)
    when: Program | None = None
    """Condition of a branch case; None for `else` and for all other groups."""
    source: str = ""


@dataclass(slots=True, eq=False)
class Node:
    """A step of the plan as written, with all that deciding about it needs."""

    spec: StepSpec
    number: int
    """Place in the plan, parents before children."""
    place: int
    """Place among its siblings."""
    group: Group
    edges: list[Edge] = field(default_factory=list)
    waits: list[Edge] = field(default_factory=list)
    """The edges whose source has to settle first: all but the `parallel` ones."""
    conditions: list[Program] = field(default_factory=list)
    """What is asked before the step begins: what its edges say, then its own `when`."""
    groups: list[Group] = field(default_factory=list)
    when: Program | None = None
    input: Template | None = None
    for_each: Template | None = None
    count: Template | None = None
    condition: Program | None = None
    wait: Template | None = None
    writes: Template | None = None
    expect: Program | None = None
    undo: Node | None = None
    """The step that undoes this one, if there is one."""
    asks_context: bool = False
    """Whether some of `conditions` reads the plan's context."""
    reads_context: bool = False
    """Whether some expression of the step reads the plan's context."""
    reads_previous: bool = False
    """Whether some expression in the step or below it reads `previous`."""
    policy: RetryPolicy | None = None
    priority: int = 0
    path_left: float = 0.0
    """Length of the longest path from here to the end, in estimated seconds (1 if unknown)."""

    segment: str = field(init=False)
    """The last part of the paths of the step's instances."""
    kind: StepKind = field(init=False)
    works: bool = field(init=False)
    """Whether an attempt of the step leaves the core: a tool or a model is called."""
    ends_plan: bool = field(init=False)
    """Whether completing the step completes the plan."""

    def __post_init__(self) -> None:
        self.segment = encode_segment(self.spec.id)
        self.kind = self.spec.kind
        self.works = self.kind in LEAVES_WITH_WORK
        self.ends_plan = self.spec.final or self.kind is StepKind.RESPONSE

    @property
    def attempts_allowed(self) -> int:
        """How many attempts an activation may have, interrupted ones included."""
        return self.policy.max_attempts if self.policy else INTERRUPTIONS


@dataclass(slots=True, eq=False)
class CompiledPlan:
    """A plan's nodes, its settings, and the strategy that its edges ask for."""

    spec: PlanSpec
    root: Group
    nodes: list[Node]
    strategy: Scheduling
    sinks: list[Node]
    """Top-level steps that no other waits for: their outputs are the plan's."""

    compensates: bool = False
    """Whether some step can be undone."""
    settings: PlanSettings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = self.spec.settings
