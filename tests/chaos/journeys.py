"""Scenes in which an errand is about to be run, and what is wrong with how it ended."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio

import milepost

from . import processes
from .errands import ERRANDS
from .ledger import read_ledger
from .record import Line
from .scene import KILLED, Scene
from .travellers import lead_up, run_errand


class Journeys:
    """Makes scenes from one that was led up to its errand once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Scene] = {}

    def scene(self, name: str, empty: Scene) -> Scene:
        """Fill an empty scene with the beginning of an errand."""
        if name not in self._known:
            known = Scene.new(self._folder / name.replace(" ", "-"))
            assert processes.run(lead_up, known.store, known.ledger, name) == 0
            self._known[name] = known
        shutil.copytree(self._known[name].folder, empty.folder, dirs_exist_ok=True)
        return empty


class Trial:
    """One errand, with kills in it, and all that was found wrong."""

    def __init__(self, name: str, scene: Scene) -> None:
        self.scene = scene
        self._name = name
        self._program = partial(run_errand, name=name)
        self._before = scene.record().lines
        self.found: list[str] = []
        self.kills = 0

    def live(self, *strace: str) -> bool:
        """Let a process run the errand; tell whether it was killed."""
        return self._ended(self.scene.live(self._program, strace=strace))

    def live_for(self, seconds: float) -> bool:
        """Let a process run the errand and kill it; tell whether it was in time."""
        return self._ended(self.scene.live_for(seconds, self._program))

    def finish(self) -> list[str]:
        """Run the errand to its end and return what was wrong in the whole trial."""
        if self.live():
            self.found.append("the last life was killed")
        return self.found + list(wrong_ends(self._name, self.scene))

    def _ended(self, code: int) -> bool:
        if code not in (0, KILLED):
            self.found.append(f"it ended with {code}")
        self.kills += code == KILLED
        self.found += problems(self.scene, self._before)
        return code == KILLED


def problems(scene: Scene, before: list[Line]) -> list[str]:
    """Return what is wrong by the oracle and by `check`, and whether the past was touched."""
    found = scene.problems() + anyio.run(_checked, scene.store)
    if scene.record().lines[: len(before)] != before:
        found.append("what was stored before is another")
    return found


def wrong_ends(name: str, scene: Scene) -> Iterator[str]:
    """Yield what is wrong with the ends that the plan and its forks came to."""
    errand, ends = ERRANDS[name], read_ledger(scene.ledger, "end")
    first, *forks = scene.record().plans
    if errand.forked is not None and not forks:
        yield "there is no fork"
    for plan in (first, *forks):
        own = [end for end in ends if end["plan"] == plan]
        expected = errand.output if plan == first else errand.forked
        if not own or any(
            (end["status"], end["output"]) != (errand.status, expected) for end in own
        ):
            yield f"another end of {plan}: {own}"
        yield from (f"replay differs: {end}" for end in own if end["replay"] != "None")
    if len(forks) > len(read_ledger(scene.ledger, "asked")):
        yield f"{len(forks)} forks"


async def _checked(store: Path) -> list[str]:
    report = await milepost.keep(store).check()
    return [f"check: {problem}" for problem in report.findings]
