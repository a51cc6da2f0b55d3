"""Which ready step starts first: the strategies, priorities, slots and resources."""

import pytest

from milepost.domain.errors import ValidationError

from .core_run import CoreRun, container, tool

MIXED = [
    tool("small", estimated_duration=1, resources={"gpu": 1}),
    tool("big", estimated_duration=1, resources={"gpu": 2}),
    tool("urgent", estimated_duration=1, priority=5),
    tool("long", estimated_duration=60),
    tool("tail", "long", estimated_duration=60),
]


def start_order(strategy: str, **settings: object) -> list[str]:
    """Return the order in which the mixed plan's steps start, one slot and no failures."""
    given = {"max_parallel_steps": 1, "resources": {"gpu": 2}, **settings}
    run = CoreRun(*MIXED, settings={"scheduling": strategy, **given})
    run.finish()
    return [
        event.originator_id.partition(".")[2]
        for event in run.log
        if event.kind == "step.started.v1"
    ]


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        ("serial", ["small", "big", "urgent", "long", "tail"]),
        ("parallel", ["urgent", "small", "big", "long", "tail"]),
        ("dag", ["urgent", "small", "big", "long", "tail"]),
        ("priority", ["urgent", "long", "tail", "small", "big"]),
        ("resources", ["big", "small", "urgent", "long", "tail"]),
    ],
)
def test_each_strategy_has_its_own_start_order(strategy: str, order: list[str]) -> None:
    assert start_order(strategy) == order


def test_serial_runs_one_step_at_a_time_whatever_the_slots() -> None:
    run = CoreRun(tool("a"), tool("b"), settings={"scheduling": "serial"})
    assert (run.running, run.ready) == (["a"], ["b"])


@pytest.mark.parametrize(
    ("steps", "strategy"),
    [
        ([tool("a")], "serial"),
        ([tool("a"), tool("b", "a"), tool("c", "b")], "serial"),
        ([tool("a"), tool("b")], "parallel"),
        ([tool("a"), tool("b"), tool("c", "a")], "dag"),
        ([tool("a"), tool("b", input={"x": "${a.output}"})], "serial"),
        ([container("parallel", "p", tool("a"), tool("b"))], "dag"),
    ],
)
def test_the_strategy_is_chosen_from_the_plan_and_recorded(
    steps: list[dict[str, object]], strategy: str
) -> None:
    run = CoreRun(*steps)
    assert run.log[1].data() == {"decider": 1, "strategy": strategy}


def test_with_one_slot_one_step_runs_and_the_other_is_ready() -> None:
    run = CoreRun(tool("a"), tool("b"), settings={"max_parallel_steps": 1})
    assert (run.running, run.ready) == (["a"], ["b"])
    assert "b" not in run.statuses
    run.succeed("a")
    assert (run.running, run.ready) == (["b"], [])


def test_never_more_attempts_than_slots_even_inside_containers() -> None:
    inner = [tool(f"x{number}") for number in range(6)]
    steps = [container("parallel", "p", *inner), tool("a"), tool("b")]
    run = CoreRun(*steps, settings={"max_parallel_steps": 3})
    most = 0
    while not run.state.plan.ended:
        most = max(most, len(run.running))
        run.succeed(run.running[-1])
    assert most == 3


def test_twenty_steps_with_the_default_settings_run_five_at_a_time() -> None:
    run = CoreRun(*[tool(f"s{number}") for number in range(20)])
    assert (len(run.running), len(run.ready)) == (5, 15)


def test_an_edges_priority_counts_for_its_step() -> None:
    steps = [tool("a"), tool("b", "a"), tool("c", {"step": "a", "priority": 3})]
    run = CoreRun(*steps, settings={"max_parallel_steps": 1})
    run.succeed("a")
    assert (run.running, run.ready) == (["c"], ["b"])


def test_resources_are_held_while_an_attempt_runs_and_given_back_after_it() -> None:
    heavy = [tool(f"h{number}", resources={"gpu": 2}) for number in range(2)]
    run = CoreRun(*heavy, settings={"resources": {"gpu": 3}})
    assert (run.running, run.ready, run.state.held) == (["h0"], ["h1"], {"gpu": 2})
    run.succeed("h0")
    assert run.running == ["h1"]
    run.fail("h1")
    assert run.state.held == {"gpu": 0}


def test_by_resources_a_step_that_does_not_fit_lets_smaller_ones_pass() -> None:
    steps = [
        tool("first", resources={"gpu": 2}),
        tool("second", resources={"gpu": 2}),
        tool("third", resources={"gpu": 1}),
    ]
    settings = {"resources": {"gpu": 3}}
    assert CoreRun(*steps, settings={**settings, "scheduling": "resources"}).running == [
        "first",
        "third",
    ]
    assert CoreRun(*steps, settings={**settings, "scheduling": "dag"}).running == ["first"]


def test_a_step_that_needs_more_than_there_is_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"step 'a': it needs 3 of the resource 'gpu'"):
        CoreRun(tool("a", resources={"gpu": 3}), settings={"resources": {"gpu": 2}})


def test_a_resource_nobody_gave_an_amount_is_used_by_one_step_at_a_time() -> None:
    run = CoreRun(*[tool(f"s{number}", resources={"printer": 1}) for number in range(3)])
    assert run.running == ["s0"]


def test_what_was_ready_in_an_earlier_attempt_of_its_container_holds_nothing_up() -> None:
    again = {"max_attempts": 2, "initial_delay": 0, "strategy": "fixed", "jitter": False}
    steps = [tool("a"), tool("c", "a", resources={"gpu": 1}), tool("x")]
    inner = container("parallel", "p", *steps, mode="stop_on_failure", retry=again)
    run = CoreRun(tool("h", resources={"gpu": 1}), inner, settings={"max_parallel_steps": 3})
    run.succeed("p.a")
    assert run.ready == ["p.c"]
    run.fail("p.x")
    assert (run.running, run.ready) == (["h", "p.a", "p.x"], [])
