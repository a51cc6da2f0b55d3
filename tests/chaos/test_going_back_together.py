"""Going back while others do, while an owner hangs, and on a full disk."""

import random
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pytest

from milepost.adapters.store.locks import COMMIT, open_locks

from .conftest import Tallying
from .errands import WAYS
from .journeys import Journeys, problems, wrong_ends
from .ledger import Ledger, read_ledger
from .processes import PATIENCE, Child
from .scene import Scene
from .test_many_processes import start_together
from .test_sigkill import SURVIVALS
from .travellers import (
    go_one_way,
    insist_on,
    own,
    run_errand,
    take_over,
)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(7200)]
NewScene = Callable[[], Scene]
UNDONE_BY_KEY = range(4)
"""The first of the steps that are undone: by a tool that looks whether its key was seen before."""


@pytest.fixture(scope="module")
def journeys(tmp_path_factory: pytest.TempPathFactory) -> Journeys:
    return Journeys(tmp_path_factory.mktemp("journeys"))


def test_two_ways_back_at_one_moment_are_gone_one_after_the_other(
    journeys: Journeys, new_scene: NewScene, campaign: bool, tally: Tallying
) -> None:
    name = "roll back, then restore"
    with tally("2 processes ask for a rollback and a restore at one moment") as figures:
        for number in range(40 if campaign else 1):
            scene = journeys.scene(name, new_scene())
            before = scene.record().lines
            arguments = (scene.store, scene.ledger)
            starter = scene.folder / "starter"
            children = [Child(go_one_way, *arguments, way, starter) for way in WAYS]
            start_together(scene, children)
            codes = [child.wait() for child in children]
            codes.append(scene.live(partial(run_errand, name=name)))
            found = [f"they ended with {codes}"] if any(codes) else []
            found += problems(scene, before) + list(_unmade(scene)) + list(wrong_ends(name, scene))
            figures.add(found, f"pair {number}")


def _unmade(scene: Scene) -> Iterator[str]:
    """Yield what a process was told of its way back, and what is not so."""
    lines = scene.record().lines
    numbers = {str(line.data["number"]) for line in lines if line.kind == "plan.rolled_back.v1"}
    restored = {line.data["at"] for line in lines if line.kind == "plan.restored.v1"}
    for told in read_ledger(scene.ledger, "told"):
        if told["result"] not in (numbers if told["way"] == "roll back" else restored):
            yield f"told was {told}, made were {numbers} and {restored}"
    for refused in read_ledger(scene.ledger, "refused"):
        if "what it has already" not in refused["message"]:
            yield f"refused was {refused}"


def test_an_owner_that_hangs_while_it_undoes_is_displaced_and_each_step_undone_once(
    journeys: Journeys, new_scene: NewScene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    name = "fail and undo"
    with tally("SIGSTOP the owner while it undoes, take over, SIGCONT") as figures:
        for _trial in range(30 if campaign else 1):
            undone = luck.choice(UNDONE_BY_KEY)
            scene = journeys.scene(name, new_scene())
            found = _trial_of_undoing(scene, undone)
            figures.add(
                found + list(wrong_ends(name, scene)), f"stopped after {undone} were undone"
            )


def _trial_of_undoing(scene: Scene, undone: int) -> list[str]:
    before, gate = scene.record().lines, scene.folder / "gate"
    Ledger(scene.ledger).note("gate", after=undone, path=str(gate))
    owner = Child(own, scene.store, scene.ledger)
    owner.go()
    _wait_until(lambda: len(_undoings(scene, "call")) > len(_undoings(scene, "effect")) >= undone)
    _stop_outside_of_commits(owner, scene)
    gate.touch()
    code = scene.live(take_over)
    lines, ledger = scene.record().lines, _undoings(scene, "effect")
    owner.signal(signal.SIGCONT)
    old_code = owner.wait()
    found = [f"exit codes {code} and {old_code}"] if code or old_code else []
    found += ["the displaced owner added events"] if scene.record().lines != lines else []
    found += ["the displaced owner undid a step"] if _undoings(scene, "effect") != ledger else []
    stopped = [one["error"] for one in read_ledger(scene.ledger, "stopped")]
    found += [] if stopped == ["FenceError"] else [f"the displaced owner said {stopped}"]
    return found + problems(scene, before)


def _stop_outside_of_commits(owner: Child, scene: Scene) -> None:
    """Stop a process while it does not hold the file: then nobody could displace it."""
    locks = open_locks(scene.store.with_name(f"{scene.store.name}-lock"))
    owner.signal(signal.SIGSTOP)
    _wait_until(lambda: owner.state() == "T")
    while locks.held_elsewhere(COMMIT):
        owner.signal(signal.SIGCONT)
        time.sleep(0.005)
        owner.signal(signal.SIGSTOP)
        _wait_until(lambda: owner.state() == "T")
    locks.close()


def _undoings(scene: Scene, what: str) -> list[str]:
    return [one["key"] for one in read_ledger(scene.ledger, what) if "~undo/" in one["key"]]


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.002)


@pytest.mark.strace
@pytest.mark.parametrize("name", ["restore", "undo and roll back"])
def test_a_disk_that_is_full_inside_of_a_change_refuses_all_of_it(
    name: str,
    journeys: Journeys,
    new_scene: NewScene,
    campaign: bool,
    luck: random.Random,
    tally: Tallying,
) -> None:
    with tally(f"ENOSPC from `pwrite64` number K, once, in `{name}`") as figures:
        survived = 0
        for number in count(1, 3) if campaign else [luck.randint(2, 40)]:
            scene = journeys.scene(name, new_scene())
            before = scene.record().lines
            inject = ["-e", "trace=pwrite64", "-e", f"inject=pwrite64:error=ENOSPC:when={number}"]
            codes = [scene.live(partial(insist_on, name=name), strace=inject)]
            found = problems(scene, before)
            codes.append(scene.live(partial(run_errand, name=name)))
            found += [f"it ended with {codes}"] if any(codes) else []
            found += problems(scene, before) + list(wrong_ends(name, scene))
            refused = read_ledger(scene.ledger, "refused")
            found += [f"{one}" for one in refused if one["error"] != "StoreFullError"]
            figures.add(found, f"pwrite64 {number}")
            survived += "INJECTED" not in (scene.folder / "trace").read_text()
            if survived == SURVIVALS:
                break
