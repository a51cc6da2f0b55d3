"""Which steps of a plan came into being, and how many stand where.

A step outside loops is there from the beginning, an iteration's steps since one of them moved.
A step that never started in an ended plan or container counts as skipped, though it has no event.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from .aggregates import PlanStream, Step
from .ids import StepPath, child_path, undone_path
from .plans import PlanResult, PlanSpec
from .steps import StepKind, StepSpec, StepStatus
from .values import Json

_INDEX = re.compile(r"\[(\d+)\]\.")


class Member(NamedTuple):
    """A step that came into being; `state` is None if nothing has happened to it."""

    path: StepPath
    spec: StepSpec
    state: Step | None
    status: StepStatus


def census(
    steps: Sequence[StepSpec], states: Mapping[StepPath, Step], *, ended: bool
) -> Iterator[Member]:
    """Yield the steps that came into being, parents before children, in file order."""
    iterations = begun_iterations(
        path for path, state in states.items() if state.status is not StepStatus.PENDING
    )
    pending: list[tuple[str, int | None, Sequence[StepSpec], bool]] = [("", None, steps, ended)]
    while pending:
        parent, index, siblings, over = pending.pop()
        for spec in siblings:
            path = child_path(parent, spec.id, index=index)
            state = states.get(path)
            status = state.status if state else StepStatus.PENDING
            if over and status is StepStatus.PENDING:
                status = StepStatus.SKIPPED
            yield Member(path, spec, state, status)
            if spec.is_container:
                closed = over or (state is not None and state.ended)
                inner = _inner(spec, path, iterations.get(path, ()), over=closed)
                pending.extend(reversed(inner))


def result_of(plan: PlanStream, spec: PlanSpec, states: Mapping[StepPath, Step]) -> PlanResult:
    """Return what came of a plan so far; the four counts of an ended one add up to its steps."""
    counts = Counter(member.status for member in census(spec.steps, states, ended=plan.ended))
    return PlanResult(
        plan_id=plan.id,
        status=plan.status,
        completion=plan.completion,
        reason=plan.reason,
        completed_steps=counts[StepStatus.COMPLETED],
        failed_steps=counts[StepStatus.FAILED],
        skipped_steps=counts[StepStatus.SKIPPED],
        cancelled_steps=counts[StepStatus.CANCELLED],
        duration=plan.ran_until(plan.modified_on) or timedelta(),
        final_output=final_output(plan, states),
        error_message=plan.error.message if plan.error else None,
        missing=plan.missing,
        waiting=plan.waiting,
    )


def final_output(plan: PlanStream, states: Mapping[StepPath, Step]) -> Json:
    """Return a plan's final output: its response's, its last step's, or those of its last steps."""
    outputs: dict[str, Json] = {
        path: states[StepPath(path)].output for path in plan.output_of if StepPath(path) in states
    }
    if len(plan.output_of) == 1:
        return next(iter(outputs.values()), None)
    return outputs or None


def _inner(
    spec: StepSpec, path: str, iterations: Sequence[int], *, over: bool
) -> list[tuple[str, int | None, Sequence[StepSpec], bool]]:
    if spec.kind is StepKind.BRANCH:
        return [(path, at, case.steps, over) for at, case in enumerate(spec.cases)]
    if spec.kind is StepKind.LOOP:
        return [(path, at, spec.steps, over) for at in iterations]
    return [(path, None, spec.steps, over)]


def begun_iterations(begun: Iterable[str]) -> dict[str, list[int]]:
    """Return the iterations (or cases) that steps have begun in, by the path of their container.

    `begun` are the paths of steps that are not pending; those that undo others do not count.
    """
    found: defaultdict[str, set[int]] = defaultdict(set)
    for path in begun:
        if "[" in path and undone_path(path) is None:
            for match in _INDEX.finditer(path):
                found[path[: match.start()]].add(int(match[1]))
    return {path: sorted(indexes) for path, indexes in found.items()}


def iterations_of(states: Mapping[StepPath, Step]) -> dict[str, int]:
    """Return for each loop and branch how many iterations or cases its steps' events show."""
    found: dict[str, int] = {}
    for path, state in states.items():
        if state.status is not StepStatus.PENDING:
            for match in _INDEX.finditer(path):
                owner, count = path[: match.start()], int(match[1]) + 1
                found[owner] = max(found.get(owner, 0), count)
    return found
