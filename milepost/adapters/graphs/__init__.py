"""Pictures of a plan's graph: Mermaid, DOT and SVG, drawn without any other program."""

from .dot import to_dot
from .drawing import Arrow, ArrowKind, Compartment, Drawing, Shape, drawing_of
from .mermaid import to_mermaid
from .statuses import with_statuses
from .svg import to_svg

__all__ = [
    "Arrow",
    "ArrowKind",
    "Compartment",
    "Drawing",
    "Shape",
    "drawing_of",
    "to_dot",
    "to_mermaid",
    "to_svg",
    "with_statuses",
]
