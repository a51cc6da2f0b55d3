"""What a picture of a plan shows: steps as shapes, children inside them, and arrows between.

A shape is known by its static path: `visualize.chart`, `choose[1].x` (a case of a branch),
`each.fetch` (all iterations of a loop are one shape).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from milepost.domain.ids import child_path
from milepost.domain.steps import DependencyType, StepKind, StepSpec
from milepost.domain.values import Json
from milepost.engine.core import CompiledPlan, Node


class ArrowKind(StrEnum):
    """Why a step waits for another: it says so, it uses its output, or it may overlap it."""

    WAITS = "waits"
    DATA = "data"
    OVERLAPS = "overlaps"


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two shapes, by their paths; `label` is the edge's condition."""

    source: str
    target: str
    kind: ArrowKind
    label: str = ""


@dataclass(frozen=True, slots=True)
class Compartment:
    """Children that stand together in a shape; `title` is the condition of a branch's case."""

    title: str
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A step: `detail` is its tool or how it goes over its children, `status` how it stands."""

    path: str
    title: str
    kind: StepKind
    detail: str = ""
    about: str = ""
    """The step's description."""
    status: str = ""
    note: str = ""
    """How often it ran and how that ended, for a step inside a loop."""
    compartments: tuple[Compartment, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plan's graph, ready to be written in any format."""

    title: str
    shapes: tuple[Shape, ...]
    arrows: tuple[Arrow, ...]

    def all_shapes(self) -> Iterator[Shape]:
        """Yield every shape, parents before children, in file order."""
        pending = list(reversed(self.shapes))
        while pending:
            shape = pending.pop()
            yield shape
            inner = [child for part in shape.compartments for child in part.shapes]
            pending.extend(reversed(inner))

    def as_json(self) -> Json:
        """Return nodes and edges as plain JSON."""
        parents = {
            child.path: shape.path
            for shape in self.all_shapes()
            for part in shape.compartments
            for child in part.shapes
        }
        nodes: list[Json] = [_node(shape, parents) for shape in self.all_shapes()]
        edges: list[Json] = [
            {
                "source": arrow.source,
                "target": arrow.target,
                "kind": arrow.kind.value,
                **({"when": arrow.label} if arrow.label else {}),
            }
            for arrow in self.arrows
        ]
        return {"title": self.title, "nodes": nodes, "edges": edges}


def drawing_of(plan: CompiledPlan, *, title: str) -> Drawing:
    """Return the graph of a compiled plan, without states."""
    paths = _paths(plan)
    shapes = tuple(_shape(node, paths) for node in plan.root.nodes)
    arrows = tuple(arrow for node in plan.nodes for arrow in _arrows(node, paths))
    return Drawing(title, shapes, arrows)


def _paths(plan: CompiledPlan) -> dict[int, str]:
    """Return the static path of each node by its number; parents come before children."""
    found: dict[int, str] = {}
    for node in plan.nodes:
        owner = node.group.owner
        parent = found[owner.number] if owner else ""
        is_case = owner is not None and owner.kind is StepKind.BRANCH
        index = owner.groups.index(node.group) if owner and is_case else None
        found[node.number] = str(child_path(parent, node.spec.id, index=index))
    return found


def _shape(node: Node, paths: Mapping[int, str]) -> Shape:
    compartments = tuple(
        Compartment(group.source, tuple(_shape(child, paths) for child in group.nodes))
        for group in node.groups
    )
    return Shape(
        path=paths[node.number],
        title=node.spec.label,
        kind=node.kind,
        detail=_detail(node.spec),
        about=node.spec.description or "",
        compartments=compartments,
    )


def _arrows(node: Node, paths: Mapping[int, str]) -> Iterator[Arrow]:
    written = frozenset(node.spec.dependencies)
    for edge in node.edges:
        kind = ArrowKind.WAITS
        if edge.kind is DependencyType.PARALLEL:
            kind = ArrowKind.OVERLAPS
        elif edge.source.spec.id not in written and not _is_next(edge.source, node):
            kind = ArrowKind.DATA
        label = edge.when.source if edge.when is not None else ""
        yield Arrow(paths[edge.source.number], paths[node.number], kind, label)


def _is_next(source: Node, node: Node) -> bool:
    """Tell whether a step follows another only because its container goes in order."""
    owner = node.group.owner
    ordered = owner is not None and owner.kind is not StepKind.PARALLEL
    return ordered and source.group is node.group and source.place == node.place - 1


def _detail(step: StepSpec) -> str:
    if step.tool:
        return step.tool
    if step.kind is StepKind.PARALLEL:
        return step.mode.value.replace("_", " ")
    if step.kind is StepKind.LOOP:
        return _round(step)
    written = step.wait_for if step.wait_for is not None else step.wait_until
    if isinstance(written, timedelta):
        return f"for {written.total_seconds():g} s"
    return "" if written is None else f"until {written}"


def _round(step: StepSpec) -> str:
    """Return how a loop goes round, as it is written."""
    if step.while_ is not None:
        return f"while {step.while_}"
    if step.until is not None:
        return f"until {step.until}"
    if step.count is not None:
        return f"{step.count} times"
    return f"for each of {step.for_each}"


def _node(shape: Shape, parents: Mapping[str, str]) -> Json:
    node: dict[str, Json] = {
        "path": shape.path,
        "title": shape.title,
        "kind": shape.kind.value,
        "parent": parents.get(shape.path),
    }
    node |= {
        name: value
        for name, value in (
            ("detail", shape.detail),
            ("description", shape.about),
            ("status", shape.status),
            ("note", shape.note),
        )
        if value
    }
    return node
