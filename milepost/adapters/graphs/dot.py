"""A plan's graph in the DOT language of Graphviz; steps with children are clusters."""

from __future__ import annotations

from collections.abc import Iterator

from .colours import FILLS
from .drawing import Arrow, ArrowKind, Drawing, Shape
from .labels import plain

_STYLES = {
    ArrowKind.WAITS: "",
    ArrowKind.DATA: "style=dashed",
    ArrowKind.OVERLAPS: "style=dotted arrowhead=none constraint=false",
}


def to_dot(drawing: Drawing) -> str:
    """Return the graph as DOT text; every label is quoted."""
    shapes = {shape.path: shape for shape in drawing.all_shapes()}
    names = {path: f"s{number}" for number, path in enumerate(shapes)}
    lines = [
        f"digraph {_quoted(drawing.title)} {{",
        f"    graph [compound=true label={_quoted(drawing.title)} labelloc=t fontname=Helvetica]",
        '    node [shape=box style="rounded,filled" fillcolor=white fontname=Helvetica]',
        "    edge [fontname=Helvetica fontsize=10]",
    ]
    for shape in drawing.shapes:
        lines += _shape(shape, names, depth=1)
    lines += [_arrow(arrow, shapes, names) for arrow in drawing.arrows]
    return "\n".join([*lines, "}"]) + "\n"


def _shape(shape: Shape, names: dict[str, str], *, depth: int) -> Iterator[str]:
    indent = "    " * depth
    name = names[shape.path]
    if not shape.compartments:
        about = f" tooltip={_quoted(shape.about)}" if shape.about else ""
        yield f"{indent}{name} [label={_label(shape)}{_colour(shape)}{about}]"
        return
    yield f"{indent}subgraph cluster_{name} {{"
    yield f"{indent}    label={_label(shape)}"
    if shape.status in FILLS:
        fill, line = FILLS[shape.status]
        yield f'{indent}    style=filled fillcolor="{fill}" color="{line}"'
    for number, part in enumerate(shape.compartments):
        inner = depth + 1
        if part.title:
            yield f"{indent}    subgraph cluster_{name}_{number} {{"
            yield f"{indent}        label={_quoted(part.title)} style=dashed"
            inner += 1
        for child in part.shapes:
            yield from _shape(child, names, depth=inner)
        if part.title:
            yield f"{indent}    }}"
    yield f"{indent}}}"


def _arrow(arrow: Arrow, shapes: dict[str, Shape], names: dict[str, str]) -> str:
    """Return an edge; DOT joins leaves only, so a cluster is reached by one of its leaves."""
    source, target = shapes[arrow.source], shapes[arrow.target]
    marks = [_STYLES[arrow.kind]] if _STYLES[arrow.kind] else []
    if arrow.label:
        marks.append(f"label={_quoted(arrow.label)}")
    if source.compartments:
        marks.append(f"ltail=cluster_{names[source.path]}")
    if target.compartments:
        marks.append(f"lhead=cluster_{names[target.path]}")
    ends = f"{names[_leaf(source, last=True)]} -> {names[_leaf(target, last=False)]}"
    return f"    {ends} [{' '.join(marks)}]" if marks else f"    {ends}"


def _leaf(shape: Shape, *, last: bool) -> str:
    while shape.compartments:
        part = shape.compartments[-1 if last else 0]
        shape = part.shapes[-1 if last else 0]
    return shape.path


def _label(shape: Shape) -> str:
    kind = " · ".join(filter(None, (shape.kind.value.replace("_", " "), shape.detail)))
    status = " · ".join(filter(None, (shape.status, shape.note)))
    return '"' + "\\n".join(_inside(line) for line in (shape.title, kind, status) if line) + '"'


def _colour(shape: Shape) -> str:
    if shape.status not in FILLS:
        return ""
    fill, line = FILLS[shape.status]
    return f' fillcolor="{fill}" color="{line}"'


def _quoted(text: str) -> str:
    return f'"{_inside(text)}"'


def _inside(text: str) -> str:
    return plain(text).replace("\\", "\\\\").replace('"', '\\"')
