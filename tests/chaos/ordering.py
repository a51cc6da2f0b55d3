"""The oracle on order: what may start when (I9), and what must follow when an owner was cut off."""

from collections.abc import Iterator

from .folding import UNDO, PlanFold, moments
from .record import Record
from .written import Written, container_of


def wrong_order(record: Record) -> Iterator[str]:
    """Hold starts against dependencies, containers and slots; not what a restoration puts back."""
    known: dict[str, Written] = {}
    restored: set[str] = set()
    for plan, line in moments(record.lines):
        if line.kind == "plan.restored.v1":
            restored.add(line.id)
        if line.kind != "step.started.v1" or line.path is None or line.cause in restored:
            continue
        if line.path.endswith(UNDO) != plan.undoing:
            yield f"{line.id} starts, and it is {plan.undoing} that the plan undoes its steps"
        if plan.content not in known:
            known[plan.content] = Written(record.bodies[plan.content])
        written = known[plan.content]
        if not plan.undoing:
            yield from _too_early(plan, line.id, line.path, written)
        running = [path for path, status in plan.active.items() if status == "running"]
        busy = sum(written.works(path) for path in running)
        if written.works(line.path) and busy >= written.slots:
            yield f"{line.id} starts while {busy} of {written.slots} slots are taken"


def _too_early(plan: PlanFold, start: str, path: str, written: Written) -> Iterator[str]:
    """Hold a start against the steps that it waits for and the container that it lies in."""
    steps = plan.steps
    for other in written.waits_for(path):
        if other not in steps or not steps[other].ended:
            yield f"{start} starts before {other} has ended"
    around = container_of(path)
    if around is not None and (around not in steps or steps[around].status != "running"):
        yield f"{start} starts while {around} does not run"


def wrong_after_cuts(record: Record) -> Iterator[str]:
    """Hold what a new owner names as cut off, and does about it, against what was under way."""
    expected: dict[str, str] = {}
    for plan, line in moments(record.lines):
        if line.stream in expected:
            kind = expected.pop(line.stream)
            if line.kind not in {kind, "step.cancelled.v1"}:
                yield f"{line.id} is a {line.kind}, after a cut must follow {kind}"
        if line.kind != "plan.owner_changed.v1":
            continue
        written = Written(record.bodies[plan.content])
        cut = {
            path: written.writes(path)
            for path, status in plan.active.items()
            if status == "running" and written.works(path)
        }
        if line.data.get("interrupted", {}) != cut:
            yield f"{line.id}: {cut} were cut off, named are {line.data.get('interrupted')}"
        expected |= {
            f"{plan.id}.{path}": written.after_a_cut(path, plan.steps[path].attempt) for path in cut
        }
