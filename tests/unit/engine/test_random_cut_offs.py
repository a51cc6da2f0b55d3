"""Random plans of tools that write: cut off, out of time, told too late. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.events import (
    Event,
    OwnerChanged,
    StepCancelled,
    StepFailed,
    StepRetrying,
    StepSuspended,
)
from milepost.domain.ids import StepPath, owner_of, path_of
from milepost.domain.steps import StepStatus
from milepost.engine.core import AttemptSucceeded

from .core_run import PLAN, CoreRun
from .match import CHOICES, TURNS
from .written_plans import WrittenPlan, written_plans

TOO_LATE = "too late"
Steps = list[dict[str, Any]]
NAMES = st.sampled_from([f"s{number}" for number in range(1, 15)])
POLICIES = st.dictionaries(NAMES, st.sampled_from(["ask", "retry", "fail"]))
LIMITS = st.dictionaries(NAMES, st.integers(1, 4))
CRASHES = st.frozensets(st.integers(0, 12), max_size=4)


def careful(steps: Steps, policies: Mapping[str, str], limits: Mapping[str, int]) -> Steps:
    """Return steps with what is to follow when they are cut off; all containers have a timeout."""
    found = []
    for step in steps:
        more: dict[str, Any] = {}
        name = step["id"]
        if name in policies and step["kind"] == "tool":
            more["on_unknown"] = policies[name]
        if name in limits or step["kind"] not in ("tool", "wait"):
            more["timeout"] = limits.get(name, 3)
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

    def __init__(self, plan: WrittenPlan, steps: Steps, policies: Mapping[str, str]) -> None:
        self.plan, self.policies = plan, policies
        self.run = CoreRun(*steps, settings=plan.settings)

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
        assert not list(guesses(self.run.log, self.policies))

    def _end_attempt(self, path: str) -> None:
        attempt = self.run.state.steps[StepPath(path)].attempt
        if attempt > self.plan.failures.get(_name(path), 0):
            self.run.succeed(path, attempt)
        else:
            self.run.fail(path)


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
        answered = cut[path] == "asked" and event.cause.startswith(f"{PLAN}!requests#")
        if not answered and not isinstance(event, FOLLOWS[cut[path]]):
            yield event.id
        if cut[path] == "ask":
            cut[path] = "asked"
        else:
            del cut[path]


def _name(path: str) -> str:
    return path.rpartition(".")[2]


@given(written_plans(), POLICIES, LIMITS, CHOICES, CRASHES)
def test_what_was_cut_off_is_done_as_the_plan_says(
    plan: WrittenPlan,
    policies: dict[str, str],
    limits: dict[str, int],
    choices: list[int],
    crashes: frozenset[int],
) -> None:
    luck = Luck(plan, careful(plan.steps, policies, limits), policies)
    for turn in range(TURNS):
        if turn in crashes and not luck.run.state.plan.ended:
            luck.run.crash(writes=True)
            luck.look()
        if not luck.turn(choices[turn] if turn < len(choices) else 0):
            break
    assert luck.run.state.plan.ended
    assert luck.run.replayed().difference is None
