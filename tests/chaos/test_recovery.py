"""All plans that a dead process left behind are carried on, side by side."""

import os
import signal

import anyio
import pytest

import milepost
from milepost.domain.events import Event

from . import processes
from .conftest import Tallying
from .fencing import own_and_fork
from .ledger import Ledger, read_ledger
from .processes import Child
from .scene import Scene
from .tools import world_tools
from .waiting import wait_for

pytestmark = [pytest.mark.chaos]
NAPS = ("1200ms", "50ms", "20ms", "10ms")


def napping(nap: str) -> dict[str, object]:
    """Return a plan that acts, sleeps and acts again."""
    return {
        "name": nap,
        "steps": [
            {"id": "one", "tool": "book", "input": {"amount": 1}},
            {"id": "nap", "type": "wait", "for": nap, "depends_on": ["one"]},
            {"id": "two", "tool": "book", "input": {"amount": 2}, "depends_on": ["nap"]},
        ],
    }


async def test_a_plan_that_waits_long_holds_up_no_other(scene: Scene, tally: Tallying) -> None:
    ledger = Ledger(scene.ledger)
    ended: list[str] = []

    def watch(event: Event) -> None:
        if event.kind == "plan.completed.v1":
            ended.append(event.originator_id)

    with tally("all unfinished plans resumed at once") as figures:
        async with milepost.open(scene.store, tools=world_tools(ledger)) as mp:
            plans = [await mp.start(napping(nap)) for nap in NAPS]
            while len(read_ledger(scene.ledger, "effect")) < len(NAPS):
                await anyio.sleep(0.001)
        async with milepost.open(scene.store, tools=world_tools(ledger)) as mp:
            results = await mp.resume(watch=watch)
        done = {line.plan for line in scene.record().lines if line.kind == "plan.completed.v1"}
        found = [] if done == set(plans) else [f"{done} of {plans} ended"]
        found += [] if all(result.success for result in results) else [f"{results}"]
        found += [] if ended[-1:] == plans[:1] else ["the others waited for the longest nap"]
        figures.add(found + scene.problems(), "four plans")


def test_a_child_that_the_owner_forked_does_not_keep_its_plans(
    scene: Scene, tally: Tallying
) -> None:
    with tally("SIGKILL of an owner whose forked child lives on") as figures:
        owner = Child(own_and_fork, scene.store, scene.ledger)
        owner.go()
        child = wait_for(scene, "forked", 1)[0]["child"]
        owner.signal(signal.SIGKILL)
        owner.wait()
        try:
            code = processes.run(own_and_fork, scene.store, scene.ledger)
        finally:
            os.kill(child, signal.SIGKILL)
        ends = [end["statuses"] for end in read_ledger(scene.ledger, "resumed")]
        found = [] if (code, ends) == (0, [["completed"]]) else [f"exit code {code}, {ends}"]
        figures.add(found + scene.problems(), "a forked child")
