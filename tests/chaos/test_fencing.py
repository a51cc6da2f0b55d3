"""An owner that hangs and comes back: it starts nothing more, adds nothing more, and says why."""

import random
import signal
import time
from collections.abc import Callable

import pytest

from milepost.adapters.store.locks import COMMIT, TURN, open_locks

from . import processes
from .conftest import Tallying
from .fencing import (
    STEPS,
    create,
    gate,
    own,
    own_a_nap,
    own_and_hang,
    take_over,
    try_to_take_over,
)
from .ledger import read_ledger
from .processes import PATIENCE, Child
from .programs import command
from .scene import Scene
from .strace import traced
from .waiting import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]


def test_an_owner_that_was_displaced_does_nothing_more(
    new_scene: Callable[[], Scene], campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("SIGSTOP the owner, take over, SIGCONT") as figures:
        for _trial in range(60 if campaign else 2):
            number, pause = luck.randint(2, STEPS - 3), luck.uniform(0.0, 0.04)
            found = _trial_of_fencing(new_scene(), number, pause)
            figures.add(found, f"stopped {pause:.3f} s after call {number}")


def test_an_owner_that_hangs_before_a_call_does_not_make_it(
    new_scene: Callable[[], Scene], campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("SIGSTOP between a start on record and its call, take over, SIGCONT") as figures:
        for _trial in range(STEPS if campaign else 1):
            scene, number = new_scene(), luck.randint(1, STEPS - 1)
            owner = Child(own_and_hang, scene.store, scene.ledger, number)
            owner.go()
            _wait_until(lambda: owner.state() == "T")  # noqa: B023 - waited for at once
            figures.add(_displaced(scene, owner, scene.record().plans[0]), f"before s{number}")


def _trial_of_fencing(scene: Scene, number: int, pause: float) -> list[str]:
    owner = Child(own, scene.store, scene.ledger, number + 1)
    owner.go()
    plan = wait_for(scene, "call", number)[0]["plan"]
    time.sleep(pause)
    _stop_outside_of_commits(owner, scene)
    return _displaced(scene, owner, plan)


def _displaced(scene: Scene, owner: Child, plan: str) -> list[str]:
    """Take the plan of a stopped owner over, let that one go on, and return what is wrong."""
    gate(scene.ledger).touch()
    code = processes.run(take_over, scene.store, scene.ledger, plan)
    before, calls = scene.record().lines, read_ledger(scene.ledger, "call")
    owner.signal(signal.SIGCONT)
    old_code = owner.wait()
    found = [f"exit codes {code} and {old_code}"] if code or old_code else []
    if scene.record().lines != before:
        found.append("the displaced owner added events")
    if read_ledger(scene.ledger, "call") != calls:
        found.append("the displaced owner started a tool")
    return found + _unsaid(scene, owner) + scene.problems()


def _stop_outside_of_commits(owner: Child, scene: Scene) -> None:
    """Stop the owner; in a commit it holds the file itself, which is another test's subject."""
    locks = open_locks(scene.store.with_name(f"{scene.store.name}-lock"))
    while True:
        owner.signal(signal.SIGSTOP)
        _wait_until(lambda: owner.state() == "T")
        if not any(map(locks.held_elsewhere, (TURN, COMMIT))):
            break
        owner.signal(signal.SIGCONT)
        time.sleep(0.003)
    locks.close()


def _unsaid(scene: Scene, owner: Child) -> list[str]:
    """Return what the two processes should have said and the log should say."""
    found = []
    refused = read_ledger(scene.ledger, "refused")
    if not refused or "--take-over" not in refused[0]["message"]:
        found.append(f"a living owner was not respected: {refused}")
    stopped = read_ledger(scene.ledger, "stopped")
    if [one["error"] for one in stopped] != ["FenceError"] or stopped[0]["process"] != owner.pid:
        found.append(f"the displaced owner said {stopped}")
    changes = [line for line in scene.record().lines if line.kind == "plan.owner_changed.v1"]
    if [(one.data["reason"], one.data["fence"]) for one in changes] != [("taken over", 2)]:
        found.append(f"the takeover is not in the log: {changes}")
    return found


def test_the_command_line_displaces_an_owner(scene: Scene, tally: Tallying) -> None:
    with tally("SIGSTOP the owner, `milepost resume PLAN --take-over`, SIGCONT") as figures:
        owner = Child(own_a_nap, scene.store, scene.ledger)
        owner.go()
        _wait_until(lambda: owner.state() == "T")
        plan, store = scene.record().plans[0], ("--db", str(scene.store))
        respected = processes.run(command, "resume", plan, *store)
        code = processes.run(command, "resume", plan, "--take-over", *store)
        before = scene.record().lines
        owner.signal(signal.SIGCONT)
        old_code = owner.wait()
        found = [] if respected == 2 else [f"a living owner was not respected: {respected}"]
        found += [f"exit codes {code} and {old_code}"] if code or old_code else []
        found += ["it added events"] if scene.record().lines != before else []
        stopped = [one["error"] for one in read_ledger(scene.ledger, "stopped")]
        found += [] if stopped == ["FenceError"] else [f"the displaced owner said {stopped}"]
        found += [] if before[-1].kind == "plan.completed.v1" else [f"it came to {before[-1]}"]
        figures.add(found + scene.problems(), "command line")


@pytest.mark.strace
def test_an_owner_that_hangs_in_a_commit_is_told_of_and_nothing_is_lost(
    scene: Scene, luck: random.Random, tally: Tallying
) -> None:
    """It holds the file itself, so nobody can write until it is continued or killed."""
    assert processes.run(create, scene.store) == 0
    owner = Child(own, scene.store, scene.ledger)
    number = luck.randint(6, STEPS)
    inject = ["-e", "trace=fdatasync", "-e", f"inject=fdatasync:signal=SIGSTOP:when={number}"]
    with tally("SIGSTOP the owner inside a commit") as figures:
        trace = scene.folder / "trace"
        with traced(["-o", str(trace), *inject], owner):
            owner.go()
            _wait_until(lambda: "stopped by SIGSTOP" in trace.read_text())
            plan = wait_for(scene, "call", 1)[0]["plan"]
            code = processes.run(try_to_take_over, scene.store, scene.ledger, plan)
        owner.signal(signal.SIGCONT)
        found = [f"exit codes {codes}" for codes in [(code, owner.wait())] if any(codes)]
        refused = [one["error"] for one in read_ledger(scene.ledger, "refused")]
        found += [] if refused == ["StoreBusyError"] else [f"it was told {refused}"]
        ended = len(read_ledger(scene.ledger, "call")) == STEPS
        found += [] if ended else ["the owner did not go on"]
        figures.add(found + scene.problems(), f"fdatasync {number}")


def _wait_until(is_stopped: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_stopped():
        assert time.monotonic() < deadline, "the owner was never stopped"
        time.sleep(0.005)
