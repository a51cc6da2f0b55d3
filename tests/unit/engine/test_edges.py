"""Dependencies: which end of a step lets another go on, under which condition, in which way."""

import pytest

from milepost.domain.errors import DependencyError

from .core_run import CoreRun, container, told, tool

ON = {"stop_on_first_failure": False}


def after(settle: str, outcome: str) -> str:
    """Return how a step ends that depends on one with this outcome by this kind of edge."""
    first = tool("a", when="false") if outcome == "skipped" else tool("a")
    run = CoreRun(first, tool("b", {"step": "a", "settle": settle}), settings=ON)
    if outcome != "skipped":
        run.fail("a") if outcome == "failed" else run.succeed("a")
    run.finish()
    return run.statuses.get("b", "pending")


@pytest.mark.parametrize(
    ("settle", "outcome", "end"),
    [
        ("done", "completed", "completed"),
        ("done", "skipped", "skipped"),
        ("done", "failed", "skipped"),
        ("done_or_skipped", "completed", "completed"),
        ("done_or_skipped", "skipped", "completed"),
        ("done_or_skipped", "failed", "skipped"),
        ("any", "completed", "completed"),
        ("any", "skipped", "completed"),
        ("any", "failed", "completed"),
    ],
)
def test_an_edge_lets_pass_what_it_says(settle: str, outcome: str, end: str) -> None:
    assert after(settle, outcome) == end


def test_a_blocked_step_names_the_step_that_blocked_it_and_blocks_in_turn() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c", "b"), tool("d", "c"), settings=ON)
    run.fail("a")
    skipped = [event.data() for event in run.log if event.kind == "step.skipped.v1"]
    assert skipped == [
        {"reason": "blocked", "detail": "step 'a' was failed"},
        {"reason": "blocked", "detail": "step 'b' was skipped"},
        {"reason": "blocked", "detail": "step 'c' was skipped"},
    ]


@pytest.mark.parametrize("holds", [True, False])
def test_a_condition_skips_its_step_and_says_which(holds: bool) -> None:
    when = f"a.output.n > {0 if holds else 9}"
    run = CoreRun(tool("a"), tool("b", when=when))
    run.succeed("a", {"n": 5})
    if holds:
        assert run.running == ["b"]
    else:
        assert told(run.log)[-2:] == ["skipped b", "plan completed"]
        assert run.log[-2].data() == {"reason": "condition", "detail": f"`{when}` does not hold"}
        assert run.log[-2].cause == "p1.a#2"


def test_a_condition_on_an_edge_counts_like_the_steps_own() -> None:
    edge = {"step": "a", "type": "conditional", "when": "a.output == 1"}
    run = CoreRun(tool("a"), tool("b", edge), tool("c", edge, when="false"))
    run.succeed("a", 1)
    assert run.running == ["b"]
    assert run.statuses["c"] == "skipped"


def test_a_condition_that_cannot_be_evaluated_fails_its_step() -> None:
    run = CoreRun(tool("a"), tool("b", when="a.output.n > 1"), settings=ON)
    run.succeed("a", {"m": 1})
    assert run.statuses["b"] == "failed"
    assert run.log[-2].data()["error"]["code"] == "expression"


def test_the_type_of_an_edge_decides_whether_steps_overlap() -> None:
    for kind, running in [("sequential", ["a"]), ("conditional", ["a"]), ("parallel", ["a", "b"])]:
        run = CoreRun(tool("a"), tool("b", {"step": "a", "type": kind}))
        assert run.running == running


def test_a_step_waits_for_all_its_dependencies() -> None:
    run = CoreRun(tool("a"), tool("b"), tool("c", "a", "b"))
    run.succeed("a")
    assert run.running == ["b"]
    run.succeed("b")
    assert (run.running, run.log[-1].cause) == (["c"], "p1.b#2")


def test_a_diamond_runs_its_middle_side_by_side() -> None:
    run = CoreRun(tool("a"), tool("b", "a"), tool("c", "a"), tool("d", "b", "c"))
    run.succeed("a")
    assert run.running == ["b", "c"]


def test_a_child_may_wait_for_a_step_outside_of_its_container() -> None:
    run = CoreRun(tool("a"), container("parallel", "p", tool("x", "a"), tool("y")))
    assert run.running == ["a", "p.y"]
    run.succeed("a")
    assert run.running == ["p.y", "p.x"]


def test_a_child_blocked_from_outside_fails_its_container() -> None:
    run = CoreRun(tool("a"), container("sequential", "s", tool("x", "a")), settings=ON)
    run.fail("a")
    assert run.statuses == {"s": "failed", "a": "failed", "s.x": "skipped"}
    assert "could not run" in run.state.steps["s"].error.message  # type: ignore[index, union-attr]


@pytest.mark.parametrize(
    "steps",
    [
        [tool("a", input={"x": "${b.output}"}), tool("b", "a")],
        [container("sequential", "s", tool("x", input={"y": "${s2.output}"})), tool("s2", "s")],
    ],
)
def test_a_circle_closed_by_a_reference_is_refused_by_name(steps: list[dict[str, object]]) -> None:
    with pytest.raises(DependencyError, match="circle") as refused:
        CoreRun(*steps)
    assert len(set(refused.value.ids)) >= 2
