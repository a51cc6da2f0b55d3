"""Checkpoints: names for moments, taken on request or by the plan's settings."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.commands import ForgetCheckpoint, TakeCheckpoint
from milepost.domain.events import CheckpointTaken
from milepost.domain.snapshots import snapshot_of
from milepost.domain.values import hash_of
from milepost.engine.core.past import end_of
from milepost.engine.core.state import fold_plan

from .core_run import CoreRun, container, told, tool
from .match import CHOICES
from .referee_of_moments import picture
from .travel import Traveller, travelled_plans
from .written_plans import WrittenPlan


def take(run: CoreRun, name: str | None = None, **fields: Any) -> CheckpointTaken:
    run.change("checkpoint", TakeCheckpoint(name=name, **fields))
    return [event for event in run.log if isinstance(event, CheckpointTaken)][-1]


def test_a_checkpoint_names_the_present_moment() -> None:
    run = CoreRun(tool("a", set={"k": 1}), tool("b", "a"), context={"k": 0})
    run.succeed("a")
    taken = take(run, "after a")
    assert run.state.plan.checkpoints == {"after a": "p1.b#1"}
    run.succeed("b")
    run.restore(taken.at)
    assert (run.running, run.state.plan.context) == (["b"], {"k": 1})
    assert run.replayed().equal


def test_without_a_name_it_gets_one() -> None:
    run = CoreRun(tool("a"))
    assert [take(run).name, take(run).name] == ["checkpoint 1", "checkpoint 2"]


def test_a_name_is_given_once_until_it_is_forgotten() -> None:
    run = CoreRun(tool("a"))
    take(run, "x")
    take(run, "x")
    assert "already" in (run.refusal or "")
    run.change("forget_checkpoint", ForgetCheckpoint(name="x"))
    take(run, "x")
    assert run.refusal is None
    run.change("forget_checkpoint", ForgetCheckpoint(name="y"))
    assert run.refusal == "it has no checkpoint 'y'"
    assert run.replayed().equal


def test_the_settings_take_one_after_named_steps_and_every_so_many_events() -> None:
    policy = {"checkpoints": {"after": ["each.x"], "every": 5}}
    loop = container("loop", "each", tool("x", set={"k": "${index}"}), count=2)
    run = CoreRun(loop, tool("z", "each"), settings=policy)
    run.finish()
    names = list(run.state.plan.checkpoints)
    assert [name for name in names if name.startswith("after")] == [
        "after each[0].x", "after each[1].x",
    ]  # fmt: skip
    assert run.state.plan.checkpoints["after each[0].x"] == "p1.each[0].x#2"
    assert run.replayed().equal


def test_a_crash_does_not_change_when_the_next_one_is_taken() -> None:
    policy = {"checkpoints": {"every": 3}}
    run = CoreRun(*[tool(f"s{at}") for at in range(4)], settings=policy)
    before = run.state.unmarked
    run.crash()
    assert run.state.unmarked <= before + 1 or "plan checkpoint_taken" in told(run.log)
    assert run.replayed().equal


def test_a_snapshot_of_another_moment_is_refused() -> None:
    run = CoreRun(tool("a"))
    run.change("checkpoint", TakeCheckpoint(name="x", at="p1#1", snapshot=True))
    assert run.refusal == (
        "a snapshot is of the present moment; leave out the snapshot or the moment"
    )


@given(travelled_plans(stopping=True), CHOICES, st.integers(0, 60), st.booleans())
def test_a_snapshot_equals_the_fold_up_to_its_moment(
    plan: WrittenPlan, choices: list[int], size: int, back: bool
) -> None:
    traveller = Traveller(plan)
    for turn in range(size):
        if not traveller.turn(choices[turn] if turn < len(choices) else 0):
            break
    run = traveller.run
    if back:
        run.restore(run.own[len(run.own) // 2].id)
    taken = take(run, "here", snapshot=True)
    [(content, body)] = run.state.contents.items()
    assert taken.snapshot == content == hash_of(body)
    own = run.own
    upto = own[: end_of(own, taken.at)]
    assert snapshot_of(*fold_plan("p1", upto)) == body
    shown, told_apart = json.loads(body), picture(upto)
    moved = {path: one for path, one in shown["steps"].items() if not path.endswith("~undo")}
    assert {path: one["status"] for path, one in moved.items()} == {
        path: step.status for path, step in told_apart.steps.items()
    }
    assert shown["plan"].get("context", {}) == told_apart.context
    assert shown["plan"]["content"] == told_apart.content
