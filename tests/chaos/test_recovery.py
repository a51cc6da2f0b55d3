"""All plans that a dead process left behind are carried on, side by side."""

import os
import signal

import anyio
import pytest

import milepost

from . import processes
from .conftest import Tallying
from .fencing import own_and_fork
from .ledger import Ledger, read_ledger
from .processes import PATIENCE, Child
from .scene import Scene
from .tools import world_tools
from .waiting import wait_for

pytestmark = [pytest.mark.chaos]
NAPS = ("1h", "50ms", "20ms", "10ms")


def napping(nap: str) -> dict[str, object]:
    """Return a plan that acts, sleeps and acts again; a call that was cut off is made again."""
    post = {"type": "tool", "tool": "post", "on_unknown": "retry"}
    return {
        "name": nap,
        "steps": [
            {"id": "one", **post, "input": {"amount": 1}},
            {"id": "nap", "type": "wait", "for": nap, "depends_on": ["one"]},
            {"id": "two", **post, "input": {"amount": 2}, "depends_on": ["nap"]},
        ],
    }


async def test_a_plan_that_waits_long_holds_up_no_other(scene: Scene, tally: Tallying) -> None:
    ledger = Ledger(scene.ledger)
    with tally("all unfinished plans resumed at once") as figures:
        async with milepost.open(scene.store, tools=world_tools(ledger)) as mp:
            plans = [await mp.start(napping(nap)) for nap in NAPS]
            while len(read_ledger(scene.ledger, "effect")) < len(NAPS):
                await anyio.sleep(0.001)
        async with milepost.open(scene.store, tools=world_tools(ledger)) as mp:
            with anyio.fail_after(PATIENCE):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(mp.resume)
                    while len((await mp.plans(status=["completed"])).items) < len(NAPS) - 1:
                        await anyio.sleep(0.01)
                    assert (await mp.plan(plans[0])).status == "running"
                    await mp.cancel(plans[0])
        figures.add(scene.problems(), "four plans")


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
