"""What the command line says of a store whose process was killed: it agrees, and can be moved."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

import milepost

from . import processes
from .conftest import Tallying
from .programs import command
from .scene import KILLED, Scene

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]
ASKING = {
    "name": "asking",
    "steps": [
        {"id": "ask", "type": "user_input", "prompt": "How many?", "schema": {"type": "integer"}},
        {"id": "last", "type": "response", "output": "${ask.output}", "depends_on": ["ask"]},
    ],
}


def test_check_agrees_and_a_log_can_be_moved_after_kills(
    new_scene: Callable[[], Scene], campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    with tally("`check`, `export`, `import`, `export` after SIGKILL") as figures:
        for _trial in range(60 if campaign else 1):
            scene, seen = new_scene(), luck.randint(3, 90)
            assert scene.live_until(seen) == KILLED
            found = _disagreements(scene) + _moved_badly(scene)
            found += [] if scene.live() == 0 else ["the next life failed"]
            found += _disagreements(scene) + _moved_badly(scene) + scene.problems_at_the_end()
            figures.add(found, f"killed after {seen} events")


async def test_an_answer_given_at_the_command_line_ends_a_wait(
    scene: Scene, tally: Tallying
) -> None:
    async with milepost.open(scene.store) as mp:
        plan = (await mp.run(ASKING)).plan_id
    before, store = scene.record(), ("--db", str(scene.store))
    with tally("`milepost answer` after a restart") as figures:
        code = processes.run(command, "answer", plan, "ask", "--value", '"many"', *store)
        found = [] if code == 2 else [f"a wrong answer ended with {code}"]
        found += [] if scene.record() == before else ["a wrong answer changed the store"]
        code = processes.run(command, "answer", plan, "ask", "--value", "7", *store)
        found += [f"the answer ended with {code}"] if code else []
        lines = scene.record().lines
        found += [] if lines[-1].kind == "plan.completed.v1" else [f"it came to {lines[-1]}"]
        figures.add(found + scene.problems(), "command line")


def _disagreements(scene: Scene) -> list[str]:
    code = processes.run(command, "check", "--db", str(scene.store))
    return [f"`check` ended with {code}"] if code else []


def _moved_badly(scene: Scene) -> list[str]:
    """Export the plan, import it into an empty store, export it again, and compare."""
    here, there = scene.folder / "here.jsonl", scene.folder / "there.jsonl"
    moved = scene.folder / "moved.db"
    moved.unlink(missing_ok=True)
    codes = [
        _export(scene.store, here),
        processes.run(command, "import", str(here), "--db", str(moved)),
        _export(moved, there),
    ]
    found = [f"I18 export, import, export ended with {codes}"] if any(codes) else []
    same = here.exists() and there.exists() and here.read_bytes() == there.read_bytes()
    return found if same else [*found, "I18 the second export differs from the first"]


def _export(store: Path, file: Path) -> int:
    return processes.run(command, "export", "last", "--output", str(file), "--db", str(store))
