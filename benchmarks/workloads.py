"""The workloads W1 to W5: what is done, how much of it, what is timed, what must be durable.

Every system does the same work. A plan is a chain of steps; a step receives a number and gives
it back, the next one receives that number plus one, so a chain of ten must end with 10 and each
runner checks it. The tool does nothing else: what is left is the cost of the engine and its store.

Durability asked of every system: a finished step is on disk (fsync) before the next step of its
plan starts, and before the plan is reported as done. Power loss must not take it back.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

STEPS_PER_PLAN: Final = 10
EVENTS_PER_PLAN: Final = 22
"""Two per step, two for the plan: sizes W4 so that a plan of ten steps counts alike for all."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a workload, and which way it is better."""

    key: str
    label: str
    more_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload; the first figure is the one that ratios are made of."""

    name: str
    text: str
    """With the names of `Sizes` in braces."""
    figures: tuple[Figure, ...]

    def described(self, sizes: Sizes) -> str:
        """Say what is done, with the sizes that it is done with."""
        return f"{self.name}: {self.text.format(**asdict(sizes))}"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much each workload does."""

    chain_plans: int = 50
    crowd_plans: int = 1_000
    in_flight: int = 64
    width: int = 1_000
    stored_events: int = 1_000_000
    history_reads: int = 1_000
    newest_reads: int = 200
    newest: int = 50
    crash_steps: int = 1_000
    crash_at: int = 500

    @property
    def stored_plans(self) -> int:
        """Plans of ten steps that make up `stored_events`."""
        return max(self.newest, -(-self.stored_events // EVENTS_PER_PLAN))


FULL: Final = Sizes()
QUICK: Final = Sizes(
    chain_plans=5,
    crowd_plans=50,
    in_flight=16,
    width=100,
    stored_events=5_000,
    history_reads=50,
    newest_reads=10,
    crash_steps=60,
    crash_at=30,
)

WORKLOADS: Final = (
    Workload(
        "W1",
        "{chain_plans} plans of 10 sequential no-op steps, one plan at a time",
        (Figure("ms_per_plan", "ms per plan"),),
    ),
    Workload(
        "W2",
        "{crowd_plans:,} plans of 10 sequential no-op steps, {in_flight} in flight",
        (Figure("steps_per_second", "steps/s", more_is_better=True),),
    ),
    Workload(
        "W3",
        "one root, {width:,} parallel steps, one join",
        (Figure("seconds", "s"),),
    ),
    Workload(
        "W4",
        "read the history of one plan; list the newest {newest}; {stored_events:,} events stored",
        (
            Figure("history_p50_ms", "history p50 ms"),
            Figure("history_p99_ms", "history p99 ms"),
            Figure("newest_p50_ms", "newest p50 ms"),
            Figure("newest_p99_ms", "newest p99 ms"),
        ),
    ),
    Workload(
        "W5",
        "SIGKILL in step {crash_at} of {crash_steps:,}; from the new process to the next step",
        (
            Figure("recovery_s", "s with imports"),
            Figure("recovery_without_imports_s", "s without imports"),
            Figure("finished_steps_run_again", "finished steps run again"),
            Figure("interrupted_step_runs", "runs of the interrupted step"),
        ),
    ),
)


def workload(name: str) -> Workload:
    """Return the workload called `name`; raise `KeyError` when there is none."""
    return {each.name: each for each in WORKLOADS}[name]
