"""Where boxes stand: nothing overlaps, arrows lead down, children lie inside their container."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.graphs.boxes import Box, picture_of
from milepost.adapters.graphs.placement import WIDEST_LAYER, Size, placed

from .plans import EVERY_KIND, drawn


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Size], list[tuple[int, int]]]:
    count = draw(st.integers(1, 14))
    sizes = draw(
        st.lists(
            st.builds(Size, st.floats(20, 200), st.floats(20, 90)), min_size=count, max_size=count
        )
    )
    pairs = list(combinations(range(count), 2))
    arrows = draw(st.lists(st.sampled_from(pairs), max_size=30)) if pairs else []
    return sizes, arrows


def overlap(one: tuple[float, float, Size], other: tuple[float, float, Size]) -> bool:
    (x, y, size), (left, top, extent) = one, other
    apart = 0.01
    return (
        x + size.width > left + apart
        and left + extent.width > x + apart
        and y + size.height > top + apart
        and top + extent.height > y + apart
    )


@given(graphs())
def test_boxes_never_overlap_and_arrows_lead_down(
    graph: tuple[list[Size], list[tuple[int, int]]],
) -> None:
    sizes, arrows = graph
    layout = placed(sizes, arrows)
    boxes = [(corner.x, corner.y, size) for corner, size in zip(layout.corners, sizes, strict=True)]

    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
    for source, target in arrows:
        assert boxes[source][1] + sizes[source].height < boxes[target][1]
    for x, y, size in boxes:
        assert -0.01 <= x <= layout.size.width - size.width + 0.01
        assert -0.01 <= y <= layout.size.height - size.height + 0.01


def test_a_wide_fan_out_is_wrapped_into_rows() -> None:
    layout = placed([Size(100, 40)] * 101, [(0, number) for number in range(1, 101)])
    rows = {corner.y for corner in layout.corners}

    assert layout.size.width < 140 * (WIDEST_LAYER + 10)
    assert len(rows) == 1 + -(-100 // WIDEST_LAYER)


def test_ten_thousand_steps_in_a_row_are_laid_out() -> None:
    layout = placed([Size(100, 40)] * 10_000, [(at, at + 1) for at in range(9_999)])

    assert len({round(corner.x, 3) for corner in layout.corners}) == 1


def test_children_lie_inside_their_container() -> None:
    drawing = drawn(EVERY_KIND)
    boxes = {box.shape.path: box for box in picture_of(drawing).boxes}

    for shape in drawing.all_shapes():
        for part in shape.compartments:
            assert all(inside(boxes[child.path], boxes[shape.path]) for child in part.shapes)


def inside(inner: Box, outer: Box) -> bool:
    across = inner.corner.x - outer.corner.x
    down = inner.corner.y - outer.corner.y
    return (
        across > 0
        and down > 0
        and across + inner.size.width < outer.size.width
        and down + inner.size.height < outer.size.height
    )
