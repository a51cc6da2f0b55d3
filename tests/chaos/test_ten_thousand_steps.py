"""Ten thousand steps, one after the other and all at once, complete in little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Tallying
from .scene import Scene
from .ten_thousand import CHAIN, FAN_OUT

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]
STEPS = 10_000
SHARE = 1_000
"""Steps of the chain outside of a campaign: each waits for the disk."""
MOST_MEMORY = 300
"""MiB."""


def test_ten_thousand_steps_complete(
    tmp_path: Path, repository: Path, campaign: bool, tally: Tallying
) -> None:
    steps = {CHAIN: STEPS if campaign else SHARE, FAN_OUT: STEPS}
    scenes = {shape: Scene.new(tmp_path / shape) for shape in (CHAIN, FAN_OUT)}
    command = [sys.executable, "-m", "tests.chaos.ten_thousand"]
    running = {
        shape: subprocess.Popen(
            [*command, str(scene.store), shape, str(steps[shape])],
            cwd=repository,
            stdout=subprocess.PIPE,
            text=True,
        )
        for shape, scene in scenes.items()
    }
    with tally(f"a chain of {steps[CHAIN]:,} steps beside a fan-out of {STEPS:,}") as figures:
        for shape, process in running.items():
            printed, _nothing = process.communicate(timeout=1500)
            took = json.loads(printed)
            figures.remark(f"{shape}: {took['seconds']:.1f} s, {took['peak_mib']:.0f} MiB")
            found = scenes[shape].problems()
            if (took["status"], took["completed"]) != ("completed", steps[shape]):
                found.append(f"it came to {took}")
            found += [f"{took['peak_mib']} MiB"] if took["peak_mib"] > MOST_MEMORY else []
            found += [f"replay differs: {took['replay']}"] if took["replay"] != "None" else []
            figures.add(found, shape)
