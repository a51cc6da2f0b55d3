"""What the tables must hold, worked out apart: no code, number or rule of the product is used."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepSpec
from milepost.engine.journal import Stored

Tables = dict[str, list[tuple[Any, ...]]]

PLAN_STATUS = {
    "plan.drafted": ("ready", 1),
    "plan.started": ("running", 2),
    "plan.paused": ("paused", 3),
    "plan.resumed": ("running", 2),
    "plan.completed": ("completed", 4),
    "plan.failed": ("failed", 5),
    "plan.cancelled": ("cancelled", 6),
}
STEP_STATUS = {
    "step.reset": ("pending", 1),
    "step.started": ("running", 2),
    "step.retrying": ("retrying", 3),
    "step.suspended": ("suspended", 4),
    "step.completed": ("completed", 5),
    "step.failed": ("failed", 6),
    "step.skipped": ("skipped", 7),
    "step.cancelled": ("cancelled", 8),
}
KINDS = dict(
    zip(
        (
            *("plan.drafted", "plan.started", "plan.paused", "plan.resumed", "plan.completed"),
            *("plan.failed", "plan.cancelled", "plan.decision_recorded", "plan.limit_reached"),
            *("plan.context_changed", "plan.owner_changed", "plan.request_answered"),
        ),
        range(1, 13),
        strict=True,
    )
) | dict(
    zip(
        (
            *("step.started", "step.completed", "step.failed", "step.retrying"),
            *("step.suspended", "step.skipped", "step.cancelled", "step.reset"),
        ),
        range(32, 40),
        strict=True,
    )
)
KINDS["request.made"] = 64
ENDS = ("completed", "failed", "skipped", "cancelled")


def expected_tables(events: Sequence[Stored], specs: dict[str, PlanSpec]) -> Tables:
    """Return every row of every table, sorted."""
    tables: Tables = {
        name: []
        for name in (
            *("plans", "history", "steps", "plan_states", "plan_labels"),
            *("contents", "content_labels", "workflows"),
        )
    }
    contents: dict[str, int] = {}
    for plan, spec in specs.items():
        mine = [(at, e) for at, e in events if re.split(r"[.!]", e.originator_id)[0] == plan]
        number, draft = mine[0]
        if draft.content not in contents:
            contents[draft.content] = number
            add_content(tables, number, draft.content, spec)
        add_plan(tables, plan, spec, mine, contents[draft.content])
    add_workflows(tables, events)
    return {name: sorted(rows, key=repr) for name, rows in tables.items()}


def add_plan(
    tables: Tables, plan: str, spec: PlanSpec, mine: list[tuple[int, Any]], content: int
) -> None:
    number = mine[0][0]
    streams: dict[str, list[tuple[int, Any]]] = {}
    for at, event in mine:
        streams.setdefault(event.originator_id, []).append((at, event))
        kind = event.kind.removesuffix(".v1")
        tables["history"].append((number, at, KINDS[kind]))
        if kind in PLAN_STATUS:
            tables["plan_states"].append((number, at, PLAN_STATUS[kind][1]))
    moved = {name.partition(".")[2]: of for name, of in streams.items() if "." in name}
    rows = [step_row(number, path, of) for path, of in moved.items()]
    tables["steps"] += rows
    by_code = Counter(row[2] for row in rows)
    states = [(at, e.kind.removesuffix(".v1")) for at, e in streams[plan]]
    status = [PLAN_STATUS[kind][1] for _at, kind in states if kind in PLAN_STATUS][-1]
    started = [at for at, kind in states if kind == "plan.started"]
    ended = [at for at, kind in states if PLAN_STATUS.get(kind, ("",))[0] in ENDS]
    tables["plans"].append(
        (
            *(number, plan, content, mine[0][1].trace, status),
            *(started[0] if started else None, ended[0] if ended else None, mine[-1][0]),
            count_steps(spec.steps, "", set(moved)),
            by_code[2] + by_code[3] + by_code[4],
            *(by_code[STEP_STATUS[f"step.{end}"][1]] for end in ENDS),
        )
    )
    add_labels(tables, number, mine)


def step_row(number: int, path: str, events: list[tuple[int, Any]]) -> tuple[Any, ...]:
    """Look only at the events since the last reset."""
    resets = [place for place, (_at, e) in enumerate(events) if e.kind == "step.reset.v1"]
    since = events[resets[-1] + 1 :] if resets else events
    starts = [(at, e) for at, e in since if e.kind == "step.started.v1"]
    last_at, last = events[-1]
    word, code = STEP_STATUS[last.kind.removesuffix(".v1")]
    return (
        *(number, path, code, starts[-1][1].attempt if starts else 0, len(resets)),
        *(starts[0][0] if starts else None, last_at if word in ENDS else None, last_at),
    )


def count_steps(steps: Sequence[StepSpec], before: str, moved: set[str]) -> int:
    """Count the steps written here and below; those in loops once for each iteration begun."""
    total = 0
    for step in steps:
        path = before + step.id.replace(" ", "%20")
        total += 1
        if step.kind == "loop":
            pattern = re.compile(re.escape(path) + r"\[(\d+)\]\.")
            for number in {found[1] for name in moved if (found := pattern.match(name))}:
                total += count_steps(step.steps, f"{path}[{number}].", moved)
        else:
            total += count_steps(step.steps, f"{path}.", moved)
        for place, case in enumerate(step.cases):
            total += count_steps(case.steps, f"{path}[{place}].", moved)
    return total


def add_labels(tables: Tables, number: int, mine: list[tuple[int, Any]]) -> None:
    draft = mine[0][1]
    words = [
        (1, draft.name),
        (3, draft.session),
        (4, draft.user),
        *((5, tag) for tag in draft.tags),
    ]
    if draft.workflow:
        words += [(2, draft.workflow), (2, draft.workflow.split("@")[0])]
    rows = {(label, word, number): number for label, word in words if word is not None}
    for at, event in mine:
        error = getattr(event, "error", None)
        for word in (error.kind, error.code) if error else ():
            rows.setdefault((6, word, number), at)
    tables["plan_labels"] += [(*key, at) for key, at in rows.items()]


def add_content(tables: Tables, number: int, content: str, spec: PlanSpec) -> None:
    loops: dict[str, int] = {}
    words: set[tuple[int, str]] = set()

    def look(steps: Sequence[StepSpec], before: str, around: str | None) -> int:
        outside = 0
        for step in steps:
            path = before + step.id.replace(" ", "%20")
            words.update({(2, step.id), (2, path)})
            if step.tool:
                words.add((1, step.tool))
            if around is None:
                outside += 1
            else:
                loops[around] += 1
            within = path if step.kind == "loop" else around
            if step.kind == "loop":
                loops[path] = 0
            inner = [*step.steps, *(child for case in step.cases for child in case.steps)]
            outside += look(inner, f"{path}.", within)
        return outside

    outside = look(spec.steps, "", None)
    text = ",".join(f'"{path}":{size}' for path, size in sorted(loops.items()))
    key = bytes.fromhex(content.removeprefix("sha256:"))
    tables["contents"].append((number, key, outside, f"{{{text}}}" if loops else None))
    tables["content_labels"] += [(label, word, number) for label, word in words]


def add_workflows(tables: Tables, events: Sequence[Stored]) -> None:
    rows: dict[tuple[str, str], tuple[Any, ...]] = {}
    for at, event in events:
        if event.kind == "workflow.published.v1":
            content = bytes.fromhex(event.content.removeprefix("sha256:"))
            rows[event.originator_id, event.version] = (content, at, None)
        elif event.kind == "workflow.retired.v1":
            content, published, _retired = rows[event.originator_id, event.version]
            rows[event.originator_id, event.version] = (content, published, at)
    tables["workflows"] += [(*key, *row) for key, row in rows.items()]
