"""Random plans of tools that write: cut off, out of time, told too late. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.events import (
    Event,
    OwnerChanged,
    StepCancelled,
    StepFailed,
    StepRetrying,
    StepStarted,
    StepSuspended,
)
from milepost.domain.ids import StepPath, owner_of, path_of, static_path
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions.tree import walk
from milepost.domain.steps import StepStatus
from milepost.engine.core import AttemptSucceeded

from .core_run import PLAN, CoreRun
from .match import CHOICES, TURNS
from .written_plans import WrittenPlan, written_plans

ATTEMPT = 3
"""Seconds that an attempt may take."""
RETRY = {"max_attempts": 3, "initial_delay": 1, "strategy": "fixed", "jitter": False}
REQUESTS = f"{PLAN}!requests#"
TOO_LATE = "too late"
Steps = list[dict[str, Any]]
NAMES = st.sampled_from([f"s{number}" for number in range(1, 15)])
POLICIES = st.dictionaries(NAMES, st.sampled_from(["ask", "retry", "fail"]))
LIMITS = st.dictionaries(NAMES, st.integers(1, 6))
SHAKY = st.frozensets(NAMES)
MOST = st.fixed_dictionaries(
    {}, optional={"max_steps": st.integers(1, 30), "max_retries": st.integers(0, 3)}
)
CRASHES = st.frozensets(st.integers(0, 12), max_size=4)


def careful(steps: Steps, policies: Mapping[str, str], limits: Mapping[str, int]) -> Steps:
    """Return steps with what is to follow when they are cut off, and limited in time."""
    found = []
    for step in steps:
        more: dict[str, Any] = {}
        name = step["id"]
        if name in policies and step["kind"] == "tool":
            more["on_unknown"] = policies[name]
        if name in limits or step["kind"] not in ("tool", "wait"):
            more["timeout"] = limits.get(name, 5)
        if step["kind"] == "tool":
            more |= {"attempt_timeout": ATTEMPT, "retry": step.get("retry", RETRY)}
            more["input"] = {"two": "${1 + 1}"}
        if "steps" in step:
            more["steps"] = careful(step["steps"], policies, limits)
        if "cases" in step:
            more["cases"] = [
                {**case, "steps": careful(case["steps"], policies, limits)}
                for case in step["cases"]
            ]
        found.append({**step, **more})
    return found


FOLLOWS: Mapping[str, tuple[type[Event], ...]] = {
    "ask": (StepSuspended,),
    "asked": (StepFailed,),
    "fail": (StepFailed,),
    "retry": (StepRetrying, StepFailed),
}
"""What may follow by itself when a write is cut off; `asked` once a person has been asked."""


class Luck:
    """Carries a plan on as its choices have it, and looks at it after each of them."""

    def __init__(
        self,
        plan: WrittenPlan,
        steps: Steps,
        policies: Mapping[str, str],
        most: Mapping[str, int],
        shaky: Collection[str],
    ) -> None:
        self.policies, self.most, self.shaky = policies, most, shaky
        self.run = CoreRun(*steps, settings={**plan.settings, **most})

    def turn(self, choice: int) -> bool:
        """Let one thing happen; tell whether there was anything left."""
        run, due = self.run, self.run.state.timers.next_time()
        moves = [*run.running, *run.state.asking, *([""] if due is not None else [])]
        if run.state.plan.ended or not moves:
            return False
        path = moves[choice % len(moves)]
        if not path:
            run.wait_for_timer()
        elif path in run.state.asking:
            run.ask("answer", step=path, outcome=("value", "retry", "fail")[choice % 3], value=1)
        else:
            self._end_attempt(path)
        self.look()
        return True

    def look(self) -> None:
        """Hold what must hold of the plan at any time."""
        state = self.run.state
        for path in state.active:
            owner = owner_of(path)
            assert owner is None or state.steps[owner].status is StepStatus.RUNNING, path
        for path, step in list(state.steps.items()):
            if step.attempt > 1:
                late = AttemptSucceeded(StepPath(path), step.attempt - 1, TOO_LATE)
                self.run.decide(late)
                assert step.output != TOO_LATE, path
        log = self.run.log
        assert not list(guesses(log, self.policies))
        assert not list(too_early(log))
        assert not list(needless(log, self.run.spec))
        assert count(log, StepStarted) <= self.most.get("max_steps", len(log))
        asked = [event for event in log if event.cause.startswith(REQUESTS)]
        retries = count(log, StepRetrying) - count(asked, StepRetrying)
        assert retries <= self.most.get("max_retries", len(log))

    def _end_attempt(self, path: str) -> None:
        attempt = self.run.state.steps[StepPath(path)].attempt
        if attempt == 1 and _name(path) in self.shaky:
            self.run.fail(path)
        else:
            self.run.succeed(path, attempt)


def guesses(log: Sequence[Event], policies: Mapping[str, str]) -> Iterator[str]:
    """Yield the ids of events that follow from a cut-off write and should not."""
    cut: dict[str, str] = {}
    """The steps of which nobody knows what they did, and what is to follow."""
    for event in log:
        if isinstance(event, OwnerChanged):
            cut = {path: policies.get(_name(path), "ask") for path in event.interrupted} | cut
        path = path_of(event.originator_id)
        if path not in cut or isinstance(event, StepCancelled):
            continue
        answered = cut[path] == "asked" and event.cause.startswith(REQUESTS)
        if not answered and not isinstance(event, FOLLOWS[cut[path]]):
            yield event.id
        if cut[path] == "ask":
            cut[path] = "asked"
        else:
            del cut[path]


def too_early(log: Sequence[Event]) -> Iterator[str]:
    """Yield the ids of events that end an attempt as too long before it was."""
    begun: dict[str, datetime] = {}
    shortest = timedelta(seconds=ATTEMPT)
    for event in log:
        stream = event.originator_id
        if isinstance(event, StepStarted):
            begun[stream] = event.timestamp
        elif _took_too_long(event) and event.timestamp < begun[stream] + shortest:
            yield event.id


def needless(log: Sequence[Event], spec: PlanSpec) -> Iterator[str]:
    """Yield the ids of retries that would begin out of time, and of inputs told once more."""
    limits = {static_path(path): step.timeout for path, step in walk(spec.steps)}
    begun: dict[str, datetime] = {}
    for event in log:
        if isinstance(event, StepStarted) and event.attempt == 1:
            begun[event.originator_id] = event.timestamp
        elif isinstance(event, StepStarted) and event.bindings:
            yield event.id
        elif isinstance(event, StepRetrying):
            limit = limits[static_path(path_of(event.originator_id) or "")]
            if limit is not None and event.due >= begun[event.originator_id] + limit:
                yield event.id


def _took_too_long(event: Event) -> bool:
    """Tell whether an attempt ended because it ran out of its own time, not of its step's."""
    if not isinstance(event, StepRetrying | StepFailed):
        return False
    return event.error.code == "timeout" and event.error.message.startswith("attempt ")


def count(log: Sequence[Event], kind: type[Event]) -> int:
    return sum(isinstance(event, kind) for event in log)


def _name(path: str) -> str:
    return path.rpartition(".")[2]


@given(written_plans(), POLICIES, LIMITS, MOST, SHAKY, CHOICES, CRASHES)
def test_what_was_cut_off_is_done_as_the_plan_says(
    plan: WrittenPlan,
    policies: dict[str, str],
    limits: dict[str, int],
    most: dict[str, int],
    shaky: frozenset[str],
    choices: list[int],
    crashes: frozenset[int],
) -> None:
    luck = Luck(plan, careful(plan.steps, policies, limits), policies, most, shaky)
    for turn in range(TURNS):
        if turn in crashes and not luck.run.state.plan.ended:
            luck.run.crash(writes=True)
            luck.look()
        if not luck.turn(choices[turn] if turn < len(choices) else 0):
            break
    assert luck.run.state.plan.ended
    assert luck.run.replayed().difference is None
