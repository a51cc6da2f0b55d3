"""Bad input is refused and changes nothing: not a byte of the store."""

from pathlib import Path
from typing import Any

import pytest

import milepost
from milepost import RefusedError

from .conftest import Tallying
from .scene import Scene

pytestmark = [pytest.mark.chaos]
GOOD = {"name": "good", "steps": [{"id": "one", "tool": "time.now"}]}


def step(**keys: object) -> dict[str, Any]:
    """Return a plan of one step that is good but for the keys."""
    return {"name": "bad", "steps": [{"id": "one", "tool": "time.now", **keys}]}


BAD: dict[str, object] = {
    "an unknown key": step(tol="x"),
    "an unknown tool": step(tool="time.new"),
    "a wrong argument": step(tool="calc.evaluate", input={"expression": 5}),
    "a cycle": {
        "steps": [
            {"id": "a", "tool": "time.now", "depends_on": ["b"]},
            {"id": "b", "tool": "time.now", "depends_on": ["a"]},
        ]
    },
    "a missing dependency": step(depends_on=["two"]),
    "an expression that does not compile": step(when="1 +"),
    "an output that is not there": step(when="two.output > 1"),
    "a bomb": "a: &a [1]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\nsteps: *c\n",
    "no steps": {"name": "bad", "steps": []},
    "two documents": "steps: []\n---\nsteps: []\n",
}


async def test_refused_input_changes_nothing(scene: Scene, tally: Tallying) -> None:
    async with milepost.open(scene.store) as mp:
        paused = await mp.run({"steps": [{"id": "ask", "type": "user_input", "prompt": "?"}]})
        await mp.run(GOOD)
        before = _bytes(scene.store)
        with tally("input that is refused (I16)") as figures:
            for name, plan in BAD.items():
                with pytest.raises(RefusedError):
                    await mp.run(plan)
                figures.add(_changes(scene, before), name)
            for name, asking in {
                "an answer to no question": mp.answer(paused.plan_id, "one", value=1),
                "an unknown plan": mp.cancel("p00000000000000000000000000"),
                "a resume without an answer": mp.resume(paused.plan_id),
                "a pause of a paused plan": mp.pause(paused.plan_id),
                "an input that is not declared": mp.run(GOOD, inputs={"more": 1}),
            }.items():
                with pytest.raises(RefusedError):
                    await asking
                figures.add(_changes(scene, before), name)


def _bytes(store: Path) -> dict[str, bytes]:
    """Return what lies in the store's folder, but for the shared memory of open connections."""
    files = (file for file in store.parent.iterdir() if not file.name.endswith("-shm"))
    return {file.name: file.read_bytes() for file in files}


def _changes(scene: Scene, before: dict[str, bytes]) -> list[str]:
    return [] if _bytes(scene.store) == before else ["I16 the store's bytes changed"]
