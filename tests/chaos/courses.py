"""The oracle on changes of a plan's course: each is made whole or not at all (I10)."""

from collections.abc import Iterator, Sequence

from .folding import UNDO, PlanFold, folded
from .legal_moves import REVISING
from .past import wrong_restoration
from .reach import reached, rewritten
from .record import Line, Record
from .written import Written

_MADE_BY = {
    "revise": "plan.revised.v1",
    "rollback": "plan.rolled_back.v1",
    "restore": "plan.restored.v1",
    "recover": "plan.recovered.v1",
}


def wrong_courses(record: Record) -> Iterator[str]:
    """Yield what cannot be of revisions and of going back."""
    for plan in record.plans:
        lines = record.of_plan(plan)
        yield from _answers(lines)
        yield from _numbers(lines)
        for place, line in enumerate(lines):
            if line.kind in REVISING:
                yield from _change(record, lines, place)


def _answers(lines: Sequence[Line]) -> Iterator[str]:
    """Hold what was asked and granted against what was done, one for one."""
    asked = {line.id: line.data["command"] for line in lines if line.kind == "request.made.v1"}
    open_change: Line | None = None
    for line in lines:
        if line.kind in REVISING:
            if open_change is not None:
                yield f"I10 {open_change.id} {open_change.kind} was never answered"
            open_change = line
        elif line.kind == "plan.request_answered.v1":
            kind = _MADE_BY.get(asked.get(line.cause, ""))
            made = open_change.kind if open_change is not None else None
            if line.data["accepted"] and kind != made:
                yield f"I10 {line.id} grants {kind}, made was {made}"
            open_change = None
        elif line.kind in ("step.completed.v1", "plan.owner_changed.v1") and open_change:
            yield f"I10 {line.id} {line.kind} comes inside of {open_change.id}"
    if open_change is not None:
        yield f"I10 {open_change.id} {open_change.kind} was never answered"


def _numbers(lines: Sequence[Line]) -> Iterator[str]:
    """Hold the numbers of revisions: one more each time, except where no content changed."""
    number, content = 1, ""
    for line in lines:
        if line.kind == "plan.drafted.v1":
            content = line.data["content"]
        elif line.kind in REVISING:
            same = line.data["content"] == content
            may_stay = line.kind in ("plan.restored.v1", "plan.recovered.v1") and same
            expected = number if may_stay else number + 1
            if (line.data["number"], line.data["parent"]) != (expected, number):
                yield f"I10 {line.id} is revision {line.data['number']}, not {expected}"
            number, content = line.data["number"], line.data["content"]


def _change(record: Record, lines: Sequence[Line], place: int) -> Iterator[str]:
    """Hold a change against the plan before it and after it."""
    line = lines[place]
    end = next(
        (at for at in range(place, len(lines)) if lines[at].kind == "plan.request_answered.v1"),
        len(lines) - 1,
    )
    before, after = folded(lines[:place]), folded(lines[: end + 1])
    if line.kind == "plan.restored.v1":
        yield from wrong_restoration(lines, line, before, after)
        return
    old, new = Written(record.bodies[before.content]), Written(record.bodies[after.content])
    if line.kind == "plan.rolled_back.v1" and line.data["content"] != _content(lines, line):
        yield f"I10 {line.id} does not have the content of revision {line.data['to']}"
    if line.kind == "plan.revised.v1":
        allowed: set[str] = set()
    else:
        allowed = reached(new, before.steps, _seeds(before, old, new))
    if line.data.get("strategy") != "restart":
        yield from _taken(line, before, after, allowed)
    yield from _kept(line, after, old, new)


def _seeds(before: PlanFold, old: Written, new: Written) -> set[str]:
    """Return the steps that have to be run again by themselves."""
    found = rewritten(old, new, [path for path in before.steps if not path.endswith(UNDO)])
    for path, step in before.steps.items():
        lacks = step.status in ("failed", "cancelled", "skipped")
        ends = new.is_there(path) and new.node(path)["kind"] == "response"
        if lacks or ends or before.is_undone(path):
            found.add(path)
    return found


def _taken(line: Line, before: PlanFold, after: PlanFold, allowed: set[str]) -> Iterator[str]:
    """Yield the finished steps that lost their result without need."""
    for path, step in before.steps.items():
        if path.endswith(UNDO) or step.status != "completed" or path in allowed:
            continue
        now = after.steps[path]
        if (now.status, now.output, now.activation) != ("completed", step.output, step.activation):
            yield f"I10 {line.id} takes back {path} without need"


def _kept(line: Line, after: PlanFold, old: Written, new: Written) -> Iterator[str]:
    """Yield the results that were kept though the step, or what it reads from, is another."""
    for path, step in after.steps.items():
        if step.status != "completed" or path.endswith(UNDO):
            continue
        if not new.is_there(path) or (old.is_there(path) and old.own(path) != new.own(path)):
            yield f"I10 {line.id} keeps {path}, which is written anew"
            continue
        for source in new.waits_for(path):
            if source not in after.steps or not after.steps[source].ended:
                yield f"I10 {line.id} keeps {path}, which waits for {source}"


def _content(lines: Sequence[Line], rollback: Line) -> object:
    """Return the content that the plan had as the revision to which a rollback went."""
    for line in lines:
        made = line.data.get("number", 1)
        if line.kind in {"plan.drafted.v1", *REVISING} and made == rollback.data["to"]:
            return line.data["content"]
    return None
