"""Compiling: a plan's steps, edges and expressions checked and made ready for deciding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import PREVIOUS, Expressions, Program, ScopeTypes
from milepost.domain.graph import check_nesting
from milepost.domain.plans import PlanSpec, walk
from milepost.domain.steps import DependencyType, Settle, StepKind, StepSpec
from milepost.domain.templates import Template, compile_template
from milepost.domain.values import Json

from .compiled import CompiledPlan, Edge, Group, Node
from .ordering import measure_paths, refuse_cycles, refuse_large_demands, strategy_of
from .sight import Sight


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
    refuse_cycles(nodes)
    refuse_large_demands(spec, nodes)
    for group in _groups(root):
        measure_paths(group)
    waited_for = {edge.source for node in root.nodes for edge in node.edges}
    sinks = [node for node in root.nodes if node not in waited_for]
    compensates = any(node.undo is not None for node in nodes)
    return CompiledPlan(spec, root, nodes, strategy_of(spec, root), sinks, compensates)


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
        node.waits = [edge for edge in node.edges if edge.kind is not DependencyType.PARALLEL]
        asked = (*(edge.when for edge in node.edges), node.when)
        node.conditions = [condition for condition in asked if condition is not None]
        node.asks_context = any("context" in condition.roots for condition in node.conditions)
        roots = {root for reader in _readers(node) for root in reader.roots}
        node.reads_context = "context" in roots
        if PREVIOUS in roots:
            _note_previous(node)
        for alternative in spec.alternatives:
            self._template(alternative.input, outer, where)
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
            if not (names or node.spec.is_concurrent):
                names.add(PREVIOUS)
            names.add("index")
            if node.spec.for_each is not None:
                names.add("item")
        node = node.group.owner
    return frozenset(names)


def _is_ordered(group: Group) -> bool:
    return group.owner is not None and group.owner.kind is not StepKind.PARALLEL


def _text(value: str | timedelta | object | None) -> str | None:
    return value if isinstance(value, str) else None


def _groups(root: Group) -> Iterator[Group]:
    pending = [root]
    while pending:
        group = pending.pop()
        yield group
        pending.extend(inner for node in group.nodes for inner in node.groups)
