"""Random plans sent to and fro: what is finished stays so unless the record says otherwise."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.course import revisions_of
from milepost.domain.events import Event, StepCompleted
from milepost.domain.ids import path_of
from milepost.engine.core.context import context_without
from milepost.engine.journal import Stored
from milepost.engine.replay import replay

from .core_run import PLAN, CoreRun, stored
from .match import CHOICES
from .referee_of_moments import REVISIONS, name_of, picture
from .test_restoring_random_plans import check_restored
from .travel import Traveller, containers_of, each_group, each_tool, travelled_plans
from .written_plans import Step, WrittenPlan

KINDS = ("run", "run", "fail", "revise", "revise", "rollback", "restore", "recover", "crash")
KINDS += ("fail", "recover", "compensate", "cancel")
LEG = st.tuples(st.sampled_from(KINDS), st.integers(0, 40), st.integers(0, 9))
LEGS = st.lists(LEG, min_size=3, max_size=10)
PLANS = travelled_plans(stopping=True)


def rewritten(steps: list[Step], which: int, how: int, free: Collection[str]) -> list[Step]:
    """Return the steps with one changed (of those in `free`), one added, or one left out.

    What is added or left out is the last of the plan's steps, or of those in a container.
    """
    steps = deepcopy(steps)
    tools = [step for step in each_tool(steps) if step["id"] in free]
    groups = list(each_group(steps))
    group = groups[which % len(groups)]
    if how % 3 == 0 and tools:
        tools[which % len(tools)]["metadata"] = {"changed": how}
    elif how % 3 == 1 or len(group) == 1 or group[-1]["id"] not in free:
        added = {"id": f"t{which}", "kind": "tool", "tool": "work", "input": {}}
        if added["id"] not in {step["id"] for one in groups for step in one}:
            group.append(added)
    else:
        group.pop()
    return steps


class Journey(Traveller):
    """A plan on its way; `steps` is how its newest content is written."""

    def __init__(self, plan: WrittenPlan) -> None:
        super().__init__(plan)
        self.written: dict[str, list[Step]] = {self.run.state.plan.content: plan.steps}

    def leg(self, kind: str, size: int, how: int) -> None:
        """Go one part of the way."""
        getattr(self, f"go_{kind}")(size, how)

    def go_run(self, size: int, how: int) -> None:
        if self.run.state.plan.status == "paused":
            self.run.ask("resume")
        for _turn in range(size % 6):
            self.turn(how)

    def go_fail(self, size: int, how: int) -> None:
        running = [path for path in self.run.running if not path.endswith("~undo") or how > 4]
        if running:
            self.run.fail(running[size % len(running)], retryable=False)

    def go_cancel(self, size: int, how: int) -> None:
        if how > 7:
            self.run.ask("cancel", why=f"{size}")

    def go_revise(self, size: int, how: int) -> None:
        run = self.run
        fixed = ("completed", "running", "suspended")
        bound = {p.rpartition(".")[2] for p, s in run.state.steps.items() if s.status in fixed}
        free = {f"s{number}" for number in range(1, 15)} - bound
        steps = rewritten(self.written[run.state.plan.content], size, how, free)
        again = [p for p, s in run.state.steps.items() if s.status == "failed"] if how > 6 else []
        run.revise(*steps, settings=self.plan.settings, again=again)
        self.written[list(run.contents)[-1]] = steps

    def go_rollback(self, size: int, how: int) -> None:
        known = revisions_of(self.run.own)
        self.run.roll_back(known[size % len(known)].number, hold=how > 7)

    def go_restore(self, size: int, how: int) -> None:
        own = self.run.own
        self.run.restore(own[(size * 7 + how) % len(own)].id, hold=how > 7)

    def go_recover(self, size: int, how: int) -> None:
        del size
        self.run.recover(["resume", "skip", "restart"][how % 3])

    def go_crash(self, size: int, how: int) -> None:
        del size, how
        if not self.run.state.plan.ended:
            self.run.crash()

    def go_compensate(self, size: int, how: int) -> None:
        del size
        if how > 5:
            self.run.compensate()


def sent(plan: WrittenPlan, legs: list[tuple[str, int, int]]) -> Journey:
    journey = Journey(plan)
    for leg in legs:
        journey.leg(*leg)
    journey.go_run(11, 0)
    return journey


@given(PLANS, LEGS)
def test_nothing_finished_is_lost_or_run_again_unless_it_was_reset(
    plan: WrittenPlan, legs: list[tuple[str, int, int]]
) -> None:
    log = sent(plan, legs).run.log
    done: dict[str, Any] = {}
    for event in log:
        family, what, path = name_of(event)
        if family != "step":
            continue
        if what == "reset":
            done.pop(path, None)
        else:
            assert path not in done, f"{what} {path} after it had completed"
        if what in ("completed", "adopted"):
            done[path] = event


@given(PLANS, LEGS)
def test_revisions_are_numbered_without_gaps(
    plan: WrittenPlan, legs: list[tuple[str, int, int]]
) -> None:
    run = sent(plan, legs).run
    known = revisions_of(run.own)
    assert [one.number for one in known] == list(range(1, len(known) + 1))
    for one in known:
        if one.equals is not None:
            assert one.content == known[one.equals - 1].content
    for event in run.own:
        if name_of(event)[1] in REVISIONS:
            counted = (event.kept, event.reset)  # type: ignore[attr-defined]
            assert min(counted) >= 0
    seen = picture(run.own)
    plan_now = run.state.plan
    assert (seen.content, seen.revision) == (plan_now.content, plan_now.revision)
    assert seen.context == plan_now.context == context_without(run.own)
    counted_steps = run.result
    of_now = [path for path in run.state.steps if "~" not in path]
    assert counted_steps.completed_steps <= len(of_now)


@given(PLANS, LEGS)
def test_a_journey_comes_to_rest_and_no_step_is_forgotten(
    plan: WrittenPlan, legs: list[tuple[str, int, int]]
) -> None:
    journey = sent(plan, legs)
    for _turn in range(30):
        journey.go()
        if journey.run.state.plan.ended:
            break
        assert journey.run.state.plan.status == "paused", "the plan waits for nothing"
        journey.run.ask("resume")
        assert journey.run.refusal is None
    assert journey.run.state.plan.ended
    open_ones = {
        path: step.status.value
        for path, step in journey.run.state.steps.items()
        if step.status.value in ("running", "retrying", "suspended")
    }
    assert open_ones == {}


@given(PLANS, LEGS)
def test_a_journey_is_decided_again(plan: WrittenPlan, legs: list[tuple[str, int, int]]) -> None:
    run = sent(plan, legs).run
    assert run.replayed().difference is None
    for cut in run.groups[:: max(len(run.groups) // 8, 1)]:
        assert differs(run, stored(run.log[:cut])) is None


def differs(run: CoreRun, records: list[Stored]) -> Any:
    return replay(PLAN, records, run.contents).difference


def completions(log: list[Event]) -> dict[str, int]:
    """Return how often each step ran to its end."""
    found: dict[str, int] = {}
    for event in log:
        path = path_of(event.originator_id)
        if path is not None and isinstance(event, StepCompleted):
            found[path] = found.get(path, 0) + 1
    return found


@given(travelled_plans(), CHOICES, st.integers(0, 60), st.integers(0, 60))
def test_a_crash_in_a_recovered_plan_changes_nothing(
    plan: WrittenPlan, choices: list[int], size: int, crash: int
) -> None:
    journey = Journey(plan)
    for turn in range(size):
        if not journey.turn(choices[turn] if turn < len(choices) else 0):
            break
    journey.go_revise(size, crash % 3)
    twin = journey.clone()
    for turn in range(200):
        if turn == crash % 10 and not twin.run.state.plan.ended:
            twin.run.crash()
        if not twin.turn():
            break
    journey.go()
    assert twin.run.state.plan.ended == journey.run.state.plan.ended
    assert ends(twin.run) == ends(journey.run)


def ends(run: CoreRun) -> Any:
    """Return how a plan and its steps ended."""
    plan = run.state.plan
    steps = {path: (s.status.value, s.output) for path, s in run.state.steps.items() if s.version}
    return (plan.status, plan.completion, plan.missing, plan.output_of, plan.context, steps)


@given(PLANS, LEGS, st.integers(0, 500))
def test_any_moment_of_a_journey_can_be_restored(
    plan: WrittenPlan, legs: list[tuple[str, int, int]], place: int
) -> None:
    run = sent(plan, legs).run
    before = run.own
    place %= len(before)
    run.restore(before[place].id, hold=True)
    if run.refusal is None:
        check_restored(run, place, before, containers_of(plan.steps))
        assert run.state.plan.context == context_without(run.own)
    else:
        assert any(word in run.refusal for word in ("had ended", "undoing"))
    assert run.replayed().difference is None
