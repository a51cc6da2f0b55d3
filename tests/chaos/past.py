"""The oracle on what is taken from the past: restored moments, snapshots, forks (I11)."""

from collections.abc import Iterator, Sequence

from .folding import UNDO, PlanFold, folded
from .record import Line, Record
from .written import Written

_RESULTS = {"step.completed.v1", "step.adopted.v1"}


def wrong_past(record: Record) -> Iterator[str]:
    """Yield what cannot be of adopted results, snapshots and forks."""
    yield from _adopted(record)
    for plan in record.plans:
        yield from _snapshots(record, record.of_plan(plan))
    for line in record.lines:
        if line.kind == "plan.forked.v1":
            yield from _fork(record, line)


def wrong_restoration(
    lines: Sequence[Line], line: Line, before: PlanFold, after: PlanFold
) -> Iterator[str]:
    """Hold the plan after a restoration against the fold of the events up to the moment.

    An event's moment lasts at most until the end of what was decided with it.
    """
    at = next((at for at, one in enumerate(lines) if one.id == line.data["at"]), None)
    if at is None:
        yield f"I11 {line.id} restores {line.data['at']}, which is not there"
        return
    found: list[str] = []
    for end in range(at + 1, len(lines) + 1):
        then = folded(lines[:end])
        found = list(_differences(then, before, after))
        if not found:
            return
        if end == len(lines) or lines[end].decided != lines[at].decided:
            break
    yield from (f"I11 {line.id} of {line.data['at']}: {problem}" for problem in found)


def _differences(then: PlanFold, before: PlanFold, after: PlanFold) -> Iterator[str]:
    if (then.content, then.context) != (after.content, after.context):
        yield f"content or context are not what they were: {after.context}, {then.context}"
    undone = {
        path
        for path in before.steps
        if before.is_undone(path)
        and before.steps[path + UNDO].version != _version(then, path + UNDO)
    }
    for path, step in after.steps.items():
        if path.endswith(UNDO):
            continue
        was = then.steps.get(path)
        result = (was.status, was.output) if was is not None else ("pending", None)
        now = (step.status, step.output)
        under_way = was is None or not was.ended or was.status == "cancelled"
        fits = (
            step.status in ("pending", "running", "retrying", "suspended")
            if under_way
            else (now == result or (bool(undone) and step.status == "pending"))
        )
        if not fits or (path in undone and step.status == "completed"):
            yield f"{path} is {now}, it was {result}"


def _adopted(record: Record) -> Iterator[str]:
    """Hold every adopted result against the event that it is from."""
    known = {line.id: line for line in record.lines}
    for line in record.lines:
        source = line.data.get("source")
        if line.kind != "step.adopted.v1" or source is None:
            continue
        of = known.get(source)
        if of is None or of.kind not in _RESULTS or of.path != line.path:
            yield f"I10 {line.id} has its result from {source}, which holds none of it"
        elif of.data.get("output") != line.data.get("output"):
            yield f"I10 {line.id} has another result than {source}"


def _snapshots(record: Record, lines: Sequence[Line]) -> Iterator[str]:
    """Hold every snapshot against the fold of the events before it."""
    for place, line in enumerate(lines):
        stored = line.data.get("snapshot")
        if line.kind != "plan.checkpoint_taken.v1" or stored is None:
            continue
        body = record.bodies.get(stored)
        if body is None:
            yield f"I11 {line.id} has a snapshot that is not there"
            continue
        fold, held = folded(lines[:place]), body["steps"]
        steps = {path: (step.status, step.output) for path, step in fold.steps.items()}
        in_it = {path: (step["status"], step.get("output")) for path, step in held.items()}
        state = (body["plan"]["status"], body["plan"].get("context", {}))
        if (steps, fold.status, fold.context) != (in_it, *state):
            yield f"I11 {line.id} has a snapshot of something else"


def _fork(record: Record, line: Line) -> Iterator[str]:
    """Hold what a fork took over against what its parent's steps had come to."""
    parent = record.of_plan(line.data["parent"])
    at = next((at for at, one in enumerate(parent) if one.id == line.data["at"]), None)
    if at is None:
        yield f"I11 {line.id} was forked at {line.data['at']}, which is not there"
        return
    then, own = folded(parent[: at + 1]), record.of_plan(line.plan)
    first = {one.path: one for one in reversed(own) if one.path is not None}
    replaced = line.data.get("replaced", ())
    written = Written(record.bodies[own[0].data["content"]])
    for path, step in then.steps.items():
        if not step.ended or path in replaced or path.endswith(UNDO) or not written.is_there(path):
            continue
        taken = first.get(path)
        output = taken.data.get("output") if taken is not None else None
        kind = taken.kind if taken is not None else None
        adopted = step.status != "completed" or (kind, output) == ("step.adopted.v1", step.output)
        if taken is None or not adopted:
            yield f"I11 {line.id} did not take over {path}, which had {step.status}"


def _version(fold: PlanFold, path: str) -> int:
    step = fold.steps.get(path)
    return step.version if step is not None else 0
