"""Arrows and conditions of an SVG picture: past the boxes, and none written over another."""

import re
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.graphs import Arrow, ArrowKind, Compartment, Drawing, Shape, to_svg
from milepost.domain.steps import StepKind

from .plans import EVERY_KIND, drawn

SVG = "{http://www.w3.org/2000/svg}"
TOOL = "tool: time.now, input: {}"
JOINED = f"""
inputs: {{n: {{type: integer, default: 3}}}}
steps:
  - {{id: load, {TOOL}}}
  - {{id: low, {TOOL}, depends_on: [{{step: load, when: "inputs.n < 1 || inputs.n == 12"}}]}}
  - {{id: high, {TOOL}, depends_on: [{{step: load, when: "inputs.n >= 1"}}]}}
  - id: end
    tool: time.now
    input: {{}}
    depends_on:
      - {{step: low, when: "inputs.n > 1"}}
      - {{step: high, when: "inputs.n > 2"}}
      - {{step: load, when: "inputs.n > 3 && inputs.n < 100"}}
"""


class Frame(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def read(drawing: Drawing) -> ET.Element:
    return ET.fromstring(to_svg(drawing))  # noqa: S314 - our own text


def frames(root: ET.Element, wanted: str) -> list[Frame]:
    """Return the rectangles of exactly these classes."""
    sizes = [
        [float(rect.get(name, "nan")) for name in ("x", "y", "width", "height")]
        for rect in root.iter(f"{SVG}rect")
        if rect.get("class") == wanted
    ]
    return [Frame(x, y, x + width, y + height) for x, y, width, height in sizes]


def curve(path: str) -> list[tuple[float, float]]:
    """Return many points of a path of one move and cubic curves."""
    numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", path)]
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    parts = [corners[at : at + 4] for at in range(0, len(corners) - 1, 3)]
    return [point for part in parts for point in cubic(part)]


def cubic(ends: list[tuple[float, float]]) -> list[tuple[float, float]]:
    parts = [number / 40 for number in range(41)]
    weights = [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in parts]
    return [
        (weighed(own, [x for x, _ in ends]), weighed(own, [y for _, y in ends])) for own in weights
    ]


def weighed(weights: tuple[float, ...], values: list[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def curves(root: ET.Element) -> list[list[tuple[float, float]]]:
    paths = (path for path in root.iter(f"{SVG}path") if "arrow" in path.get("class", ""))
    return [curve(path.get("d", "")) for path in paths]


def runs_through(points: list[tuple[float, float]], frame: Frame) -> bool:
    edge = 0.5
    return any(
        frame.left + edge < x < frame.right - edge and frame.top + edge < y < frame.bottom - edge
        for x, y in points
    )


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Draw steps and containers of steps, joined in any order that a plan may have."""
    shapes: list[Shape] = []
    arrows: list[Arrow] = []
    for number in range(draw(st.integers(2, 7))):
        path = f"s{number}"
        inner = [f"{path}.c{child}" for child in range(draw(st.integers(0, 3)))]
        outer = [shape.path for shape in shapes]
        shapes.append(holder(path, inner) if inner else step(path))
        arrows += draw(some_arrows(outer, path))
        for place, child in enumerate(inner):
            arrows += draw(some_arrows([*outer, *inner[:place]], child))
    return Drawing("drawn", tuple(shapes), tuple(arrows))


def step(path: str) -> Shape:
    return Shape(path, path.rpartition(".")[2], StepKind.TOOL_CALL, detail="time.now")


def holder(path: str, inner: list[str]) -> Shape:
    children = Compartment("", tuple(step(child) for child in inner))
    return Shape(path, path, StepKind.PARALLEL, detail="all", compartments=(children,))


@st.composite
def some_arrows(draw: st.DrawFn, sources: list[str], target: str) -> list[Arrow]:
    chosen = draw(st.lists(st.sampled_from(sources), max_size=3, unique=True)) if sources else []
    kinds = st.sampled_from(list(ArrowKind))
    return [Arrow(source, target, draw(kinds)) for source in chosen]


@given(drawings())
def test_no_arrow_runs_through_the_box_of_a_step(drawing: Drawing) -> None:
    root = read(drawing)
    boxes = frames(root, "step")

    assert not [box for points in curves(root) for box in boxes if runs_through(points, box)], (
        to_svg(drawing)
    )


def test_arrows_into_containers_miss_steps_and_texts() -> None:
    root = read(drawn(EVERY_KIND))
    places = [
        Frame(float(text.get("x", 0)), float(text.get("y", 0)) - 9, 0, float(text.get("y", 0)))
        for text in root.iter(f"{SVG}text")
        if text.get("class") != "small when"
    ]
    written = [place._replace(right=place.left + 20) for place in places]

    for points in curves(root):
        assert not [box for box in frames(root, "step") if runs_through(points, box)]
        assert not [text for text in written if runs_through(points, text)]


def test_steps_that_may_overlap_in_a_circle_are_drawn() -> None:
    first, second = step("a"), step("b")
    overlaps = [("a", "b"), ("b", "a")]
    arrows = tuple(Arrow(one, other, ArrowKind.OVERLAPS) for one, other in overlaps)
    root = read(Drawing("circle", (first, second), arrows))

    assert len(curves(root)) == len(arrows)


def test_conditions_stand_apart_each_on_its_own_arrow() -> None:
    root = read(drawn(JOINED))
    grounds = frames(root, "ground")
    texts = [text for text in root.iter(f"{SVG}text") if text.get("class") == "small when"]
    labelled = {
        path.findtext(f"{SVG}title"): curve(path.get("d", ""))
        for path in root.iter(f"{SVG}path")
        if path.find(f"{SVG}title") is not None
    }

    assert len(grounds) == len(texts) == 5
    assert not [pair for pair in combinations(grounds, 2) if meet(*pair)]
    assert not [box for box in frames(root, "step") for one in grounds if meet(box, one)]
    for text, ground in zip(texts, grounds, strict=True):
        assert text.text is not None
        assert runs_through(labelled[text.text], ground)


def meet(one: Frame, other: Frame) -> bool:
    across = one.left < other.right and other.left < one.right
    return across and one.top < other.bottom and other.top < one.bottom


def test_a_picture_holds_the_whole_of_its_conditions() -> None:
    wide = """
inputs: {n: {type: integer, default: 3}}
steps:
  - {id: a, type: wait, for: 1s}
  - {id: b, type: wait, for: 1s, depends_on: [{step: a, when: "inputs.n > 1 && inputs.n < 999"}]}
"""
    root = read(drawn(wide))
    (ground,) = frames(root, "ground")

    assert ground.left >= 0
    assert ground.right <= float(root.get("width", "0"))
