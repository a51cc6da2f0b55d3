"""A referee that knows the rules and not the engine: it judges a plan's events one by one.

`see` refuses an event that the rules do not allow at that moment. `rest` refuses a moment at
which something should have happened that did not: a free slot beside a ready step, a container
whose children are done, a plan that ought to have ended.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from milepost.domain.events import Event
from milepost.domain.ids import path_of

from .referee_rules import Rules
from .referee_units import ACTIVE, Unit, Written

_OUTCOMES = ("step.completed.v1", "step.failed.v1", "step.retrying.v1")


class Referee(Rules):
    """Judges one plan; `told` says how the attempt of a working step went, before its event."""

    def __init__(self, steps: list[Written], settings: Written) -> None:
        super().__init__(steps, settings)
        self.plan = "ready"
        self.outcomes: dict[str, tuple[str, bool]] = {}

    def told(self, path: str, code: str = "", *, retryable: bool = True) -> None:
        """Take note of how an attempt went: an empty code is a success."""
        self.outcomes[path] = (code, retryable)

    def see(self, event: Event) -> None:
        """Judge the next event."""
        self.now = event.timestamp
        family, what, _version = event.kind.split(".")
        path = path_of(event.originator_id) or ""
        if what == "reset":
            assert path in self.to_reset, f"{path}: reset for nothing"
            self.to_reset.discard(path)
        elif family == "step":
            assert path in self.units, f"{path} is not there yet: {event.kind}"
            getattr(self, f"_step_{what}")(self.units[path], event)
            self.iterate()
        elif hasattr(self, f"_plan_{what}"):
            getattr(self, f"_plan_{what}")(event)

    # What steps do

    def _step_started(self, unit: Unit, event: Any) -> None:
        assert self.plan == "running", "no step starts while the plan does not run"
        assert unit.wanted, f"{unit.path}: its container does not run"
        assert not unit.passed_over, f"{unit.path}: its case was not taken"
        self._assert_may_start(unit)
        if unit.works:
            self._assert_first_in_line(unit)
        assert event.attempt == unit.attempt + 1
        again = unit.status == "retrying"
        unit.status, unit.attempt, unit.due = "running", event.attempt, None
        if again:
            self.begin_anew(unit)
        if unit.kind in ("parallel", "sequential"):
            self.open(unit, unit.written["steps"])
        elif unit.kind == "branch":
            self.choose(unit)

    def _assert_may_start(self, unit: Unit) -> None:
        if unit.status == "retrying":
            assert unit.due <= self.now, f"{unit.path}: starts before its retry is due"
            return
        assert unit.status == "pending", f"{unit.path}: starts while {unit.status}"
        assert unit.free(), f"{unit.path}: starts before its dependencies have ended"
        assert unit.should_skip() is None, f"{unit.path}: starts but is to be skipped"

    def _assert_first_in_line(self, unit: Unit) -> None:
        assert self.busy() < self.slots(), f"{unit.path}: starts without a free slot"
        assert self.fits(unit), f"{unit.path}: starts without its resources"
        for other in self.candidates():
            if self.strategy == "resources" and not self.fits(other):
                continue
            assert self.key(unit) <= self.key(other), f"{unit.path} starts before {other.path}"

    def _step_completed(self, unit: Unit, event: Any) -> None:
        if unit.works:
            self._take_outcome(unit, success=True)
        elif unit.kind == "wait":
            assert unit.status == "suspended"
            assert unit.due <= self.now, f"{unit.path}: ends before its time"
        elif unit.kind == "user_input":
            assert unit.asks
        elif unit.kind == "response":
            assert unit.status == "running"
        else:
            assert unit.status == "running", f"{unit.path}: completes while {unit.status}"
            assert self.verdict(unit) == "completed", f"{unit.path}: must not complete yet"
        unit.status, unit.output, unit.asks = "completed", event.output, False
        self._assert_nothing_below(unit)
        if unit.groups or unit.kind in ("loop", "branch"):
            assert event.output == self.output(unit), f"{unit.path}: another output"

    def _step_failed(self, unit: Unit, _event: Any) -> None:
        if unit.works:
            code, unit.retryable = self._take_outcome(unit, success=False)
        else:
            assert self.verdict(unit) == "failed", f"{unit.path}: must not fail"
            code, unit.retryable = "error", self.is_worth_a_retry(unit)
        assert self.delay(unit, code, retryable=unit.retryable) is None, "it may be tried again"
        self._assert_nothing_below(unit)
        unit.status, unit.asks = "failed", False

    def _step_retrying(self, unit: Unit, event: Any) -> None:
        if unit.works:
            code, retryable = self._take_outcome(unit, success=False)
        else:
            assert self.verdict(unit) == "failed", f"{unit.path}: must not fail"
            code, retryable = "error", self.is_worth_a_retry(unit)
        self._assert_nothing_below(unit)
        delay = self.delay(unit, code, retryable=retryable)
        assert delay is not None, f"{unit.path}: must not be tried again"
        assert event.delay == delay
        assert event.due == self.now + delay
        unit.status, unit.due = "retrying", event.due

    def _assert_nothing_below(self, unit: Unit) -> None:
        alive = [child.path for child in unit.below() if child.status in ACTIVE]
        assert not alive, f"{unit.path} ends before {alive}"

    def _step_suspended(self, unit: Unit, event: Any) -> None:
        assert unit.status == "running"
        unit.status, unit.due = "suspended", event.due
        unit.asks = event.waiting != "time"
        if unit.kind == "wait":
            assert event.due == self.now + timedelta(seconds=unit.written["wait_for"])

    def _step_skipped(self, unit: Unit, event: Any) -> None:
        assert unit.status == "pending"
        assert unit.wanted, f"{unit.path}: its container does not run"
        if event.reason == "branch":
            assert unit.passed_over, f"{unit.path}: its case was taken"
        else:
            assert unit.free(), f"{unit.path}: skipped before its dependencies have ended"
            assert event.reason == unit.should_skip(), f"{unit.path}: skipped as {event.reason}"
        unit.status, unit.reason = "skipped", event.reason

    def _step_cancelled(self, unit: Unit, _event: Any) -> None:
        assert unit.status in ACTIVE, f"{unit.path}: cancelled while {unit.status}"
        unit.status, unit.asks = "cancelled", False

    # What the plan does

    def _plan_started(self, event: Any) -> None:
        assert self.plan == "ready"
        self.plan, self.strategy = "running", event.strategy
        self.root = self.new_group(self.steps, None, "")

    def _plan_paused(self, _event: Any) -> None:
        assert self.plan == "running"
        self.plan = "paused"

    def _plan_resumed(self, _event: Any) -> None:
        assert self.plan == "paused"
        self.plan = "running"

    def _plan_cancelled(self, _event: Any) -> None:
        self.plan = "cancelled"

    def _plan_completed(self, event: Any) -> None:
        assert self.plan in ("running", "paused")
        if event.reason == "all_done":
            assert all(unit.ended for unit in self.root.values())
            assert list(event.missing) == self.missing()
            partial = bool(self.missing())
            assert event.completion == ("partial" if partial else "success")
            if partial:
                assert any(unit.status == "completed" for unit in self.root.values())
        else:
            assert any(self.ends_plan(unit) for unit in self.units.values())
        self.plan = "completed"

    def _plan_failed(self, _event: Any) -> None:
        roots = self.root.values()
        stopped = self.stops_on_failure() and any(unit.status == "failed" for unit in roots)
        empty = all(unit.ended and unit.status != "completed" for unit in roots)
        assert stopped or empty, "the plan fails without a reason"
        self.plan = "failed"

    # What must be so when nothing more happens by itself

    def rest(self) -> None:
        """Judge a moment at which the engine waits for the world."""
        assert not self.to_reset, f"not reset: {sorted(self.to_reset)}"
        for unit in self.units.values():
            if unit.status in ACTIVE:
                assert self.plan in ("running", "paused"), f"{unit.path} outlives the plan"
                assert unit.wanted, f"{unit.path} outlives its container"
            if unit.status == "running" and not unit.works:
                assert self.verdict(unit) is None, f"{unit.path} should have {self.verdict(unit)}"
        if self.plan in ("running", "paused"):
            self._rest_of_living_plan()

    def _rest_of_living_plan(self) -> None:
        roots = self.root.values()
        assert not all(unit.ended for unit in roots), "all has ended, the plan has not"
        assert not any(self.ends_plan(unit) for unit in self.units.values())
        if self.stops_on_failure():
            assert not any(unit.status == "failed" for unit in roots)
        if self.plan == "paused":
            return
        for unit in self.units.values():
            if unit.status == "pending" and unit.wanted and unit.free() and not unit.passed_over:
                assert unit.works, f"{unit.path} should have begun"
                assert unit.should_skip() is None, f"{unit.path} should have been skipped"
            if unit.status in ("retrying", "suspended") and unit.due and not unit.works:
                assert unit.due >= self.now, f"{unit.path} is overdue"
        self._assert_work_conserving()
        moving = [unit for unit in self.units.values() if unit.works and unit.status == "running"]
        sleeping = [unit for unit in self.units.values() if unit.due is not None]
        assert moving or sleeping, "the plan waits for nothing"

    def _assert_work_conserving(self) -> None:
        waiting = sorted(self.candidates(), key=self.key)
        if not waiting or self.busy() >= self.slots():
            return
        held_up = waiting if self.strategy == "resources" else waiting[:1]
        for unit in held_up:
            assert not self.fits(unit), f"{unit.path} waits beside a free slot"

    def _take_outcome(self, unit: Unit, *, success: bool) -> tuple[str, bool]:
        assert unit.status == "running", f"{unit.path}: ends while {unit.status}"
        assert unit.path in self.outcomes, f"{unit.path}: ends though its attempt did not"
        code, retryable = self.outcomes.pop(unit.path)
        assert (code == "") is success, f"{unit.path}: ends otherwise than its attempt"
        return code, retryable


def judged_afterwards(steps: list[Written], settings: Written, events: list[Event]) -> Referee:
    """Judge a whole record: how attempts went is taken from it, all else must follow."""
    referee = Referee(steps, settings)
    for event in events:
        path = path_of(event.originator_id) or ""
        if referee.is_work(path) and event.kind in _OUTCOMES:
            error = getattr(event, "error", None)
            referee.told(
                path, error.code if error else "", retryable=bool(error and error.retryable)
            )
        referee.see(event)
    referee.rest()
    return referee


def judged(referee: Referee, events: list[Event]) -> None:
    """Show events to a referee, then let it judge what nothing follows from."""
    for event in events:
        referee.see(event)
    referee.rest()
