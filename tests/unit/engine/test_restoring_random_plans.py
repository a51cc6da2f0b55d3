"""Restoring random plans at any moment: as they were then, and on to the end that they had."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.events import Event

from .core_run import CoreRun
from .match import CHOICES
from .referee_of_moments import ENDED, ENDS, at_rest, name_of, picture, whole_moment
from .travel import Traveller, containers_of, travelled_plans
from .written_plans import WrittenPlan

PLACES = st.integers(0, 500)


def restoration(log: list[Event]) -> list[Event]:
    """Return the newest restoration: the event and all that it caused."""
    [*_others, restored] = [event for event in log if event.kind == "plan.restored.v1"]
    return [event for event in log if restored.id in (event.id, event.cause)]


def check_restored(
    run: CoreRun, place: int, before: list[Event], containers: frozenset[str]
) -> None:
    """Compare what a restoration made with what the record tells of the moment."""
    then = picture(whole_moment(before, place))
    last = restoration(run.log)[-1]
    upto = [event for event in run.own if event.kind != "request.made.v1"]
    upto = upto[: next(at for at, event in enumerate(upto) if event.id == last.id) + 1]
    now, just_before = picture(upto), picture(before)
    expected = at_rest(then)
    for path, step in just_before.steps.items():
        if step.undone and (path not in then.steps or step.undone != then.steps[path].undone):
            expected.pop(path, None)
    moment = len(whole_moment(before, place))
    found = {path: step.status for path, step in now.steps.items() if step.status != "pending"}
    for path in [path for path in found if found[path] not in ENDED]:
        assert then.steps[path].status in ("running", "retrying", "suspended")
        since = {name_of(event)[2] for event in before[moment:]}
        assert path not in since or path.rpartition(".")[2] in containers, (
            f"{path} was not taken back"
        )
        del found[path]
    assert found == expected
    outputs = {path: now.steps[path].output for path in expected}
    assert outputs == {path: then.steps[path].output for path in expected}
    assert (now.context, now.content) == (then.context, then.content)


def end(run: CoreRun) -> Any:
    """Return how a plan and its steps ended; a step that was not needed may have been stopped."""
    plan = run.state.plan
    unneeded = ("skipped", "cancelled", "pending")
    needed = {
        path: (step.status.value, step.output)
        for path, step in run.state.steps.items()
        if step.status.value not in unneeded
    }
    return (plan.status, plan.completion, plan.missing, plan.output_of, plan.context, needed)


@given(travelled_plans(), CHOICES, PLACES)
def test_a_restored_plan_is_as_it_was_and_ends_as_it_had(
    plan: WrittenPlan, choices: list[int], place: int
) -> None:
    whole = Traveller(plan).go(choices)
    before = whole.run.own
    place %= len(before)
    again = whole.clone()
    again.run.restore(before[place].id, hold=True)
    ended = [name_of(event)[:2] for event in before[: place + 1]]
    if any(("plan", what) in ended for what in ENDS):
        assert "had ended" in (again.run.refusal or "")
        return
    if again.run.refusal is not None:
        assert "undoing" in again.run.refusal
        return
    check_restored(again.run, place, before, containers_of(plan.steps))
    if again.run.state.plan.status == "paused":
        again.run.ask("resume")
    again.go()
    if any(step.undone for step in picture(before).steps.values()):
        assert again.run.state.plan.status == whole.run.state.plan.status
    else:
        assert end(again.run) == end(whole.run)
    assert again.run.replayed().difference is None
