"""A plan that waits for a person: over restarts and crashes, and answered from elsewhere."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from . import processes
from .conftest import Tallying
from .ledger import read_ledger
from .people import answer, ask, ask_and_wait
from .processes import Child
from .record import Line
from .scene import Scene
from .waiting import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]
LATE = 1.0
"""Seconds after which a campaign counts an answer as not seen; the product promises 50 ms."""


def test_an_answer_is_waited_for_over_a_restart(scene: Scene, tally: Tallying) -> None:
    with tally("a question over a restart") as figures:
        found = _codes(processes.run(ask, scene.store, scene.ledger))
        asked = read_ledger(scene.ledger, "asked")[0]
        found += [] if asked["waiting"] == ["ask"] else [f"it asked {asked}"]
        found += _answered(scene, asked["plan"], 5)
        figures.add(found, "restart")


def test_a_wrong_answer_changes_nothing(scene: Scene, tally: Tallying) -> None:
    with tally("an answer that does not fit") as figures:
        found = _codes(processes.run(ask, scene.store, scene.ledger))
        before, plan = scene.record(), scene.record().plans[0]
        found += _codes(processes.run(answer, scene.store, scene.ledger, plan, "many"))
        found += [] if scene.record() == before else ["the store was changed"]
        refused = read_ledger(scene.ledger, "refused")
        found += [] if refused and "does not fit" in refused[0]["message"] else [f"said: {refused}"]
        figures.add(found + scene.problems(), "text for a number")


def test_an_owner_that_lives_sees_an_answer_given_elsewhere(
    new_scene: Callable[[], Scene], campaign: bool, tally: Tallying
) -> None:
    with tally("answered from another process while the owner lives") as figures:
        waits = []
        for trial in range(30 if campaign else 2):
            scene = new_scene()
            owner, plan = _owner_that_asks(scene)
            answering = Child(answer, scene.store, scene.ledger, plan, trial)
            answering.go()
            wait_for(scene, "answered", 1)
            wait_for(scene, "effect", 2)
            seconds = _seconds_to_answer(scene.record().of_plan(plan))
            waits.append(seconds)
            found = [f"it took {seconds} s"] if campaign and seconds > LATE else []
            found += _codes(0 if owner.is_alive() else 1) + scene.problems()
            calls = read_ledger(scene.ledger, "call")
            found += [] if {call["process"] for call in calls} == {owner.pid} else [f"{calls}"]
            figures.add(found, f"trial {trial}")
            processes.leave_none()
        waits.sort()
        median, worst = waits[len(waits) // 2] * 1000, waits[-1] * 1000
        figures.remark(f"median {median:.0f} ms, longest {worst:.0f} ms")


def test_an_answer_after_the_owner_died_is_carried_out(
    new_scene: Callable[[], Scene], campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("answered from another process after the owner was killed") as figures:
        for trial in range(30 if campaign else 1):
            scene, value = new_scene(), luck.randint(1, 99)
            owner, plan = _owner_that_asks(scene)
            owner.signal(signal.SIGKILL)
            owner.wait()
            answering = Child(answer, scene.store, scene.ledger, plan, value)
            answering.go()
            wait_for(scene, "answered", 1)
            results = [entry["result"] for entry in wait_for(scene, "effect", 2)]
            found = [] if results == [101, value + 100] else [f"the effects were {results}"]
            figures.add(found + scene.problems(), f"trial {trial}")
            processes.leave_none()


def test_what_a_step_gave_is_read_while_the_plan_runs_elsewhere(scene: Scene) -> None:
    owner, plan = _owner_that_asks(scene)
    shown = subprocess.run(
        [sys.executable, "-m", "milepost.adapters.cli", "show", plan, "first", "--json"],
        env={**os.environ, "MILEPOST_DB": str(scene.store)},
        capture_output=True,
        check=True,
    )
    assert json.loads(shown.stdout)["output"] == 101
    assert owner.is_alive()


def _owner_that_asks(scene: Scene) -> tuple[Child, str]:
    owner = Child(ask_and_wait, scene.store, scene.ledger)
    owner.go()
    wait_for(scene, "seen", 8)
    return owner, scene.record().plans[0]


def _answered(scene: Scene, plan: str, value: int) -> list[str]:
    found = _codes(processes.run(answer, scene.store, scene.ledger, plan, value))
    rests = read_ledger(scene.ledger, "rests")
    if [(one["status"], one["output"]) for one in rests] != [("completed", value + 100)]:
        found.append(f"it came to {rests}")
    made = [line for line in scene.record().of_plan(plan) if line.kind == "request.made.v1"]
    found += [] if [one.data["actor"] for one in made] == ["somebody"] else [f"asked by {made}"]
    return found + scene.problems()


def _codes(*codes: int) -> list[str]:
    return [f"exit code {code}" for code in codes if code]


def _seconds_to_answer(lines: list[Line]) -> float:
    """Return the time between the request in the log and the owner's events for it."""
    made = next(line for line in lines if line.kind == "request.made.v1")
    done = next(line for line in lines if line.kind == "plan.request_answered.v1")
    return (done.time - made.time) / 1_000_000
