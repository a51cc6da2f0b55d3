"""Many processes on one file: each gets its share, none waits long, and a plan has one owner."""

import random
import time
from collections.abc import Callable, Sequence

import pytest

from .conftest import Tallying
from .ledger import read_ledger
from .processes import Child
from .scene import KILLED, Scene
from .sharing import contend, keep_running
from .waiting import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]
PROCESSES = 16
LONGEST_WAIT = 1.0
SMALLEST_SHARE = 0.5


def start_together(scene: Scene, children: Sequence[Child]) -> None:
    """Let children begin at one moment, when all are ready."""
    for child in children:
        child.go()
    wait_for(scene, "ready", len(children))
    (scene.folder / "starter").touch()


def test_every_process_gets_its_share_and_none_waits_long(
    scene: Scene, campaign: bool, tally: Tallying
) -> None:
    stopper = scene.folder / "stopper"
    arguments = (scene.store, scene.ledger, scene.folder / "starter", stopper)
    children = [Child(keep_running, *arguments) for _number in range(PROCESSES)]
    with tally(f"{PROCESSES} processes write one file") as figures:
        start_together(scene, children)
        if campaign:
            time.sleep(30)
        wait_for(scene, "enough", PROCESSES)
        stopper.touch()
        codes = [child.wait() for child in children]
        shares = read_ledger(scene.ledger, "share")
        steps = [share["steps"] for share in shares]
        least, longest = min(steps) / (sum(steps) / len(steps)), max(s["longest"] for s in shares)
        figures.remark(f"{sum(steps):,} steps, least share {least:.0%} of the mean")
        figures.remark(f"longest wait {longest * 1000:.0f} ms")
        found = scene.problems() + [f"exit codes {codes}" for code in codes if code]
        if campaign:
            found += [f"least share {least:.0%}"] if least < SMALLEST_SHARE else []
            found += [f"longest wait {longest} s"] if longest > LONGEST_WAIT else []
        figures.add(found, f"{PROCESSES} processes")


def test_one_process_at_a_time_owns_a_plan(
    new_scene: Callable[[], Scene], campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("6 processes resume one plan at one moment after a SIGKILL") as figures:
        for _trial in range(100 if campaign else 1):
            scene, seen = new_scene(), luck.randint(3, 80)
            assert scene.live_until(seen) == KILLED
            arguments = (scene.store, scene.ledger, scene.folder / "starter")
            children = [Child(contend, *arguments) for _number in range(6)]
            start_together(scene, children)
            codes = [child.wait() for child in children]
            found = scene.problems() + [f"exit codes {codes}" for code in codes if code]
            figures.add(found + _problems_of_owners(scene), f"killed after {seen} events")


def _problems_of_owners(scene: Scene) -> list[str]:
    """All but one process were refused or came when the plan had ended; each end is the same."""
    ends, refused = read_ledger(scene.ledger, "end"), read_ledger(scene.ledger, "refused")
    found = [f"refused {one}" for one in refused if one["error"] != "OwnedElsewhereError"]
    if len(ends) + len(refused) < 6:
        found.append(f"{len(ends)} ended, {len(refused)} were refused")
    fences = [
        line.data["fence"] for line in scene.record().lines if line.kind == "plan.owner_changed.v1"
    ]
    if fences != sorted(set(fences)):
        found.append(f"the fences were {fences}")
    return found + [f"replay differs: {end}" for end in ends if end["replay"] != "None"]
