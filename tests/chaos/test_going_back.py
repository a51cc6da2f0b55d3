"""A process killed while a plan goes back or elsewhere: it has done so, or it has not (F19)."""

import random
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from .conftest import Tallying
from .errands import ERRANDS
from .journeys import Journeys, Trial
from .scene import Scene
from .test_sigkill import SURVIVALS, killing

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(7200)]
NewScene = Callable[[], Scene]
CALLS = ("fdatasync", "pwrite64")
_EARLY = {"fdatasync": 8, "pwrite64": 40}
"""Among so many calls are those that store a request and what is done about it."""
_STEP = {"fdatasync": 1, "pwrite64": 3}
_SHARE = {"fdatasync": 6, "pwrite64": 2}


@pytest.fixture(scope="module")
def journeys(tmp_path_factory: pytest.TempPathFactory) -> Journeys:
    return Journeys(tmp_path_factory.mktemp("journeys"))


@pytest.mark.strace
@pytest.mark.parametrize("call", CALLS)
def test_a_kill_inside_of_a_change_leaves_it_done_or_undone(
    call: str,
    journeys: Journeys,
    new_scene: NewScene,
    campaign: bool,
    luck: random.Random,
    tally: Tallying,
) -> None:
    with tally(f"SIGKILL at `{call}` number K in {len(ERRANDS)} changes of course") as figures:
        for name in ERRANDS if campaign else luck.sample(list(ERRANDS), _SHARE[call]):
            survived = 0
            for number in _points(call, campaign=campaign, luck=luck):
                trial = Trial(name, journeys.scene(name, new_scene()))
                survived += not trial.live(*killing(call, number))
                figures.add(trial.finish(), f"{name}, {call} {number}")
                if survived == SURVIVALS:
                    break


def _points(call: str, *, campaign: bool, luck: random.Random) -> Iterator[int]:
    """Yield every number, of the many writes each third, or one of the first commits'."""
    if campaign:
        step = _STEP[call]
        yield from count(luck.randint(1, step), step)
    yield luck.randint(2, _EARLY[call])


@pytest.mark.strace
def test_kills_in_a_row_leave_changes_done_or_undone(
    journeys: Journeys,
    new_scene: NewScene,
    campaign: bool,
    luck: random.Random,
    tally: Tallying,
) -> None:
    with tally("SIGKILL three times in a row in any of these") as figures:
        for _trial in range(150 if campaign else 1):
            name, numbers = luck.choice(list(ERRANDS)), luck.choices(range(2, 14), k=3)
            trial = Trial(name, journeys.scene(name, new_scene()))
            for number in numbers:
                trial.live(*killing("fdatasync", number))
            figures.add(trial.finish(), f"{name}, fdatasync {numbers}")


def test_kills_at_random_times_leave_changes_done_or_undone(
    journeys: Journeys,
    new_scene: NewScene,
    campaign: bool,
    luck: random.Random,
    tally: Tallying,
) -> None:
    with tally("SIGKILL at a random time in any of these") as figures:
        for _trial in range(300 if campaign else 2):
            name, seconds = luck.choice(list(ERRANDS)), luck.uniform(0.02, 0.4)
            trial = Trial(name, journeys.scene(name, new_scene()))
            trial.live_for(seconds)
            figures.add(trial.finish(), f"{name}, after {seconds:.3f} s")
