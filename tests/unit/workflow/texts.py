"""Workflow texts for the tests in this folder, and what loading them says."""

import pytest

from milepost.adapters.workflow import Workflow, load_text
from milepost.domain.errors import MilepostError
from milepost.domain.steps import StepSpec


def step_text(step: str) -> str:
    """Return a workflow whose only step is the mapping in `step`, indented below line 3."""
    return "name: x\nsteps:\n  -\n" + "".join(f"    {line}\n" for line in step.strip().splitlines())


def load(text: str) -> Workflow:
    return load_text(text, name="w.yaml")


def load_step(step: str) -> StepSpec:
    return load(step_text(step)).spec.steps[0]


def refusal(text: str, *, name: str = "w.yaml") -> str:
    with pytest.raises(MilepostError) as caught:
        load_text(text, name=name)
    assert caught.value.exit_code == 2
    return str(caught.value)


def step_refusal(step: str) -> str:
    return refusal(step_text(step))
