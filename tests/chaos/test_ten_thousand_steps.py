"""Ten thousand steps, one after the other and all at once, complete in little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Tallying
from .scene import Scene
from .ten_thousand import CHAIN, FAN_OUT

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
STEPS = 10_000
MOST_MEMORY = 300
"""MiB."""


def test_ten_thousand_steps_complete(tmp_path: Path, repository: Path, tally: Tallying) -> None:
    scenes = {shape: Scene.new(tmp_path / shape) for shape in (CHAIN, FAN_OUT)}
    command = [sys.executable, "-m", "tests.chaos.ten_thousand"]
    running = {
        shape: subprocess.Popen(
            [*command, str(scene.store), shape, str(STEPS)],
            cwd=repository,
            stdout=subprocess.PIPE,
            text=True,
        )
        for shape, scene in scenes.items()
    }
    with tally(f"a chain and a fan-out of {STEPS:,} steps, side by side") as figures:
        for shape, process in running.items():
            printed, _nothing = process.communicate(timeout=500)
            took = json.loads(printed)
            figures.remark(f"{shape}: {took['seconds']:.1f} s, {took['peak_mib']:.0f} MiB")
            found = scenes[shape].problems()
            if (took["status"], took["completed"]) != ("completed", STEPS):
                found.append(f"it came to {took}")
            found += [f"{took['peak_mib']} MiB"] if took["peak_mib"] > MOST_MEMORY else []
            found += [f"replay differs: {took['replay']}"] if took["replay"] != "None" else []
            figures.add(found, shape)
