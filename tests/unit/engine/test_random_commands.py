"""Random plans under random commands in any order: pause, answer, revise, restore, crash, more.

Every request is answered exactly once, lifecycles hold, and the record replays.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.commands import ChangeBreakpoint, ForgetCheckpoint, TakeCheckpoint
from milepost.domain.events import RequestAnswered, RequestMade
from milepost.domain.ids import path_of
from milepost.domain.steps import StepStatus
from milepost.engine.core import Requested
from milepost.engine.core.derive import restore
from milepost.engine.core.state import fold_plan

from .core_run import PLAN, CoreRun
from .test_journeys import rewritten
from .travel import travelled_plans
from .written_plans import WrittenPlan, written_plans

ENDS = ("plan.completed.v1", "plan.failed.v1", "plan.cancelled.v1")
REOPENINGS = ("plan.restored.v1", "plan.rolled_back.v1", "plan.recovered.v1")
REOPENINGS += ("plan.compensation_begun.v1",)
AFTERWARDS = ("request.made.v1", "plan.request_answered.v1")
AFTERWARDS += ("plan.checkpoint_taken.v1", "plan.checkpoint_forgotten.v1")
QUESTION = {"kind": "user_input", "input": {"prompt": "Go on?"}, "timeout": "5s"}


def with_questions(steps: list[dict[str, Any]], asking: frozenset[str]) -> list[dict[str, Any]]:
    """Turn some tool steps into questions to a person."""
    kept = ("id", "depends_on", "when", "priority")
    found = []
    for step in steps:
        if step["kind"] == "tool" and step["id"] in asking:
            found.append({**{name: step[name] for name in kept if name in step}, **QUESTION})
            continue
        inner = {"steps": with_questions(step["steps"], asking)} if "steps" in step else {}
        cases = step.get("cases", [])
        if cases:
            inner["cases"] = [
                {**case, "steps": with_questions(case["steps"], asking)} for case in cases
            ]
        found.append({**step, **inner})
    return found


class Commanded(RuleBasedStateMachine):
    """One random plan; each rule is something that people, tools, time or bad luck do to it."""

    run: CoreRun

    @initialize(
        plan=written_plans() | travelled_plans(stopping=True),
        asking=st.frozensets(st.sampled_from([f"s{number}" for number in range(1, 9)])),
        limit=st.sampled_from([3, 1000]),
    )
    def begin(self, plan: WrittenPlan, asking: frozenset[str], limit: int) -> None:
        self.settings = {**plan.settings, "max_steps": limit, "on_limit": "pause"}
        steps = with_questions(plan.steps, asking)
        self.run = CoreRun(*steps, settings=self.settings)
        self.written = {self.run.state.plan.content: steps}

    def alive(self) -> bool:
        return hasattr(self, "run") and not self.run.state.plan.ended

    @precondition(lambda self: self.alive() and self.run.running)
    @rule(which=st.integers(0, 9))
    def succeed(self, which: int) -> None:
        running = self.run.running
        self.run.succeed(running[which % len(running)], which)

    @precondition(lambda self: self.alive() and self.run.running)
    @rule(which=st.integers(0, 9), retryable=st.booleans())
    def fail(self, which: int, retryable: bool) -> None:
        running = self.run.running
        self.run.fail(running[which % len(running)], retryable=retryable)

    @precondition(lambda self: hasattr(self, "run"))
    @rule(command=st.sampled_from(["pause", "resume", "resume", "cancel"]), often=st.integers(0, 3))
    def ask(self, command: str, often: int) -> None:
        if command != "cancel" or often == 0:
            self.run.ask(command)

    @precondition(lambda self: hasattr(self, "run"))
    @rule(which=st.integers(0, 9), outcome=st.sampled_from(["value", "retry", "fail"]))
    def answer(self, which: int, outcome: str) -> None:
        asking: list[str] = [*self.run.state.asking] or ["s1"]
        self.run.ask("answer", step=asking[which % len(asking)], outcome=outcome, value=which)

    @precondition(lambda self: hasattr(self, "run"))
    @rule(which=st.integers(0, 40), how=st.integers(0, 9))
    def revise(self, which: int, how: int) -> None:
        steps = self.written[self.run.state.plan.content]
        moved = {path.rpartition(".")[2] for path in self.run.statuses}
        free = {f"s{number}" for number in range(1, 15)} - (moved if how % 2 else set())
        steps = rewritten(steps, which, how, free)
        again = [path for path, status in self.run.statuses.items() if status == "failed"]
        self.run.revise(*steps, settings=self.settings, again=again[:how])
        self.written[list(self.run.contents)[-1]] = steps

    @precondition(lambda self: hasattr(self, "run"))
    @rule(which=st.integers(0, 9), hold=st.booleans())
    def roll_back(self, which: int, hold: bool) -> None:
        self.run.roll_back(1 + which % self.run.state.plan.revision, hold=hold)

    @precondition(lambda self: hasattr(self, "run"))
    @rule(which=st.integers(0, 200), hold=st.booleans())
    def restore(self, which: int, hold: bool) -> None:
        own = self.run.own
        self.run.restore(own[-1 - which % len(own)].id, hold=hold)

    @precondition(lambda self: hasattr(self, "run"))
    @rule(strategy=st.sampled_from(["resume", "skip", "restart"]), named=st.booleans())
    def recover(self, strategy: str, named: bool) -> None:
        failed = [path for path, status in self.run.statuses.items() if status == "failed"]
        self.run.recover(strategy, failed[:1] if named else [])

    @precondition(lambda self: hasattr(self, "run"))
    @rule(named=st.booleans())
    def compensate(self, named: bool) -> None:
        done = [path for path, status in self.run.statuses.items() if status == "completed"]
        self.run.compensate(*(done[-1:] if named else []))

    @precondition(lambda self: hasattr(self, "run"))
    @rule(which=st.integers(1, 9), on=st.booleans())
    def change_breakpoint(self, which: int, on: bool) -> None:
        self.run.change("breakpoint", ChangeBreakpoint(step=f"s{which}", on=on))

    @precondition(lambda self: hasattr(self, "run"))
    @rule(name=st.sampled_from([None, "x", "y"]), forget=st.booleans())
    def checkpoint(self, name: str | None, forget: bool) -> None:
        if forget:
            self.run.change("forget_checkpoint", ForgetCheckpoint(name=name or "z"))
        else:
            self.run.change("checkpoint", TakeCheckpoint(name=name, snapshot=bool(name)))

    @precondition(lambda self: hasattr(self, "run") and self.run.requests)
    @rule(which=st.integers(0, 9))
    def see_a_request_again(self, which: int) -> None:
        made = [event for event in self.run.log if isinstance(event, RequestMade)]
        self.run.decide(Requested(made[which % len(made)]))

    @precondition(lambda self: self.alive())
    @rule(seconds=st.integers(0, 6))
    def wait(self, seconds: int) -> None:
        self.run.wait(seconds)

    @precondition(lambda self: self.alive())
    @rule(writes=st.booleans())
    def crash(self, writes: bool) -> None:
        self.run.crash(writes=writes)

    @invariant()
    def every_request_is_answered_once(self) -> None:
        log = self.run.log if hasattr(self, "run") else []
        made = [event.id for event in log if isinstance(event, RequestMade)]
        assert [event.cause for event in log if isinstance(event, RequestAnswered)] == made

    @invariant()
    def live_state_is_the_fold(self) -> None:
        if not hasattr(self, "run"):
            return
        state = self.run.state
        plan, steps = fold_plan(PLAN, self.run.log)
        assert facts(plan) == facts(state.plan)
        moved = {path: step for path, step in state.steps.items() if step.version}
        assert {path: facts(step) for path, step in steps.items()} == {
            path: facts(step) for path, step in moved.items()
        }

    @invariant()
    def a_plan_ends_once_in_each_epoch_and_little_follows(self) -> None:
        ended = False
        for event in self.run.log if hasattr(self, "run") else []:
            if event.kind in REOPENINGS:
                ended = False
            if event.kind in ENDS:
                assert not ended
                ended = True
            elif ended:
                assert event.kind in AFTERWARDS
        if hasattr(self, "run"):
            assert ended is self.run.state.plan.ended

    @invariant()
    def a_running_plan_waits_for_something(self) -> None:
        if self.alive() and self.run.state.plan.status == "running":
            state = self.run.state
            assert state.busy or state.sleeping
            assert state.timers.next_time() is not None or state.busy

    @invariant()
    def nothing_outlives_the_plan(self) -> None:
        if hasattr(self, "run") and not self.alive():
            unfinished = (StepStatus.RUNNING, StepStatus.RETRYING, StepStatus.SUSPENDED)
            steps = self.run.state.steps.values()
            assert not [step.id for step in steps if step.status in unfinished]

    def teardown(self) -> None:
        if hasattr(self, "run"):
            assert self.run.replayed().difference is None
            state = restore(PLAN, self.run.log, self.run.compiled)
            assert (state.starts, state.retries) == (self.run.state.starts, self.run.state.retries)


def facts(stream: PlanStream | Step) -> dict[str, Any]:
    """Return all that a stream remembers."""
    return dict(vars(stream))


TestCommandedPlans = Commanded.TestCase


def test_requests_have_streams_of_their_own() -> None:
    run = CoreRun({"id": "a", "kind": "tool", "tool": "work", "input": {}})
    run.ask("pause")
    [request] = [event for event in run.log if isinstance(event, RequestMade)]
    assert path_of(request.originator_id) is None
    assert request.originator_id == f"{PLAN}!requests"
