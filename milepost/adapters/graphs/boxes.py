"""A drawing laid out: every shape gets its rectangle, those inside others too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .drawing import Arrow, ArrowKind, Compartment, Drawing, Shape
from .labels import cells, cut
from .placement import Placed, Point, Size, placed

CELL = 7.9
"""Width of a character cell of the font, a little generous."""
LINE = 17.0
PADDING = 12.0
MOST_CELLS = 32
INSIDE_GAP = 18.0


@dataclass(frozen=True, slots=True)
class Box:
    """A shape's rectangle and the lines of text at its top."""

    shape: Shape
    corner: Point
    size: Size
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Caption:
    """A text over the children of one case."""

    text: str
    corner: Point


@dataclass(slots=True)
class Picture:
    """All that is drawn, with places from the upper left corner."""

    size: Size = field(default_factory=lambda: Size(0.0, 0.0))
    boxes: list[Box] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    bends: dict[tuple[str, str], list[Point]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Group:
    """Shapes that stand together, laid out by themselves."""

    title: str
    blocks: tuple[_Block, ...]
    placed: Placed

    @property
    def head(self) -> float:
        return LINE if self.title else 0.0

    @property
    def size(self) -> Size:
        width = max(self.placed.size.width, cells(self.title) * CELL)
        return Size(width, self.placed.size.height + self.head)


@dataclass(frozen=True, slots=True)
class _Block:
    """A shape with its texts, and the groups inside it side by side."""

    shape: Shape
    lines: tuple[str, ...]
    groups: tuple[_Group, ...]

    @property
    def head(self) -> float:
        return PADDING + len(self.lines) * LINE

    @property
    def size(self) -> Size:
        text = max(cells(line) for line in self.lines) * CELL
        inner = sum(group.size.width + INSIDE_GAP for group in self.groups) - INSIDE_GAP
        tallest = max((group.size.height + PADDING for group in self.groups), default=0.0)
        return Size(max(text, inner) + 2 * PADDING, self.head + tallest + PADDING)


def picture_of(drawing: Drawing) -> Picture:
    """Return where everything of a drawing stands."""
    links = _links(drawing.arrows)
    group = _group(Compartment("", drawing.shapes), links)
    picture = Picture(size=group.size)
    _place(group, Point(0.0, 0.0), picture)
    return picture


def _links(arrows: Sequence[Arrow]) -> Mapping[str, set[str]]:
    """Return for each path the paths that it waits for, lifted to siblings in each list.

    An arrow to a child from outside of its container orders the container as well.
    """
    found: dict[str, set[str]] = {}
    for arrow in arrows:
        if arrow.kind is ArrowKind.OVERLAPS:
            continue
        for target in _lineage(arrow.target):
            found.setdefault(target, set()).update(_lineage(arrow.source))
    return found


def _lineage(path: str) -> list[str]:
    """Return a path and those of the containers that it lies in."""
    parts = path.split(".")
    whole = [".".join(parts[: count + 1]) for count in range(len(parts))]
    return [whole[-1], *(_without_case(outer) for outer in whole[:-1])]


def _without_case(path: str) -> str:
    return path.rpartition("[")[0] if path.endswith("]") else path


def _group(part: Compartment, links: Mapping[str, set[str]]) -> _Group:
    blocks = tuple(_block(shape, links) for shape in part.shapes)
    numbers = {shape.path: number for number, shape in enumerate(part.shapes)}
    arrows = [
        (numbers[source], number)
        for path, number in numbers.items()
        for source in sorted(links.get(path, ()))
        if source in numbers and source != path
    ]
    layout = placed([block.size for block in blocks], arrows)
    return _Group(cut(part.title, MOST_CELLS), blocks, layout)


def _block(shape: Shape, links: Mapping[str, set[str]]) -> _Block:
    kind = shape.kind.value.replace("_", " ")
    lines = [shape.title, f"{kind} · {shape.detail}" if shape.detail else kind]
    if shape.status:
        lines.append(f"{shape.status} ({shape.note})" if shape.note else shape.status)
    groups = tuple(_group(part, links) for part in shape.compartments)
    return _Block(shape, tuple(cut(line, MOST_CELLS) for line in lines), groups)


def _place(group: _Group, corner: Point, picture: Picture) -> None:
    """Add a group's boxes, captions and bends, moved to `corner`."""
    if group.title:
        picture.captions.append(Caption(group.title, corner))
    origin = Point(corner.x, corner.y + group.head)
    for block, own in zip(group.blocks, group.placed.corners, strict=True):
        place = Point(origin.x + own.x, origin.y + own.y)
        picture.boxes.append(Box(block.shape, place, block.size, block.lines))
        across = place.x + PADDING
        for inner in block.groups:
            _place(inner, Point(across, place.y + block.head + PADDING), picture)
            across += inner.size.width + INSIDE_GAP
    for (source, target), points in group.placed.bends.items():
        ends = (group.blocks[source].shape.path, group.blocks[target].shape.path)
        picture.bends[ends] = [Point(origin.x + at.x, origin.y + at.y) for at in points]
