"""A plan's graph as a Mermaid flowchart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .colours import FILLS
from .drawing import ArrowKind, Drawing, Shape
from .labels import plain

_SPECIAL = re.compile(r"[^\w .,:()/+=?!-]")
_LINKS = {ArrowKind.WAITS: "-->", ArrowKind.DATA: "-.->", ArrowKind.OVERLAPS: "-.-"}
LONGEST_LABEL = 200


def to_mermaid(drawing: Drawing) -> str:
    """Return the graph as Mermaid text; every label is escaped."""
    names = {shape.path: f"s{number}" for number, shape in enumerate(drawing.all_shapes())}
    lines = ["flowchart TD", f"    accTitle: {_escaped(drawing.title)}"]
    for shape in drawing.shapes:
        lines += _shape(shape, names, depth=1)
    for arrow in drawing.arrows:
        label = f'|"{_escaped(arrow.label)}"|' if arrow.label else ""
        link = _LINKS[arrow.kind]
        lines.append(f"    {names[arrow.source]} {link}{label} {names[arrow.target]}")
    used = sorted({shape.status for shape in drawing.all_shapes() if shape.status in FILLS})
    for status in used:
        fill, stroke = FILLS[status]
        lines.append(f"    classDef {status} fill:{fill},stroke:{stroke},color:#111")
    return "\n".join(lines) + "\n"


def _shape(shape: Shape, names: dict[str, str], *, depth: int) -> Iterator[str]:
    indent = "    " * depth
    name = names[shape.path]
    if not shape.compartments:
        yield f'{indent}{name}["{_label(shape)}"]{_class(shape)}'
        return
    yield f'{indent}subgraph {name}["{_label(shape)}"]'
    for number, part in enumerate(shape.compartments):
        yield from _compartment(f"{name}_{number}", part.title, part.shapes, names, depth=depth + 1)
    yield f"{indent}end"
    if shape.status in FILLS:
        yield f"{indent}class {name} {shape.status}"


def _compartment(
    name: str, title: str, shapes: tuple[Shape, ...], names: dict[str, str], *, depth: int
) -> Iterator[str]:
    indent = "    " * depth
    if title:
        yield f'{indent}subgraph {name}["{_escaped(title)}"]'
    for child in shapes:
        yield from _shape(child, names, depth=depth + bool(title))
    if title:
        yield f"{indent}end"


def _label(shape: Shape) -> str:
    kind = " · ".join(filter(None, (shape.kind.value.replace("_", " "), shape.detail)))
    status = " · ".join(filter(None, (shape.status, shape.note)))
    return "<br/>".join(_escaped(line) for line in (shape.title, kind, status) if line)


def _class(shape: Shape) -> str:
    return f":::{shape.status}" if shape.status in FILLS else ""


def _escaped(text: str) -> str:
    """Return text with Mermaid's entities for whatever could mean something to it."""
    text = plain(text)
    if len(text) > LONGEST_LABEL:
        text = f"{text[: LONGEST_LABEL - 1]}…"
    return _SPECIAL.sub(lambda match: f"#{ord(match.group())};", text)
