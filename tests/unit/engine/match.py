"""Random plans carried out in a random order, with crashes if wanted, under a referee's eyes."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from .core_run import CoreRun
from .referee import Referee, judged
from .written_plans import WrittenPlan

CHOICES = st.lists(st.integers(0, 7), max_size=60)
TURNS = 400


class Match:
    """A random plan carried out under a referee's eyes."""

    def __init__(self, plan: WrittenPlan) -> None:
        self.plan = plan
        self.run = CoreRun(*plan.steps, settings=plan.settings)
        self.referee = Referee(plan.steps, plan.settings)
        self._shown = 0
        self.judge()

    def judge(self) -> None:
        """Show the referee what has happened since."""
        events = self.run.log[self._shown :]
        self._shown = len(self.run.log)
        judged(self.referee, events)

    def end_attempt(self, path: str) -> None:
        """End an attempt as the plan's luck has it."""
        name = path.rpartition(".")[2]
        attempt = self.run.state.instances[path].step.attempt  # type: ignore[index]
        if attempt > self.plan.failures.get(name, 0):
            self.referee.told(path)
            self.run.succeed(path, [path, attempt])
        else:
            retryable = name not in self.plan.fatal
            self.referee.told(path, "error", retryable=retryable)
            self.run.fail(path, retryable=retryable)
        self.judge()

    def crash(self) -> None:
        """Forget everything but the log; all tools only read."""
        for path in self.run.running:
            self.referee.told(path, "interrupted")
        self.run.crash()
        self.judge()

    def turn(self, choice: int) -> bool:
        """Let one thing happen; tell whether there was anything left."""
        run = self.run
        due = run.state.timers.next_time()
        if run.state.plan.ended:
            return False
        moves = [*run.running, *([""] if due is not None else [])]
        if not moves:
            return False
        path = moves[choice % len(moves)]
        if path:
            self.end_attempt(path)
        else:
            run.wait_for_timer()
            self.judge()
        return True


def played(plan: WrittenPlan, choices: Sequence[int], crashes: Sequence[int] = ()) -> Match:
    """Carry a plan out in the order that `choices` give; crash before the turns `crashes`."""
    match = Match(plan)
    for turn in range(TURNS):
        if turn in crashes and not match.run.state.plan.ended:
            match.crash()
        if not match.turn(choices[turn] if turn < len(choices) else 0):
            return match
    raise AssertionError("the plan does not come to an end")
