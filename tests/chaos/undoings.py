"""The oracle on undoing: the right steps, the last one first, each of them once (I13)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from .folding import UNDO, PlanFold, StepState, folded
from .ledger import Entry
from .legal_moves import REOPENING
from .record import Line, Record
from .written import Written

_ENDINGS = {"plan.completed.v1", "plan.failed.v1", "plan.cancelled.v1"}
_ENDS = {"step.completed.v1", "step.failed.v1", "step.cancelled.v1"}


def wrong_undoings(record: Record, entries: Sequence[Entry]) -> Iterator[str]:
    """Yield what cannot be of the undoing of steps, by the log and by the world's ledger."""
    for plan in record.plans:
        lines = record.of_plan(plan)
        for place, line in enumerate(lines):
            if line.kind == "plan.compensation_begun.v1":
                yield from _chosen(record, lines, place)
                yield from _carried_out(lines, place)
                yield from _in_the_world(lines, place, entries)
        yield from _unasked(lines, entries)


def _chosen(record: Record, lines: Sequence[Line], place: int) -> Iterator[str]:
    """Hold the steps that are to be undone against those that had completed."""
    line, before = lines[place], folded(lines[:place])
    written = Written(record.bodies[before.content])
    can = _undoable(before, written)
    named = _named(lines[:place], line)
    expected = [path for path in can if not named or path in named]
    if line.data["steps"] != expected:
        yield f"I13 {line.id} undoes {line.data['steps']}, it should {expected}"


def _undoable(plan: PlanFold, written: Written) -> list[str]:
    """Return the steps that this plan completed and that can be undone, the last one first."""
    found = {
        step.completed_at: path
        for path, step in plan.steps.items()
        if step.status == "completed"
        and not path.endswith(UNDO)
        and written.is_there(path)
        and written.undoable(path)
        and not plan.is_undone(path)
        and (not step.adopted or str(step.source).startswith(plan.id))
    }
    return [found[at] for at in sorted(found, reverse=True)]


def _named(before: Sequence[Line], begun: Line) -> Sequence[str]:
    """Return the steps that somebody asked to have undone, none if it is about all."""
    if begun.data["then"] != "pause":
        return ()
    asked = [line for line in before if line.data.get("command") == "compensate"]
    steps: Sequence[str] = asked[-1].data.get("arguments", {}).get("steps", ())
    return steps


def _carried_out(lines: Sequence[Line], place: int) -> Iterator[str]:
    """Hold the undoing against its order: nothing else, one at a time, each to its end."""
    begun, after = lines[place], list(takewhile(_goes_on, lines[place + 1 :]))
    steps = [line for line in after if line.path is not None]
    first = [
        line.path
        for line in steps
        if line.kind == "step.started.v1" and line.data.get("attempt", 1) == 1
    ]
    turns = [path + UNDO for path in begun.data["steps"]]
    if first != [path for path in turns if path in first]:
        yield f"I13 {begun.id}: undone were {first}, to be undone {turns}"
    ended = [line.path for line in steps if line.kind in _ENDS]
    for one, other in pairwise(line for line in steps if line.path in turns):
        if one.path != other.path and one.kind not in {*_ENDS, "step.reset.v1"}:
            yield f"I13 {other.id} comes before {one.path} has ended"
    end = lines[place + 1 + len(after) :][:1]
    if end and end[0].kind == "plan.compensation_ended.v1" and not set(turns) <= set(ended):
        yield f"I13 {end[0].id} comes before {set(turns) - set(ended)} have ended"


def _goes_on(line: Line) -> bool:
    """Tell whether a compensation is still under way when this happens."""
    ends = line.kind in {"plan.compensation_ended.v1", *REOPENING}
    return not ends and not (line.path is None and line.kind in _ENDINGS)


def _in_the_world(lines: Sequence[Line], place: int, entries: Sequence[Entry]) -> Iterator[str]:
    """Hold the order of a compensation's effects in the world against that of its steps."""
    plan, steps = lines[place].plan, lines[place].data["steps"]
    before = folded(lines[:place]).steps
    keys = [_key(plan, path, before) for path in steps]
    done = [entry["key"] for entry in entries if entry["what"] == "effect"]
    order = [key for key in dict.fromkeys(done) if key in keys]
    if order != [key for key in keys if key in order]:
        yield f"I13 {lines[place].id}: the world saw {order}"


def _key(plan: str, path: str, before: dict[str, StepState]) -> str:
    """Return the key under which a step is undone: what undid it once is reset first."""
    undoing = before.get(path + UNDO, StepState())
    return f"{plan}/{path}{UNDO}/{undoing.activation + (undoing.status != 'pending')}"


def _unasked(lines: Sequence[Line], entries: Sequence[Entry]) -> Iterator[str]:
    """Yield what was undone in the world although no compensation was to do it."""
    plan = lines[0].plan
    asked = {
        path + UNDO
        for line in lines
        if line.kind == "plan.compensation_begun.v1"
        for path in line.data["steps"]
    }
    for entry in entries:
        ours = entry["what"] == "effect" and entry["plan"] == plan
        if ours and entry["step"].endswith(UNDO) and entry["step"] not in asked:
            yield f"I13 {entry['key']} took effect, and nothing was to be undone"
