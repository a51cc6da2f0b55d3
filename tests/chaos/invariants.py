"""The oracle: what must hold of a store file and of the world's own ledger, whatever happened.

It reads nothing else, and shares no code with the product. The numbers I1 to I18 are those of
docs/reliability.md.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .courses import wrong_courses
from .folding import PlanFold, fold
from .ledger import Entry
from .ordering import wrong_after_cuts, wrong_order
from .past import wrong_past
from .policies import beyond_limits
from .record import Line, Record
from .undoings import wrong_undoings
from .written import Written

_STEP_CODES = {
    "pending": 1,
    "running": 2,
    "retrying": 3,
    "suspended": 4,
    "completed": 5,
    "failed": 6,
    "skipped": 7,
    "cancelled": 8,
}
_PLAN_CODES = {
    "ready": 1,
    "running": 2,
    "paused": 3,
    "completed": 4,
    "failed": 5,
    "cancelled": 6,
}


def violations(record: Record, entries: Sequence[Entry]) -> list[str]:
    """Return one line for everything that cannot be, none if all is well."""
    plans = fold(record.lines)
    found = [f"I18 {damage}" for damage in record.damage]
    found += [f"I5 {problem}" for problem in _numbering(record.lines)]
    found += [f"I2 {problem}" for problem in _causes(record.lines)]
    found += [f"I4 {problem}" for plan in plans.values() for problem in plan.wrong]
    found += [f"I6 {problem}" for problem in _rows(record, plans)]
    found += [f"I1 {problem}" for problem in _acknowledged(record, plans, entries)]
    found += [f"I3 {problem}" for problem in _calls(plans, entries)]
    found += [f"I3 {problem}" for problem in _effects(record, plans, entries)]
    found += [f"I9 {problem}" for problem in wrong_order(record)]
    found += [f"cut off: {problem}" for problem in wrong_after_cuts(record)]
    found += [*wrong_courses(record), *wrong_past(record)]
    found += [*beyond_limits(record, entries), *wrong_undoings(record, entries)]
    return found


def _numbering(lines: Sequence[Line]) -> Iterator[str]:
    positions = [line.position for line in lines]
    if positions != list(range(1, len(lines) + 1)):
        yield f"positions are not 1 to {len(lines)}"
    versions: Counter[str] = Counter()
    for line in lines:
        versions[line.stream] += 1
        if line.version != versions[line.stream]:
            yield f"{line.id} is number {versions[line.stream]} of its stream"
    for one, other in pairwise(lines):
        if other.time < one.time:
            yield f"the time runs back from {one.id} to {other.id}"


def _causes(lines: Sequence[Line]) -> Iterator[str]:
    known: set[str] = set()
    for line in lines:
        beginning = line.kind == "plan.drafted.v1"
        if not beginning and line.cause not in known:
            yield f"{line.id} {line.kind}: its cause {line.cause!r} does not come before it"
        known.add(line.id)


def _rows(record: Record, plans: dict[str, PlanFold]) -> Iterator[str]:
    """Compare the rows that are read with the fold of the events."""
    steps = {
        (plan.id, path): (_STEP_CODES[step.status], step.attempt, step.activation)
        for plan in plans.values()
        for path, step in plan.steps.items()
    }
    for key in steps.keys() | record.step_rows.keys():
        if steps.get(key) != record.step_rows.get(key):
            yield f"step {key}: folded {steps.get(key)}, stored {record.step_rows.get(key)}"
    states = {plan.id: (_PLAN_CODES[plan.status], *plan.counts()) for plan in plans.values()}
    if states != record.plan_rows:
        yield f"plans: folded {states}, stored {record.plan_rows}"


def _acknowledged(
    record: Record, plans: dict[str, PlanFold], entries: Sequence[Entry]
) -> Iterator[str]:
    ids = {line.id: line.kind for line in record.lines}
    for entry in entries:
        if entry["what"] == "seen" and ids.get(entry["event"]) != entry["kind"]:
            yield f"{entry['event']} {entry['kind']} was told of and is not there"
        elif entry["what"] == "call" and _start_of(entry, plans) is None:
            yield f"attempt {entry['attempt']} of {entry['key']} was made, its start is not there"
        elif entry["what"] == "end":
            plan = plans.get(entry["plan"])
            if plan is None or entry["status"] not in plan.ends:
                yield f"plan {entry['plan']} had {entry['status']}, now it is {plan}"


def _start_of(entry: Entry, plans: dict[str, PlanFold]) -> int | None:
    plan = plans.get(entry["plan"])
    activation = int(entry["key"].rpartition("/")[2])
    return plan.calls.get((entry["step"], activation, entry["attempt"])) if plan else None


def _calls(plans: dict[str, PlanFold], entries: Sequence[Entry]) -> Iterator[str]:
    """No attempt is made twice; with the fold, no step is called again after its result."""
    made = Counter((entry["key"], entry["attempt"]) for entry in entries if entry["what"] == "call")
    latest: dict[str, int] = {}
    for (key, attempt), times in made.items():
        latest[key] = max(attempt, latest.get(key, 0))
        if times > 1:
            yield f"attempt {attempt} of {key} was made {times} times"
    for plan in plans.values():
        for path, step in plan.steps.items():
            key = f"{plan.id}/{path}/{step.activation}"
            if latest.get(key, 0) > step.attempt:
                yield f"{key}: attempt {latest[key]} made, {step.attempt} recorded"


def _effects(record: Record, plans: dict[str, PlanFold], entries: Sequence[Entry]) -> Iterator[str]:
    """Every write had one effect, and its result is that of the effect."""
    effects = [entry for entry in entries if entry["what"] == "effect"]
    for key, times in Counter(entry["key"] for entry in effects).items():
        if times > 1:
            yield f"{key} took effect {times} times"
    results = {entry["key"]: entry["result"] for entry in effects}
    for plan in plans.values():
        for path, step in plan.steps.items():
            key = f"{plan.id}/{path}/{step.activation}"
            done = step.status == "completed" and not step.adopted
            wrote = done and Written(record.bodies[step.content or plan.content]).writes(path)
            if wrote and results.get(key) != step.output:
                yield f"{key} gave {results.get(key)}, recorded is {step.output}"
