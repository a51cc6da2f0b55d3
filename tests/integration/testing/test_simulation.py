"""The WorkflowSimulator: the engine's own course of a plan, from durations and failures given."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from milepost.domain.errors import RefusedError, ValidationError
from milepost.testing import History, Simulation, simulate, simulate_many
from milepost.testing.history import Sample

from .flows import SALES, flow, question, tool

ROWS = {"load": {"rows": ["a", "b", "c"]}}


def kinds(simulation: Simulation, step: str) -> list[str]:
    return [one.kind.split(".")[1] for one in simulation.events if one.step == step]


def ran(simulation: Simulation, step: str) -> timedelta:
    return next(lane.ran for lane in simulation.timeline.lanes if lane.path == step)


def test_a_plan_takes_what_its_steps_waits_and_retries_take() -> None:
    simulation = simulate(
        SALES,
        durations={"load": 4, "count": "30s", "draw": 5, "send": 20},
        failures={"load": ["busy", "busy", None]},
        outputs=ROWS,
    )
    assert simulation.result.success
    assert simulation.result.final_output == "3 sent"
    load = timedelta(seconds=3 * 4 + 10 + 20)
    assert simulation.result.duration == load + timedelta(seconds=30) + timedelta(hours=1)
    assert kinds(simulation, "load") == [
        *("started", "retrying", "started", "retrying", "started", "completed")
    ]
    assert simulation.critical_path == ("load", "count", "rest")
    assert simulation.timeline.total == simulation.result.duration


def test_the_loops_concurrency_and_the_plans_slots_are_the_engines_own() -> None:
    outputs = {"load": {"rows": list("abcdef")}}
    two = simulate(SALES, durations={"*": 0, "send": 10}, outputs=outputs)
    assert ran(two, "each") == timedelta(seconds=30)
    assert two.timeline.most_at_once == 2
    wide = flow(*(tool(f"s{number}") for number in range(6)), settings={"max_parallel_steps": 3})
    assert simulate(wide, durations={"*": 10}).result.duration == timedelta(seconds=20)


def test_time_limits_hold() -> None:
    attempt = simulate(SALES, durations={"draw": "2m"}, outputs=ROWS)
    assert not attempt.result.success
    assert "took longer than 60 s" in (attempt.result.error_message or "")
    plan = flow(tool("a"), settings={"max_execution_time": "5m"})
    assert simulate(plan, durations={"a": "6m"}).result.completion == "timeout"


def test_what_is_not_said_is_estimated_or_a_second_and_gives_null() -> None:
    plan = flow(tool("a", estimated_duration="90s"), tool("b"), settings={"scheduling": "serial"})
    simulation = simulate(plan)
    assert (ran(simulation, "a"), ran(simulation, "b")) == (
        timedelta(seconds=90),
        timedelta(seconds=1),
    )
    assert simulation.result.final_output == {"a": None, "b": None}


def test_a_plan_begins_when_it_is_told_and_always_at_the_same_time_if_not() -> None:
    plan = flow({"id": "rest", "type": "wait", "until": "2030-01-02T00:00:00Z"})
    begun = simulate(plan, beginning=datetime(2030, 1, 1, tzinfo=UTC))
    assert begun.result.duration == timedelta(days=1)
    assert simulate(plan).timeline.started == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValidationError, match="beginning: a time zone is missing"):
        simulate(plan, beginning=datetime(2030, 1, 1))  # noqa: DTZ001 - what is refused


def nested(*steps: dict[str, Any]) -> dict[str, Any]:
    """Return a plan with one container after the other, each with one of the steps."""
    boxes = [
        {"id": f"box{number}", "type": "sequential", "steps": [step]}
        for number, step in enumerate(steps)
    ]
    return flow(*boxes, settings={"scheduling": "serial"})


def test_steps_of_one_name_in_other_containers_have_their_own_estimates() -> None:
    plan = nested(tool("x", estimated_duration="100s"), tool("x", estimated_duration="10s"))
    assert simulate(plan).result.duration == timedelta(seconds=110)
    assert simulate(nested(plan["steps"][0]["steps"][0], tool("x"))).result.duration == timedelta(
        seconds=101
    )


def test_iterations_and_cases_have_the_estimates_that_are_written_for_them() -> None:
    cases = [
        {"when": "item > 1", "steps": [tool("x", estimated_duration="60s")]},
        {"else": True, "steps": [tool("x", estimated_duration="5s")]},
    ]
    route = {"id": "route", "type": "branch", "cases": cases}
    plan = flow({"id": "each", "type": "loop", "for_each": [1, 2, 3], "steps": [route]})
    assert simulate(plan).result.duration == timedelta(seconds=125)


def test_a_mistyped_path_is_refused_though_it_ends_with_a_step() -> None:
    with pytest.raises(ValidationError, match=r"'bx0.x' .* did you mean `box0.x`"):
        simulate(nested(tool("x")), durations={"bx0.x": 60})


def test_models_take_their_time_fail_and_answer() -> None:
    ask = {"id": "ask", "type": "llm", "prompt": "how?", "schema": {"type": "object"}}
    plan = flow({**ask, "retry": {"max_attempts": 2, "jitter": False, "initial_delay": "1s"}})
    simulation = simulate(
        plan,
        durations={"ask": 7},
        failures={"ask": ["overloaded", None]},
        outputs={"ask": {"x": 1}},
    )
    assert simulation.result.final_output == {"x": 1}
    assert simulation.result.duration == timedelta(seconds=15)


def test_people_answer_while_other_steps_run_and_questions_follow_answers() -> None:
    plan = flow(
        question("first"),
        question("second", "first", schema={"type": "integer"}),
        tool("slow"),
        tool("last", "second"),
    )
    simulation = simulate(
        plan,
        durations={"first": 60, "second": "10m", "slow": 90, "last": 5},
        outputs={"first": "yes", "second": 2},
    )
    assert simulation.result.success
    assert simulation.result.duration.total_seconds() == pytest.approx(60 + 600 + 5, abs=2)
    assert simulation.critical_path == ("first", "second", "last")


def test_a_question_that_nobody_answers_leaves_the_plan_paused() -> None:
    simulation = simulate(flow(question("ok"), tool("a")))
    assert (simulation.result.status, simulation.result.waiting) == ("paused", ("ok",))


def test_an_answer_that_does_not_fit_is_an_error() -> None:
    plan = flow(question("ok", schema={"type": "boolean"}))
    with pytest.raises(ValidationError, match=r"^ok: the answer does not fit: .*true or false"):
        simulate(plan, outputs={"ok": "perhaps"})


def test_a_function_may_answer_and_sees_what_is_asked() -> None:
    plan = flow({"id": "each", "type": "loop", "count": 2, "steps": [question("ok")]})
    simulation = simulate(plan, outputs={"ok": lambda trial: (trial.given, trial.attempt)})
    assert simulation.result.final_output == [["ok?", 1], ["ok?", 1]]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"outputs": {"ok": lambda _trial: 1 / 0}}, r"^ok: the rule for its answer failed \(Zero"),
        ({"outputs": {"ok": lambda _trial: {1}}}, "a value of the type set is not JSON"),
        (
            {"outputs": {"ok": 1}, "durations": {"ok": lambda _trial: "soon"}},
            "durations ok: 'soon' is not a duration",
        ),
        ({"outputs": {"ok": 1}, "failures": {"ok": "busy"}}, "failures: 'ok' asks a person, who"),
    ],
)
def test_rules_by_which_nobody_can_answer_are_refused(rules: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        simulate(flow(question("ok")), **rules)


def test_functions_see_the_attempt_and_its_own_luck() -> None:
    seen: list[Any] = []

    def takes(trial: Any) -> float:
        seen.append((trial.step, trial.tool, trial.attempt, trial.given))
        return float(trial.luck().uniform(1, 2))

    simulate(SALES, durations={"send": takes}, outputs={"load": {"rows": ["x"]}})
    assert seen == [("each[0].send", "send.tool", 1, {"to": "x"})]


def test_the_same_seed_is_the_same_run_and_another_is_not() -> None:
    def run(seed: int) -> Simulation:
        chances = {"durations": {"*": (1, 30)}, "failures": {"*": 0.3}, "outputs": ROWS}
        return simulate(SALES, seed=seed, **chances)

    assert run(5) == run(5)
    assert len({run(seed).result.duration for seed in range(10)}) > 5


_PROGRAM = """
import json, sys
from milepost.testing import simulate
plan = json.loads(sys.argv[1])
done = simulate(plan, durations={"*": (1, 30)}, failures={"*": 0.3}, seed=3,
                outputs={"load": {"rows": list("abcdef")}})
print(done.events, done.timeline)
"""


def test_it_is_the_same_in_every_process(repository: Path) -> None:
    def run(hashes: str) -> str:
        return subprocess.check_output(
            [sys.executable, "-c", _PROGRAM, json.dumps(SALES)],
            cwd=repository,
            env={"PYTHONHASHSEED": hashes},
            text=True,
        )

    first = run("1")
    assert first == run("2")
    assert "step.retrying" in first


def test_many_runs_tell_the_spread_and_the_seeds_that_failed() -> None:
    plan = flow(tool("a"))
    spread = simulate_many(plan, runs=200, durations={"a": (10, 20)}, failures={"a": 0.25}, seed=7)
    assert spread.runs == 200
    assert 0.6 < spread.success_rate < 0.9
    assert spread.durations[0] <= spread.p50 < spread.p95 <= spread.durations[-1]
    assert 14 < spread.p50.total_seconds() < 16
    assert len(spread.failing_seeds) == 200 - spread.succeeded
    for seed in spread.failing_seeds[:3]:
        again = simulate(plan, durations={"a": (10, 20)}, failures={"a": 0.25}, seed=seed)
        assert not again.result.success


def test_nothing_is_learnt_from_history_that_the_rules_say() -> None:
    samples = (Sample(10, "old"), Sample(20, "old"))
    history = History(1, {"a": samples}, {"b.tool": (Sample(5, "by tool"),)})
    plan = flow(tool("a"), tool("b", "a"), tool("c", "b"))
    drawn = {
        simulate(
            plan, history=history, durations={"c": 0}, seed=seed
        ).result.duration.total_seconds()
        for seed in range(20)
    }
    assert drawn == {15, 25}
    simulation = simulate(plan, history=history, durations={"*": 1}, outputs={"c": "new"})
    assert simulation.result.duration == timedelta(seconds=3)
    assert simulation.result.final_output == "new"


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"durations": {"lod": 1}}, "durations: 'lod' is no step and no tool here"),
        ({"failures": {"load": 3}}, "failures load: the rate 3 is not within 0 and 1"),
        ({"outputs": {"load": float("nan")}}, "nan is not JSON"),
        ({"inputs": {"x": 1}}, "there is no input `x`"),
    ],
)
def test_bad_rules_and_inputs_are_refused(rules: dict[str, Any], told: str) -> None:
    with pytest.raises(RefusedError, match=told.replace("(", r"\(")):
        simulate(SALES, **rules)


def test_no_runs_are_refused() -> None:
    with pytest.raises(ValidationError, match="0 is not a number of runs"):
        simulate_many(SALES, runs=0)


def test_a_plan_that_cannot_run_is_refused() -> None:
    with pytest.raises(ValidationError, match="nowhere"):
        simulate(flow(tool("a", "nowhere")))
