"""Going back to any moment of a plan of fifty steps: it comes to the same end (I11)."""

import random
import shutil
from collections.abc import Callable
from functools import partial

import pytest

from .conftest import Tallying
from .journeys import problems
from .legal_moves import ENDED
from .record import Line
from .scene import KILLED, Scene
from .test_sigkill import killing
from .travellers import go_to_the_end, restore_fifty

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(7200)]
NewScene = Callable[[], Scene]


@pytest.fixture(scope="module")
def fifty(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    scene = Scene.new(tmp_path_factory.mktemp("fifty"))
    assert scene.live() == 0
    return scene


def test_a_plan_restored_to_anywhere_comes_to_the_same_end(
    fifty: Scene, new_scene: NewScene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("restored to a random position of fifty steps") as figures:
        for _trial in range(200 if campaign else 2):
            scene, places = _copied(fifty, new_scene()), []
            found: list[str] = []
            for _time in range(luck.randint(1, 3)):
                before = scene.record().lines
                place = luck.choice(_moments(before))
                places.append(place.position)
                code = scene.live(partial(restore_fifty, at=place.id))
                found += [f"it ended with {code}"] if code else []
                found += problems(scene, before) + scene.problems_at_the_end()
            figures.add(found, f"positions {places}")


@pytest.mark.strace
def test_a_kill_while_a_plan_goes_on_from_a_moment_loses_nothing(
    fifty: Scene, new_scene: NewScene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("SIGKILL at `fdatasync` number K after a restoration to anywhere") as figures:
        for _trial in range(100 if campaign else 1):
            scene, number = _copied(fifty, new_scene()), luck.randint(2, 30)
            before = scene.record().lines
            place = luck.choice(_moments(before))
            program = partial(restore_fifty, at=place.id)
            code = scene.live(program, strace=killing("fdatasync", number))
            found = [] if code in (0, KILLED) else [f"it ended with {code}"]
            found += problems(scene, before)
            code = scene.live(go_to_the_end)
            found += [f"the next life ended with {code}"] if code else []
            found += problems(scene, before) + scene.problems_at_the_end()
            figures.add(found, f"position {place.position}, fdatasync {number}")


def _copied(scene: Scene, empty: Scene) -> Scene:
    shutil.copytree(scene.folder, empty.folder, dirs_exist_ok=True)
    return empty


def _moments(lines: list[Line]) -> list[Line]:
    """Return the events of the plan before the decision that ended it for the first time."""
    end = next(line for line in lines if line.kind in {f"plan.{word}.v1" for word in ENDED})
    return [line for line in lines[1:] if line.time < end.time and "!" not in line.stream]
