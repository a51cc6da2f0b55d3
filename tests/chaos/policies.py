"""The oracle on limits: attempts, starts and retries stay within them, whatever dies (I12)."""

from collections.abc import Iterator, Sequence

from .folding import UNDO
from .ledger import Entry
from .legal_moves import REOPENING
from .record import Line, Record
from .written import Written

_MOST_STEPS = 100_000


def beyond_limits(record: Record, entries: Sequence[Entry]) -> Iterator[str]:
    """Yield what was tried more often than the plan lets it."""
    for plan in record.plans:
        lines = record.of_plan(plan)
        yield from _attempts(record, lines)
        yield from _counts(record, lines)
    yield from _calls(record, entries)


def _attempts(record: Record, lines: Sequence[Line]) -> Iterator[str]:
    """Hold attempts against the policy; a person may ask for one more."""
    content, extra = "", dict[str, int]()
    for line in lines:
        content = line.data.get("content", content)
        path = line.path
        if path is None:
            continue
        if line.kind == "step.reset.v1":
            extra.pop(path, None)
        elif line.kind == "step.retrying.v1" and "!requests" in line.cause:
            extra[path] = extra.get(path, 0) + 1
        elif line.kind == "step.started.v1":
            allowed = _allowed(record, content, path) + extra.get(path, 0)
            if line.data.get("attempt", 1) > allowed:
                yield f"I12 {line.id} is attempt {line.data['attempt']} of {allowed}"


def _allowed(record: Record, content: str, path: str) -> int:
    return Written(record.bodies[content]).attempts(path)


def _counts(record: Record, lines: Sequence[Line]) -> Iterator[str]:
    """Hold the starts and retries of an epoch, or since a person went on past a limit."""
    settings, ended, limit = {}, False, False
    starts = retries = 0
    for line in lines:
        if line.path is None and "content" in line.data:
            settings = record.bodies[line.data["content"]].get("settings", {})
        begins = line.kind in REOPENING and (ended or limit)
        if begins or (line.kind == "plan.resumed.v1" and limit):
            starts, retries, limit = 0, 0, False
        if line.path is None and line.stream == line.plan:
            ended = line.kind in _ENDINGS or (ended and line.kind not in REOPENING)
        limit = limit or line.kind == "plan.limit_reached.v1"
        starts += line.kind == "step.started.v1" and not str(line.path).endswith(UNDO)
        retries += line.kind == "step.retrying.v1"
        most = settings.get("max_retries")
        if starts > settings.get("max_steps", _MOST_STEPS):
            yield f"I12 {line.id} is start {starts} of an epoch"
        if most is not None and retries > most:
            yield f"I12 {line.id} is retry {retries} of an epoch"


_ENDINGS = {"plan.completed.v1", "plan.failed.v1", "plan.cancelled.v1"}


def _calls(record: Record, entries: Sequence[Entry]) -> Iterator[str]:
    """Hold the attempts that the world saw against those in the log."""
    made: dict[tuple[str, str], int] = {}
    for line in record.lines:
        if line.kind == "step.started.v1" and line.path is not None:
            at = (line.plan, line.path)
            made[at] = made.get(at, 0) + 1
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        if entry["what"] == "call":
            at = (entry["plan"], entry["step"])
            seen[at] = seen.get(at, 0) + 1
    for at, times in seen.items():
        if times > made.get(at, 0):
            yield f"I12 {at[1].removesuffix(UNDO)} was called {times} times, started {made.get(at)}"
