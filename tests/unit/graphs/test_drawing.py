"""What a picture of a plan shows, before it is written in any language."""

from graphlib import TopologicalSorter

from milepost.adapters.graphs import with_statuses
from milepost.adapters.graphs.drawing import Arrow, ArrowKind
from milepost.domain.steps import StepStatus

from .plans import EVERY_KIND, drawn


def test_every_step_is_a_shape_known_by_its_path() -> None:
    paths = [shape.path for shape in drawn(EVERY_KIND).all_shapes()]

    assert paths == [
        *("load", "think", "choose", "choose[0].x", "choose[0].more", "choose[1].x"),
        *("each", "each.fetch", "each.store", "both", "both.left", "both.right"),
        *("row", "row.rest", "ask", "end"),
    ]


def test_a_shape_says_what_its_step_does() -> None:
    shapes = {shape.path: shape for shape in drawn(EVERY_KIND).all_shapes()}

    assert (shapes["load"].title, shapes["load"].detail) == ("Load it", "csv.read")
    assert (shapes["load"].about, shapes["think"].title) == ("From disk.", "think")
    assert shapes["each"].detail == "for each of ${load.output}"
    assert shapes["row.rest"].detail == "for 5 s"
    assert [part.title for part in shapes["choose"].compartments] == ["inputs.n > 2", "else"]


def test_arrows_tell_dependencies_from_uses_of_data_and_from_mere_overlap() -> None:
    arrows = drawn(EVERY_KIND).arrows

    assert Arrow("load", "think", ArrowKind.DATA) in arrows
    assert Arrow("think", "both.right", ArrowKind.DATA) in arrows
    assert Arrow("each.fetch", "each.store", ArrowKind.WAITS) in arrows
    assert Arrow("ask", "end", ArrowKind.WAITS) in arrows
    assert Arrow("both", "row", ArrowKind.OVERLAPS) in arrows
    assert Arrow("choose", "ask", ArrowKind.WAITS, "inputs.n > 1") in arrows


def test_the_graph_as_json_has_nodes_with_parents_and_no_circle() -> None:
    told = drawn(EVERY_KIND).as_json()

    assert isinstance(told, dict)
    nodes, edges = told["nodes"], told["edges"]
    assert isinstance(nodes, list)
    assert isinstance(edges, list)
    parents = {node["path"]: node["parent"] for node in nodes if isinstance(node, dict)}
    assert parents["choose[1].x"] == "choose"
    assert parents["load"] is None
    order = TopologicalSorter[str]()
    for edge in edges:
        assert isinstance(edge, dict)
        if edge["kind"] != "overlaps":
            order.add(str(edge["target"]), str(edge["source"]))
    order.prepare()


def test_states_are_put_on_shapes_and_iterations_are_counted_together() -> None:
    shown = with_statuses(
        drawn(EVERY_KIND),
        {
            "load": "completed",
            "choose[0].x": "skipped",
            "choose[1].x": "running",
            "each[0].fetch": "completed",
            "each[1].fetch": "failed",
            "each[2].fetch": "completed",
        },
    )
    shapes = {shape.path: shape for shape in shown.all_shapes()}

    assert shapes["load"].status == "completed"
    assert (shapes["choose[0].x"].status, shapes["choose[1].x"].status) == ("skipped", "running")
    assert shapes["each.fetch"].status == "failed"
    assert shapes["each.fetch"].note == "1 failed, 2 completed"
    assert (shapes["end"].status, shapes["end"].note) == ("pending", "")


def test_iterations_of_every_state_are_counted() -> None:
    states = [*StepStatus, "undone"]
    paths = {f"each[{number}].fetch": state for number, state in enumerate(states)}
    shown = with_statuses(drawn(EVERY_KIND), paths)
    (note,) = (shape.note for shape in shown.all_shapes() if shape.path == "each.fetch")

    assert sorted(note.split(", ")) == sorted(f"1 {state}" for state in states)


def test_a_loop_inside_a_loop_counts_all_its_iterations() -> None:
    nested = """
steps:
  - id: outer
    type: loop
    count: 2
    steps:
      - {id: inner, type: loop, count: 2, steps: [{id: x, tool: time.now, input: {}}]}
"""
    paths = [f"outer[{one}].inner[{two}].x" for one in range(2) for two in range(2)]
    shown = with_statuses(drawn(nested), dict.fromkeys(paths, "completed"))

    assert {shape.path: shape.note for shape in shown.all_shapes()}[
        "outer.inner.x"
    ] == "4 completed"
