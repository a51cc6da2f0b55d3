"""A run beside its plan: what was planned and not run, run and removed, and how long it took."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.census import census
from milepost.domain.events import Event, StepReset
from milepost.domain.ids import PlanId, StepPath, undone_path
from milepost.domain.plans import PlanSpec, PlanStatus
from milepost.domain.revisions.tree import walk
from milepost.domain.steps import StepKind, StepStatus

from .critical import estimate

_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step as the plan writes it, with all that its iterations came to."""

    path: StepPath
    """Without the numbers of iterations; a branch's case is named."""
    statuses: dict[StepStatus, int]
    """How many of its iterations are in each status; one that never began counts as skipped."""
    runs: int
    """How many of its iterations started."""
    adopted: int
    """How many of its iterations took over a result that was on record, and did not start."""
    retries: int
    estimated: timedelta | None
    """For all that started, as the plan says."""
    took: timedelta | None
    """From start to end, over all that ended after having started."""


@dataclass(frozen=True, slots=True)
class RunDiff:
    """How a run differs from its plan."""

    plan: PlanId
    revision: int
    status: PlanStatus
    estimated: timedelta | None
    took: timedelta | None
    """None before its end; without the time between an end and a reopening."""
    steps: tuple[StepRun, ...]
    """All that the plan has now, in file order."""
    not_run: tuple[StepPath, ...]
    """Steps of the plan that never started, and took over no result."""
    removed: tuple[StepRun, ...]
    """Steps that moved and that the plan no longer has, with what they had come to."""


def against_plan(
    plan: PlanStream, states: Mapping[StepPath, Step], spec: PlanSpec, history: Iterable[Event]
) -> RunDiff:
    """Compare how a plan's steps came out with what its present content says of them.

    `history` are the plan's events: they know what steps had come to that were removed since.
    """
    written = dict(walk(spec.steps))
    branches = {path for path, step in written.items() if step.kind is StepKind.BRANCH}
    found: defaultdict[StepPath, list[tuple[StepStatus, Step | None]]] = defaultdict(list)
    present = set()
    for member in census(spec.steps, states, ended=plan.ended):
        present.add(member.path)
        found[written_path(member.path, branches)].append((member.status, member.state))
    steps = tuple(
        _step_run(path, found[path], step.estimated_duration) for path, step in written.items()
    )
    return RunDiff(
        plan=PlanId(plan.id),
        revision=plan.revision,
        status=plan.status,
        estimated=estimate(spec),
        took=plan.ran_until(plan.ended_at) if plan.ended_at else None,
        steps=steps,
        not_run=tuple(step.path for step in steps if not step.runs and not step.adopted),
        removed=tuple(_removed(states, present, history)),
    )


def written_path(path: str, branches: Collection[str]) -> StepPath:
    """Return a step's path without the numbers of iterations; those of cases stay."""
    found, at = "", 0
    for index in _INDEX.finditer(path):
        found += path[at : index.start()]
        if found in branches:
            found += index.group()
        at = index.end()
    return StepPath(found + path[at:])


def _removed(
    states: Mapping[StepPath, Step], present: Collection[str], history: Iterable[Event]
) -> Iterator[StepRun]:
    gone = {
        step.id: path
        for path, step in states.items()
        if path not in present and step.version and undone_path(path) is None
    }
    events: dict[str, list[Event]] = {stream: [] for stream in gone}
    for event in history:
        if event.originator_id in gone:
            events[event.originator_id].append(event)
    for stream, path in gone.items():
        last = Step.folded(stream, _before_its_resets(events[stream]))
        if last.version:
            yield _step_run(path, [(last.status, last)], None)


def _before_its_resets(events: list[Event]) -> list[Event]:
    """Return a step's events without those at the end that only took it back."""
    taken_back = takewhile(lambda event: isinstance(event, StepReset), reversed(events))
    return events[: len(events) - sum(1 for _event in taken_back)]


def _step_run(
    path: StepPath,
    found: Iterable[tuple[StepStatus, Step | None]],
    estimated: timedelta | None,
) -> StepRun:
    found = list(found)
    moved = [step for _status, step in found if step is not None and step.started_at is not None]
    started = [step for step in moved if step.attempt]
    times = [one.ended_at - one.started_at for one in started if one.ended_at and one.started_at]
    return StepRun(
        path=path,
        statuses=dict(Counter(status for status, _step in found)),
        runs=len(started),
        adopted=len(moved) - len(started),
        retries=sum(step.retries for step in started),
        estimated=estimated * len(started) if estimated is not None and started else estimated,
        took=sum(times, timedelta()) if times else None,
    )
