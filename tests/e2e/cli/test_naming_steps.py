"""Steps of branches named with and without the number of their case; keys as authors write them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command
from .courses import refused

Write = Callable[..., Path]
ROUTED = """
name: routed
steps:
  - id: route
    type: branch
    cases:
      - when: "true"
        steps:
          - {id: approve, type: user_input, prompt: "Fine?", schema: {type: boolean}}
          - {id: note, tool: text.join, input: {parts: [a]}, depends_on: [approve]}
      - else: true
        steps:
          - {id: note, tool: text.join, input: {parts: [b]}}
  - {id: later, type: user_input, prompt: "When?", depends_on: [route]}
  - {id: rest, type: wait, for: 1h, depends_on: [later]}
"""
BOTH = ("route.approve", "route[0].approve")


@pytest.fixture
def routed(milepost: Command, workflow: Write) -> str:
    """Run a branch that asks in its first case; return the plan's id."""
    path = workflow(ROUTED)
    assert milepost("run", path).code == 3
    plan: str = milepost("show", "last", "--json").json["id"]
    return plan


@pytest.mark.parametrize("step", BOTH)
def test_a_step_of_a_case_is_shown_answered_and_stopped_at_by_both_names(
    milepost: Command, routed: str, step: str
) -> None:
    assert milepost("show", routed, step, "--json").json["path"] == BOTH[1]
    note = step.replace("approve", "note")
    assert milepost("break", routed, note).code == 0
    held = milepost("answer", routed, step, "--value", "true")
    assert held.code == 3
    assert "breakpoint before step" in held.out
    forked = milepost("fork", routed, "--set", f"{step}=false", "--dry-run", "--json").json
    assert forked["replaced"] == [BOTH[1]]


def test_what_a_step_of_a_case_did_is_told_by_both_names(milepost: Command, routed: str) -> None:
    milepost("answer", routed, BOTH[0], "--value", "true")
    for words in (("history", "--kind", "step.completed"), ("log", "--level", "trace")):
        short, whole = (milepost(words[0], routed, *words[1:], "--step", step) for step in BOTH)
        assert short == whole
        assert "approve" in whole.out


def test_a_name_that_may_mean_several_steps_is_refused_with_what_there_is(
    milepost: Command, routed: str
) -> None:
    refused(milepost("show", routed, "route.note"), "has no step 'route.note'")
    words = ("revise", routed, "--change", 'route.note={"text": "x"}')
    refused(milepost(*words), "there is no step at 'route.note'")


def test_the_known_steps_are_listed_in_order(milepost: Command, routed: str) -> None:
    known = "known steps: `later`, `rest`, `route`, `route[0].approve`, "
    known += "`route[0].note`, `route[1].note`"

    refused(milepost("break", routed, "zzz"), known)


def test_fields_are_changed_by_the_keys_of_the_workflow_language(
    milepost: Command, routed: str
) -> None:
    changes = (
        *("--change", 'later={"prompt": "On which day?", "schema": {"type": "string"}}'),
        *("--change", 'rest={"for": "1s"}'),
    )
    assert milepost("revise", routed, *changes).code == 0
    assert milepost("answer", routed, "route.approve", "--value", "true").code == 3
    step = milepost("show", routed, "later", "--json").json
    assert step["question"]["prompt"] == "On which day?"
    refused(milepost("answer", routed, "later", "--value", "1"), "does not fit")
    assert "wait_for: PT1S" in milepost("revision", routed).out


def test_a_step_of_a_case_is_changed_by_its_short_name(milepost: Command, routed: str) -> None:
    changed = milepost("revise", routed, "--change", 'route.approve={"name": "gate"}')
    refused(changed, "'route[0].approve'")
