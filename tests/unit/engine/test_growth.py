"""Four times the steps cost four times the work: counted in calls, never in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import pytest

from milepost.domain.plans import PlanSpec
from milepost.engine.core import compile_plan
from milepost.engine.core.derive import restore

from .core_run import EXPRESSIONS, PLAN, CoreRun, Fields, container, tool

Shape = Callable[[int], Sequence[Fields]]
AGAIN = {"max_attempts": 2, "initial_delay": 0, "jitter": False}
WIDE = {"max_parallel_steps": 10_000, "stop_on_first_failure": False, "max_steps": 1_000_000}
GROWTH = 4
TOLERANCE = 1.25
"""What sorting by priority may add to a growth in line with the steps."""


def chain(count: int) -> list[Fields]:
    after = [tool(f"s{at}", input={"x": f"${{s{at - 1}.output}}"}) for at in range(1, count)]
    return [tool("s0"), *after]


def fan_out(count: int) -> list[Fields]:
    middle = [tool(f"s{at}", "root", timeout=60, attempt_timeout=30) for at in range(count)]
    return [tool("root"), *middle, tool("join", *(step["id"] for step in middle))]


SHAPES: dict[str, tuple[Shape, Fields]] = {
    "a chain": (chain, {}),
    "a fan-out five at a time": (lambda n: [tool(f"s{at}") for at in range(n)], {}),
    "a fan-out at once": (fan_out, WIDE),
    "by priority": (
        lambda n: [tool(f"s{at}", priority=at % 7) for at in range(n)],
        {"scheduling": "priority"},
    ),
    "by resources": (
        lambda n: [tool(f"s{at}", resources={"gpu": 1 + at % 3}) for at in range(n)],
        {**WIDE, "scheduling": "resources", "resources": {"gpu": 3}},
    ),
    "a loop": (lambda n: [container("loop", "l", tool("x"), count=n, max_iterations=n)], WIDE),
    "a loop side by side": (
        lambda n: [
            container("loop", "l", tool("x"), count=n, max_iterations=n, concurrency=n // 2)
        ],
        WIDE,
    ),
    "one parallel step": (
        lambda n: [container("parallel", "p", *(tool(f"s{at}") for at in range(n)))],
        WIDE,
    ),
    "a race": (
        lambda n: [
            container("parallel", "p", *(tool(f"s{at}") for at in range(n)), mode="first_success")
        ],
        WIDE,
    ),
    "many containers": (
        lambda n: (
            [container("sequential", f"c{at}", tool("x", "c0")) for at in range(1, n)]
            + [container("sequential", "c0", tool("x"))]
        ),
        WIDE,
    ),
    "many containers tried again": (
        lambda n: [container("sequential", f"c{at}", tool("x"), retry=AGAIN) for at in range(n)],
        WIDE,
    ),
    "many waits": (
        lambda n: [
            {"id": f"w{at}", "kind": "wait", "input": {}, "wait_for": at} for at in range(n)
        ],
        WIDE,
    ),
}


def calls(work: Callable[[], Any]) -> int:
    """Return how many functions are called while `work` is done."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def carried_out(steps: Sequence[Fields], settings: Fields) -> CoreRun:
    """Carry a plan out in which every container's first attempt fails."""
    run = CoreRun(*steps, settings=settings)
    failed: set[str] = set()
    shown = 0
    while not run.state.plan.ended:
        started = [
            event.originator_id.partition(".")[2]
            for event in run.log[shown:]
            if event.kind == "step.started.v1"
        ]
        shown = len(run.log)
        working = [path for path in started if run.state.instances[path].node.works]  # type: ignore[index]
        for path in working:
            again = path.startswith("c") and path not in failed
            failed.add(path)
            run.fail(path) if again else run.succeed(path)
        if not working:
            run.wait_for_timer()
    return run


def costs(shape: Shape, settings: Fields, count: int) -> dict[str, int]:
    """Return the calls that compiling, deciding, restoring and replaying take."""
    steps = shape(count)
    spec = PlanSpec.model_validate({"steps": steps, "settings": settings})
    runs: list[CoreRun] = []
    found = {
        "compile": calls(lambda: compile_plan(spec, EXPRESSIONS)),
        "decide": calls(lambda: runs.append(carried_out(steps, settings))),
    }
    [run] = runs
    half = run.log[: len(run.log) // 2]
    found["restore"] = calls(lambda: restore(PLAN, half, run.compiled))
    found["replay"] = calls(run.replayed)
    assert run.replayed().equal
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_work_grows_in_line_with_the_steps(name: str) -> None:
    shape, settings = SHAPES[name]
    few, many = costs(shape, settings, 60), costs(shape, settings, 60 * GROWTH)
    growth = {what: many[what] / few[what] for what in few}
    assert max(growth.values()) < GROWTH * TOLERANCE, growth


def test_the_count_sees_work_that_grows_faster() -> None:
    def noop() -> None:
        pass

    def square(count: int) -> None:
        for _outer in range(count):
            for _inner in range(count):
                noop()

    assert calls(lambda: square(40)) > 15 * calls(lambda: square(10))
