"""A process killed at any moment: what was acknowledged is there, and the plan goes on."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from .conftest import Tallying
from .ledger import read_ledger
from .programs import carry_on_or_fail
from .scene import KILLED, Scene

pytestmark = [pytest.mark.chaos]
NewScene = Callable[[], Scene]
CALLS = ("fdatasync", "pwrite64", "ftruncate", "unlink")
SURVIVALS = 5
"""So many lives without a kill show that no thread makes more such calls."""
_SHARE = {"fdatasync": 6, "pwrite64": 4, "ftruncate": 1, "unlink": 1}
_CALL = re.compile(r"^(\d+) +(\w+)\(", re.MULTILINE)


def killing(call: str, number: int) -> list[str]:
    """Return the options that kill at the entry of a thread's system call of that number."""
    return ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]


@pytest.mark.strace
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.timeout(7200)
def test_a_kill_at_any_commit_point_loses_nothing(
    call: str, new_scene: NewScene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally(f"SIGKILL at `{call}` number K") as figures:
        survived = 0
        for number in _points(call, new_scene(), campaign=campaign, luck=luck):
            scene = new_scene()
            code = scene.live(strace=killing(call, number))
            if code == 0:
                survived += 1
                if survived == SURVIVALS:
                    break
                continue
            found = [] if code == KILLED else [f"it ended with {code}"]
            figures.add(found + _problems_of_next_life(scene), f"{call} {number}")


def _points(call: str, scene: Scene, *, campaign: bool, luck: random.Random) -> Iterator[int]:
    """Yield every number until nothing is killed any more, or a few that one thread reaches."""
    if campaign:
        yield from count(1)
    assert scene.live(strace=["-e", f"trace={call}"]) == 0
    calls = Counter(_CALL.findall((scene.folder / "trace").read_text()))
    most = max(calls.values())
    yield from sorted(luck.sample(range(1, most), min(_SHARE[call], most - 1)) or [1])


def _problems_of_next_life(scene: Scene) -> list[str]:
    found = scene.problems()
    code = scene.live()
    if code:
        found.append(f"the next life ended with {code}")
    return found + scene.problems() + scene.problems_at_the_end()


@pytest.mark.strace
@pytest.mark.timeout(7200)
def test_kills_in_a_row_while_resuming_lose_nothing(
    new_scene: NewScene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("SIGKILL three times in a row, twice while resuming") as figures:
        for _trial in range(150 if campaign else 1):
            scene, numbers = new_scene(), [luck.randint(3, 35), *luck.choices(range(1, 15), k=2)]
            found = []
            for number in numbers:
                scene.live(strace=killing("fdatasync", number))
                found += scene.problems()
            figures.add(found + _problems_of_next_life(scene), f"fdatasync {numbers}")


@pytest.mark.timeout(7200)
def test_kills_at_random_times_lose_nothing(
    new_scene: NewScene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("SIGKILL at a random time") as figures:
        for _trial in range(500 if campaign else 2):
            scene, seconds = new_scene(), [luck.uniform(0.02, 0.5), luck.uniform(0.02, 0.4)]
            found = []
            for time in seconds:
                if scene.live_for(time) != KILLED:
                    break
                found += scene.problems()
            else:
                found += _problems_of_next_life(scene)
            figures.add(found, f"after {seconds} s")


@pytest.mark.strace
@pytest.mark.timeout(3600)
def test_a_write_that_was_cut_off_fails_the_plan_where_its_author_says_so(
    new_scene: NewScene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("SIGKILL of a plan with `on_unknown: fail`") as figures:
        for number in range(1, 13) if campaign else luck.sample(range(2, 6), 2):
            scene = new_scene()
            if scene.live(carry_on_or_fail, strace=killing("fdatasync", number)) == KILLED:
                found = scene.problems()
                code = scene.live(carry_on_or_fail)
                found += [f"the next life ended with {code}"] if code else []
                figures.add(found + scene.problems() + _wrong_failure(scene), f"at {number}")


def _wrong_failure(scene: Scene) -> list[str]:
    """Return what is wrong: it fails exactly if the write was cut off, and never writes twice."""
    ends, calls = read_ledger(scene.ledger, "end"), read_ledger(scene.ledger, "call")
    changes = [line for line in scene.record().lines if line.kind == "plan.owner_changed.v1"]
    cut = any("book" in line.data.get("interrupted", {}) for line in changes)
    expected = "failed" if cut else "completed"
    found = [] if [end["status"] for end in ends] == [expected] else [f"cut: {cut}, {ends}"]
    booked = [call for call in calls if call["step"] == "book"]
    return found + ([] if len(booked) <= 1 else [f"booked {booked}"])
