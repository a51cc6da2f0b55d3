"""A plan's graph as an SVG picture that stands alone: no script, no link, every text escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from .boxes import LINE, PADDING, Box, Picture, picture_of
from .colours import FILLS
from .conditions import Condition, conditions_on
from .drawing import Arrow, ArrowKind, Drawing, Shape
from .labels import cut, plain
from .placement import Point, Size
from .routes import Route, route_of

MARGIN = 20.0
_STYLE = """
text{font:13px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#18181b}
.small{font-size:12px;fill:#52525b}.head{font-size:15px;font-weight:600}
rect.step{fill:#fff;stroke:#71717a;stroke-width:1.2}rect.holder{fill-opacity:.45}
path.arrow{fill:none;stroke:#52525b;stroke-width:1.3}path.data{stroke-dasharray:5 4}
path.overlaps{stroke-dasharray:1 4}.when{text-anchor:middle}
rect.ground{fill:#fff;fill-opacity:.9}
"""
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" '
    'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#52525b"/></marker></defs>'
)
_HEAD = 34.0


def to_svg(drawing: Drawing) -> str:
    """Return the graph as an SVG document."""
    picture = picture_of(drawing)
    title = cut(drawing.title, 80)
    boxes = {box.shape.path: box for box in picture.boxes}
    routed = [(arrow, route_of(arrow, picture, boxes)) for arrow in drawing.arrows]
    conditions = conditions_on(routed)
    reach = [condition.middle.x + condition.width / 2 for condition in conditions]
    width = max(picture.size.width, 8.4 * len(title), *reach) + 2 * MARGIN
    height = picture.size.height + _HEAD + 2 * MARGIN
    parts = [
        _opening(Size(width, height), title),
        f"<title>{_text(title)}</title>",
        f"<style>{_STYLE}{_state_styles()}</style>",
        _TIP,
        f'<rect width="{width:.1f}" height="{height:.1f}" fill="#fff"/>',
        f'<text class="head" x="{MARGIN:.1f}" y="{MARGIN + LINE:.1f}">{_text(title)}</text>',
        f'<g transform="translate({MARGIN:.1f} {MARGIN + _HEAD:.1f})">',
        *(_holder(box) for box in picture.boxes if box.shape.compartments),
        *(_arrow(arrow, route) for arrow, route in routed),
        *(_leaf(box) for box in picture.boxes if not box.shape.compartments),
        *(_texts(picture)),
        *(_condition(condition) for condition in conditions),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _opening(size: Size, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size.width:.0f}" '
        f'height="{size.height:.0f}" viewBox="0 0 {size.width:.1f} {size.height:.1f}" role="img" '
        f"aria-label={_attribute(title)}>"
    )


def _state_styles() -> str:
    return "".join(
        f".{status}>rect.step{{fill:{fill};stroke:{line}}}"
        for status, (fill, line) in FILLS.items()
    )


def _leaf(box: Box) -> str:
    return f"<g{_state(box)}>{_rectangle(box, 'step')}</g>"


def _holder(box: Box) -> str:
    return f"<g{_state(box)}>{_rectangle(box, 'step holder')}</g>"


def _state(box: Box) -> str:
    return f' class="{box.shape.status}"' if box.shape.status in FILLS else ""


def _rectangle(box: Box, classes: str) -> str:
    corner, size = box.corner, box.size
    return (
        f'<rect class="{classes}" rx="7" x="{corner.x:.1f}" y="{corner.y:.1f}" '
        f'width="{size.width:.1f}" height="{size.height:.1f}">'
        f"<title>{_text(_told(box.shape))}</title></rect>"
    )


def _told(shape: Shape) -> str:
    """Return what is shown when the pointer rests on a shape."""
    name = f"{shape.path}: {shape.title}" if shape.title != shape.path else shape.path
    return f"{name}. {shape.about}" if shape.about else name


def _texts(picture: Picture) -> Iterator[str]:
    for box in picture.boxes:
        for number, line in enumerate(box.lines):
            y = box.corner.y + PADDING + (number + 0.75) * LINE
            small = ' class="small"' if number else ""
            yield f'<text{small} x="{box.corner.x + PADDING:.1f}" y="{y:.1f}">{_text(line)}</text>'
    for caption in picture.captions:
        x, y = caption.corner.x, caption.corner.y + 0.5 * LINE
        yield f'<text class="small" x="{x:.1f}" y="{y:.1f}">{_text(caption.text)}</text>'


def _arrow(arrow: Arrow, route: Route) -> str:
    tip = "" if arrow.kind is ArrowKind.OVERLAPS else ' marker-end="url(#tip)"'
    path = f'<path class="arrow {arrow.kind.value}" d="{_curve(route.points)}"{tip}'
    return f"{path}><title>{_text(arrow.label)}</title></path>" if arrow.label else f"{path}/>"


def _curve(points: Sequence[Point]) -> str:
    """Return a path that leaves and enters every point upright."""
    path = f"M{points[0].x:.1f} {points[0].y:.1f}"
    for begin, end in pairwise(points):
        middle = (begin.y + end.y) / 2
        path += f"C{begin.x:.1f} {middle:.1f} {end.x:.1f} {middle:.1f} {end.x:.1f} {end.y:.1f}"
    return path


def _condition(condition: Condition) -> str:
    """Return an edge's condition on a white ground of its own."""
    middle, width = condition.middle, condition.width
    return (
        f'<rect class="ground" x="{middle.x - width / 2:.1f}" y="{middle.y - LINE / 2:.1f}" '
        f'width="{width:.1f}" height="{LINE:.1f}"/>'
        f'<text class="small when" x="{middle.x:.1f}" y="{middle.y + 0.25 * LINE:.1f}">'
        f"{_text(condition.text)}</text>"
    )


def _text(text: str) -> str:
    return escape(plain(text))


def _attribute(text: str) -> str:
    return quoteattr(plain(text))
