"""A drawing laid out: every shape gets its rectangle, those inside others too."""

from __future__ import annotations

from dataclasses import dataclass, field

from .drawing import Compartment, Drawing, Shape
from .labels import cells, cut
from .layering import OUTSIDE
from .placement import Placed, Point, Size, placed
from .ways import Links, arrows_within, label_widths, links_of

CELL = 7.9
"""Width of a character cell of the font, a little generous."""
LINE = 17.0
PADDING = 12.0
MOST_CELLS = 32
INSIDE_GAP = 18.0
ENTRY = 22.0
"""Room above children for the arrows that come in from outside."""


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


@dataclass(frozen=True, slots=True)
class Entry:
    """How an arrow from outside comes to a shape of a list: from the list's corner, by bends."""

    corner: Point
    caption: str
    bends: tuple[Point, ...]


@dataclass(slots=True)
class Picture:
    """All that is drawn, with places from the upper left corner."""

    size: Size = field(default_factory=lambda: Size(0.0, 0.0))
    boxes: list[Box] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    bends: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    """Points between two shapes of one list; an arrow goes down from the first to the second."""
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Group:
    """Shapes that stand together, laid out by themselves."""

    title: str
    blocks: tuple[_Block, ...]
    placed: Placed

    @property
    def head(self) -> float:
        entered = any(source == OUTSIDE for source, _target in self.placed.bends)
        return (LINE if self.title else 0.0) + (ENTRY if entered else 0.0)

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
    links = links_of(drawing.arrows)
    group = _group(Compartment("", drawing.shapes), links)
    picture = Picture(size=group.size)
    _place(group, Point(0.0, 0.0), picture)
    return picture


def _group(part: Compartment, links: Links) -> _Group:
    blocks = tuple(_block(shape, links) for shape in part.shapes)
    numbers = {shape.path: number for number, shape in enumerate(part.shapes)}
    pairs = arrows_within(list(numbers), links)
    arrows = [(numbers[source], numbers[target]) for source, target in pairs]
    labels = {
        arrow: widths
        for arrow, pair in zip(arrows, pairs, strict=True)
        if (widths := label_widths(pair, links.labels))
    }
    arrows += [(OUTSIDE, numbers[path]) for path in numbers if path in links.entered]
    layout = placed([block.size for block in blocks], arrows, labels)
    return _Group(cut(part.title, MOST_CELLS), blocks, layout)


def _block(shape: Shape, links: Links) -> _Block:
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
        moved = [Point(origin.x + at.x, origin.y + at.y) for at in points]
        path = group.blocks[target].shape.path
        if source == OUTSIDE:
            picture.entries[path] = Entry(corner, group.title, tuple(moved))
        else:
            picture.bends[group.blocks[source].shape.path, path] = moved
