"""Planners that never come to an end, and plans that fail at random: both end within limits."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.events import LimitReached, PlanRevised, ReplanBegun, StepCompleted
from milepost.domain.ids import path_of
from milepost.engine.core import PlanningChoice
from milepost.engine.core.state import fold_plan

from .core_run import PLAN, tool
from .replan_run import ReplanRun

MOST_TURNS = 500
ANSWERS = st.lists(st.sampled_from(["retry", "other", "more", "drop", "none", "bad"]), max_size=12)
TURNS = st.lists(st.integers(0, 99), max_size=40)


def steps_of(run: ReplanRun) -> list[dict[str, Any]]:
    spec = run.compiled.spec
    return [
        step.model_dump(mode="json", exclude_defaults=True, by_alias=True) for step in spec.steps
    ]


def answer(run: ReplanRun, word: str) -> None:
    """Answer for a planner of that kind."""
    steps, number = steps_of(run), run.begun.number
    lost = run.begun.step or ""
    again = [lost] if run.statuses.get(lost) == "failed" else []
    choice = PlanningChoice(word, "drawn", {"replan": number})
    if word == "none":
        run.no_plan()
    elif word == "bad":
        run.plan(tool("only"), choices=[choice])
    elif word == "retry":
        run.plan(strategy="retry", again=again, choices=[choice])
    elif word == "drop":
        left, gone = [], {lost}
        for one in steps:
            if one["id"] in gone or gone & set(needs(one)):
                gone.add(one["id"])
            else:
                left.append(one)
        run.plan(*(left or [tool(f"new{number}")]))
    else:
        more = [tool(f"new{number}")] if word == "more" else []
        changed = [{**one, "tool": f"t{number}"} if one["id"] == lost else one for one in steps]
        run.plan(*changed, *more, strategy="alternative", again=again)


def needs(step: dict[str, Any]) -> list[str]:
    return [edge["step"] for edge in step.get("depends_on", [])]


def played(run: ReplanRun, answers: list[str], turns: list[int], *, failing: bool = False) -> int:
    """Answer, fail, succeed and crash as drawn until the plan rests; return the turns it took."""
    for turn in range(MOST_TURNS):
        plan = run.state.plan
        if plan.ended or plan.status == "paused":
            return turn
        drawn = turns[turn % len(turns)] if turns else 0
        if drawn % 7 == 6:
            run.crash()
        if plan.replanning is not None and (not run.running or drawn % 3 == 0):
            answer(run, answers[run.begun.number % len(answers)] if answers else "retry")
        elif run.running:
            path = run.running[drawn % len(run.running)]
            fails = failing or drawn % 2
            run.fail(path) if fails else run.succeed(path, drawn)
        elif run.state.timers.next_time() is not None:
            run.wait_for_timer()
    return MOST_TURNS


@given(ANSWERS.filter(lambda words: "none" not in words and "bad" not in words), TURNS)
def test_a_plan_whose_planner_never_gives_up_rests_within_its_limits(
    answers: list[str], turns: list[int]
) -> None:
    run = ReplanRun(tool("a"), tool("b", "a"), settings={"max_replans": 5})
    assert played(run, answers, turns, failing=True) < MOST_TURNS
    begun = [event for event in run.log if isinstance(event, ReplanBegun)]
    assert len(begun) <= 5
    if run.state.plan.status == "paused":
        assert [event.limit for event in run.log if isinstance(event, LimitReached)] == [
            "max_replans"
        ]
    else:
        assert run.state.plan.ended
    assert run.replayed().difference is None


@given(ANSWERS, TURNS, st.booleans(), st.sampled_from([None, {"max_repeats": 2}]))
def test_plans_that_fail_and_are_replanned_at_random_replay_equal(
    answers: list[str], turns: list[int], stop: bool, loops: dict[str, Any] | None
) -> None:
    settings = {"max_replans": 6, "stop_on_first_failure": stop, "loops": loops}
    chain = (tool("a"), tool("b", "a"), tool("c", "b", set={"n": "${c.output}"}), tool("x"))
    run = ReplanRun(*chain, tool("y", "x"), settings=settings)
    assert played(run, answers, turns) < MOST_TURNS
    assert run.replayed().difference is None
    plan, steps = fold_plan(PLAN, run.log)
    assert vars(plan) == vars(run.state.plan)
    assert {path: vars(step) for path, step in steps.items()} == {
        path: vars(step) for path, step in run.state.steps.items() if step.version
    }


@given(ANSWERS, TURNS)
def test_what_is_finished_is_never_run_again(answers: list[str], turns: list[int]) -> None:
    run = ReplanRun(tool("a"), tool("b", "a"), tool("x"), settings={"max_replans": 6})
    played(run, answers, turns)
    done = [path_of(one.originator_id) for one in run.log if isinstance(one, StepCompleted)]
    assert len(done) == len(set(done))


@given(ANSWERS, TURNS)
def test_revisions_count_up_from_their_parents(answers: list[str], turns: list[int]) -> None:
    run = ReplanRun(tool("a"), tool("b", "a"), settings={"max_replans": 6})
    played(run, answers, turns)
    revised = [event for event in run.log if isinstance(event, PlanRevised)]
    assert [(one.number, one.parent) for one in revised] == [
        (number + 2, number + 1) for number in range(len(revised))
    ]
