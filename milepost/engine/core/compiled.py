"""A plan made ready for deciding: nodes with their edges, programs and templates compiled once.

A compiled plan holds no state and is shared by all plans of the same content.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from itertools import groupby

from milepost.domain.errors import ExpressionError, ValidationError
from milepost.domain.expressions import Expressions, Program, ScopeTypes
from milepost.domain.graph import Graph, check_nesting, cycle_error
from milepost.domain.plans import PlanSettings, PlanSpec, Scheduling, walk
from milepost.domain.policies import RetryPolicy
from milepost.domain.steps import DependencyType, Settle, StepKind, StepSpec
from milepost.domain.templates import Template, compile_template
from milepost.domain.values import Json

from .sight import Sight

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
    reads_context: bool = False
    """Whether some expression of the step reads the plan's context."""
    reads_previous: bool = False
    """Whether some expression in the step or below it reads `previous`."""
    policy: RetryPolicy | None = None
    priority: int = 0
    path_left: float = 0.0
    """Length of the longest path from here to the end, in estimated seconds (1 if unknown)."""

    @property
    def kind(self) -> StepKind:
        """The step's kind."""
        return self.spec.kind

    @property
    def works(self) -> bool:
        """Whether an attempt of the step leaves the core: a tool or a model is called."""
        return self.spec.kind in LEAVES_WITH_WORK

    @property
    def ends_plan(self) -> bool:
        """Whether completing the step completes the plan."""
        return self.spec.final or self.spec.kind is StepKind.RESPONSE

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

    @property
    def settings(self) -> PlanSettings:
        """The plan's settings."""
        return self.spec.settings


def compile_plan(spec: PlanSpec, expressions: Expressions) -> CompiledPlan:
    """Check a plan's dependencies and expressions and return it compiled.

    Raises `DependencyError`, `ExpressionError` and `ValidationError`, naming the step.
    """
    check_nesting(spec.steps)
    nodes: list[Node] = []
    root = _group(spec.steps, owner=None, nodes=nodes)
    compiler = _Compiler(spec, expressions)
    for node in nodes:
        compiler.compile(node)
    _refuse_cycles(nodes)
    _refuse_large_demands(spec, nodes)
    for group in _groups(root):
        _measure_paths(group)
    waited_for = {edge.source for node in root.nodes for edge in node.edges}
    sinks = [node for node in root.nodes if node not in waited_for]
    compensates = any(node.undo is not None for node in nodes)
    return CompiledPlan(spec, root, nodes, _strategy(spec, root), sinks, compensates)


def _group(steps: Sequence[StepSpec], *, owner: Node | None, nodes: list[Node]) -> Group:
    """Return the nodes of sibling steps and all below them, in file order."""
    group = Group(owner)
    for place, step in enumerate(steps):
        node = Node(step, number=len(nodes), place=place, group=group)
        nodes.append(node)
        group.nodes.append(node)
        lists = [step.steps] if step.steps else [case.steps for case in step.cases]
        node.groups = [_group(inner, owner=node, nodes=nodes) for inner in lists]
    return group


class _Compiler:
    """Compiles one step at a time; remembers what the step's expressions refer to."""

    def __init__(self, spec: PlanSpec, expressions: Expressions) -> None:
        self.spec = spec
        self.expressions = expressions
        self.context = frozenset(spec.context).union(*(step.set for step in walk(spec.steps)))
        self.references: set[str] = set()
        self._sights: dict[int, tuple[Sight, ScopeTypes]] = {}

    def compile(self, node: Node) -> None:
        """Fill in the node's programs, templates, policy and edges."""
        spec = node.spec
        sight, outer = self._sight(node.group)
        inner = replace(outer, loop=_loop_names(node)) if node.kind is StepKind.LOOP else outer
        self.references.clear()
        where = f"step {spec.id!r}"
        node.when = self._program(spec.when, outer, where)
        node.input = self._template(spec.input, outer, where)
        node.for_each = self._template(spec.for_each, outer, where)
        node.count = self._template(spec.count, outer, where)
        node.condition = self._program(spec.while_ or spec.until, inner, where)
        node.wait = self._template(_text(spec.wait_for) or _text(spec.wait_until), outer, where)
        for group, case in zip(node.groups, spec.cases, strict=False):
            group.source = case.when or "else"
            group.when = self._program(case.when, outer, where)
        node.policy = spec.retry or (self.spec.settings.default_retry if node.works else None)
        node.priority = max([spec.priority, *(edge.priority for edge in spec.depends_on)])
        for edge in spec.depends_on:
            condition = self._program(edge.when, outer, where)
            node.edges.append(Edge(sight.node(edge.step), edge.settle, condition, edge.type))
        self._refuse_own_name(spec.id)
        node.writes = self._template(dict(spec.set), outer, where) if spec.set else None
        node.expect = self._program(spec.expect, outer, where)
        self.references.discard(spec.id)
        self._add_implied_edges(node, sight)
        node.reads_context = any("context" in reader.roots for reader in _readers(node))
        for alternative in spec.alternatives:
            self._template(alternative.input, outer, where)
        if any("previous" in reader.roots for reader in _readers(node)):
            _note_previous(node)
        node.undo = self._undo(node, outer, where)

    def _undo(self, node: Node, scope: ScopeTypes, where: str) -> Node | None:
        """Return the step that undoes a step; it sees what that one sees, and its output."""
        spec, compensate = node.spec, node.spec.compensate
        if compensate is None:
            return None
        written = spec.model_copy(
            update={
                "tool": compensate.tool,
                "kind": StepKind.TOOL_CALL,
                "input": compensate.input,
                **dict.fromkeys(("depends_on", "steps", "cases"), ()),
                **dict.fromkeys(("when", "compensate", "for_each", "count", "while_", "until")),
                **dict.fromkeys(("wait_for", "wait_until")),
                "set": {},
                "resources": {},
                "final": False,
            }
        )
        undo = Node(written, node.number, node.place, node.group)
        undo.input = self._template(dict(compensate.input), scope, where)
        undo.policy = spec.retry or self.spec.settings.default_retry
        return undo

    def _sight(self, group: Group) -> tuple[Sight, ScopeTypes]:
        """Return the steps that a group's members may name, and what expressions may say."""
        known = self._sights.get(id(group))
        if known is None:
            sight = Sight(group, self._sight(group.owner.group)[0] if group.owner else None)
            names = _loop_names(group.owner)
            types = ScopeTypes(self.spec.inputs, self.context, sight, names)
            known = self._sights[id(group)] = (sight, types)
        return known

    def _program(self, source: str | None, scope: ScopeTypes, where: str) -> Program | None:
        if source is None:
            return None
        program = self.expressions.compile(source, scope=scope, expect="bool", where=where)
        self.references.update(program.step_references)
        return program

    def _template(self, value: Json, scope: ScopeTypes, where: str) -> Template | None:
        if value is None:
            return None
        template = compile_template(value, self.expressions, scope, where=where)
        if template is not None:
            self.references.update(template.step_references)
        return template

    def _add_implied_edges(self, node: Node, sight: Sight) -> None:
        """Wait also for the step before in an ordered list, and for all that is referred to."""
        named = {edge.source.number for edge in node.edges}
        parallel = DependencyType.PARALLEL
        awaited = {edge.source.number for edge in node.edges if edge.kind is not parallel}
        sources = [sight.node(name) for name in sorted(self.references)]
        if node.place and _is_ordered(node.group):
            before = node.group.nodes[node.place - 1]
            sources[:0] = [before] if before.number not in named else []
        for source in sources:
            if source.number not in awaited:
                awaited.add(source.number)
                kind = DependencyType.SEQUENTIAL
                node.edges.append(Edge(source, Settle.DONE_OR_SKIPPED, None, kind))

    def _refuse_own_name(self, name: str) -> None:
        if name in self.references:
            raise ExpressionError(
                f"step {name!r} refers to itself",
                mend="only `set` may name the step's own output",
            )


def _readers(node: Node) -> Iterator[Program | Template]:
    """Yield all that is evaluated for a step."""
    own = (node.when, node.input, node.for_each, node.count, node.condition, node.wait)
    ends = (node.writes, node.expect)
    conditions = (*(edge.when for edge in node.edges), *(group.when for group in node.groups))
    yield from (reader for reader in (*own, *ends, *conditions) if reader is not None)


def _note_previous(node: Node | None) -> None:
    """Mark a step and all that it lies in as reading `previous`."""
    while node is not None:
        node.reads_previous = True
        node = node.group.owner


def _loop_names(node: Node | None) -> frozenset[str]:
    """Return the names that loops give to what is inside of `node`."""
    names: set[str] = set()
    while node is not None:
        if node.kind is StepKind.LOOP:
            names |= {"index", "previous"}
            if node.spec.for_each is not None:
                names.add("item")
        node = node.group.owner
    return frozenset(names)


def _is_ordered(group: Group) -> bool:
    return group.owner is not None and group.owner.kind is not StepKind.PARALLEL


def _refuse_cycles(nodes: Sequence[Node]) -> None:
    """Refuse circles that references or nesting close; a container ends after its children."""
    if all(_looks_back(node) for node in nodes):
        return
    waits: dict[tuple[int, bool], set[tuple[int, bool]]] = {}
    for node in nodes:
        begin = waits.setdefault((node.number, False), set())
        waits.setdefault((node.number, True), set()).add((node.number, False))
        begin.update(
            (edge.source.number, True)
            for edge in node.edges
            if edge.kind is not DependencyType.PARALLEL
        )
        if node.group.owner is not None:
            begin.add((node.group.owner.number, False))
            waits.setdefault((node.group.owner.number, True), set()).add((node.number, True))
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        numbers = [number for number, _end in reversed(error.args[1])]
        names = [nodes[number].spec.id for number, _same in groupby(numbers)]
        raise cycle_error(names) from None


def _looks_back(node: Node) -> bool:
    """Tell whether all that a step waits for ends before it in the order of the file."""
    return all(
        edge.source.number < node.number
        and (edge.source.group is node.group or not edge.source.groups)
        for edge in node.edges
    )


def _refuse_large_demands(spec: PlanSpec, nodes: Sequence[Node]) -> None:
    """Refuse steps that could never start because they need more than there is."""
    for node in nodes:
        for name, amount in node.spec.resources.items():
            there_is = spec.settings.resources.get(name, amount)
            if amount > there_is:
                raise ValidationError(
                    f"it needs {amount} of the resource {name!r}, of which there is {there_is}",
                    where=f"step {node.spec.id!r}",
                    mend="ask for less, or raise the amount in `settings.resources`",
                )


def _text(value: str | timedelta | object | None) -> str | None:
    return value if isinstance(value, str) else None


def _groups(root: Group) -> Iterator[Group]:
    pending = [root]
    while pending:
        group = pending.pop()
        yield group
        pending.extend(inner for node in group.nodes for inner in node.groups)


def _measure_paths(group: Group) -> None:
    """Set how much estimated time follows each step of a group, itself included."""
    members = {node.spec.id: node for node in group.nodes}
    graph = _graph(group)
    for name in reversed(graph.order()):
        estimate = members[name].spec.estimated_duration
        members[name].path_left += estimate.total_seconds() if estimate else 1.0
        for parent in graph.parents[name]:
            waiting = members[parent]
            waiting.path_left = max(waiting.path_left, members[name].path_left)


def _graph(group: Group) -> Graph:
    return Graph(
        {
            node.spec.id: tuple(
                edge.source.spec.id
                for edge in node.edges
                if edge.source.group is group and edge.kind is not DependencyType.PARALLEL
            )
            for node in group.nodes
        }
    )


def _strategy(spec: PlanSpec, root: Group) -> Scheduling:
    """Choose by the edges: none is parallel, a single chain is serial, all else is a dag."""
    if spec.settings.scheduling is not Scheduling.AUTO:
        return spec.settings.scheduling
    levels = _graph(root).levels()
    if len(levels) == 1 and len(levels[0]) > 1:
        return Scheduling.PARALLEL
    if all(len(level) == 1 for level in levels) and not _has_children(root):
        return Scheduling.SERIAL
    return Scheduling.DAG


def _has_children(root: Group) -> bool:
    """Tell whether a top-level step has children, which may run side by side."""
    return any(node.groups for node in root.nodes)
