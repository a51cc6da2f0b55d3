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
    "plan.forked": ("running", 2),
    "plan.rolled_back": ("running", 2),
    "plan.restored": ("running", 2),
    "plan.recovered": ("running", 2),
    "plan.compensation_begun": ("running", 2),
}
REVISING = ("plan.revised", "plan.rolled_back", "plan.restored", "plan.recovered")
STEP_STATUS = {
    "step.reset": ("pending", 1),
    "step.started": ("running", 2),
    "step.retrying": ("retrying", 3),
    "step.suspended": ("suspended", 4),
    "step.completed": ("completed", 5),
    "step.adopted": ("completed", 5),
    "step.failed": ("failed", 6),
    "step.skipped": ("skipped", 7),
    "step.cancelled": ("cancelled", 8),
}
KINDS = dict(
    zip(
        (
            *("plan.drafted", "plan.started", "plan.paused", "plan.resumed", "plan.completed"),
            *("plan.failed", "plan.cancelled", "plan.decision_recorded", "plan.limit_reached"),
            *("plan.context_changed", "plan.owner_changed", "plan.request_answered", *REVISING),
            *("plan.forked", "plan.checkpoint_taken", "plan.checkpoint_forgotten"),
            *("plan.breakpoint_changed", "plan.replan_begun", "plan.replan_failed"),
            *("plan.loop_detected", "plan.compensation_begun", "plan.compensation_ended"),
        ),
        range(1, 26),
        strict=True,
    )
) | dict(
    zip(
        (
            *("step.started", "step.completed", "step.failed", "step.retrying"),
            *("step.suspended", "step.skipped", "step.cancelled", "step.reset", "step.adopted"),
        ),
        range(32, 41),
        strict=True,
    )
)
KINDS["request.made"] = 64
ENDS = ("completed", "failed", "skipped", "cancelled")


def expected_tables(events: Sequence[Stored], written: dict[str, PlanSpec]) -> Tables:
    """Return every row of every table, sorted; `written` are the contents by their hash."""
    tables: Tables = {
        name: []
        for name in (
            *("plans", "history", "steps", "plan_states", "plan_labels", "plan_revisions"),
            *("contents", "content_labels", "workflows"),
        )
    }
    contents: dict[str, int] = {}
    for at, event in events:
        content = getattr(event, "content", "")
        if content and event.kind.startswith("plan.") and content not in contents:
            contents[content] = at
            add_content(tables, at, content, written[content])
    for plan in [e.originator_id for _at, e in events if e.kind == "plan.drafted.v1"]:
        mine = [(at, e) for at, e in events if re.split(r"[.!]", e.originator_id)[0] == plan]
        add_plan(tables, plan, mine, contents, written)
    add_workflows(tables, events)
    return {name: sorted(rows, key=repr) for name, rows in tables.items()}


def add_plan(
    tables: Tables,
    plan: str,
    mine: list[tuple[int, Any]],
    contents: dict[str, int],
    written: dict[str, PlanSpec],
) -> None:
    number = mine[0][0]
    revisions = add_revisions(tables, number, mine, contents)
    content = revisions[max(revisions)]
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
    rows = [row for row in rows if "~" not in row[1]]
    begun = {row[1] for row in rows if row[2] != STEP_STATUS["step.reset"][1]}
    by_code = Counter(row[2] for row in rows)
    states = [(at, e.kind.removesuffix(".v1")) for at, e in streams[plan]]
    status = [PLAN_STATUS[kind][1] for _at, kind in states if kind in PLAN_STATUS][-1]
    started = [at for at, kind in states if kind in ("plan.started", "plan.forked")]
    moves = [at for at, kind in states if kind in PLAN_STATUS]
    tables["plans"].append(
        (
            *(number, plan, contents[content], max(revisions), mine[0][1].trace, status),
            *(started[0] if started else None, moves[-1] if status > 3 else None, mine[-1][0]),
            count_steps(written[content].steps, "", begun),
            by_code[2] + by_code[3] + by_code[4],
            *(by_code[STEP_STATUS[f"step.{end}"][1]] for end in ENDS),
        )
    )
    add_labels(tables, number, mine)


def add_revisions(
    tables: Tables, number: int, mine: list[tuple[int, Any]], contents: dict[str, int]
) -> dict[int, str]:
    """Return the contents of a plan's revisions by their numbers."""
    found = {1: (number, mine[0][1].content)}
    for at, event in mine:
        if event.kind.removesuffix(".v1") in REVISING:
            found.setdefault(event.number, (at, event.content))
    if len(found) > 1:
        tables["plan_revisions"] += [
            (number, revision, at, contents[content]) for revision, (at, content) in found.items()
        ]
    return {revision: content for revision, (_at, content) in found.items()}


def step_row(number: int, path: str, events: list[tuple[int, Any]]) -> tuple[Any, ...]:
    """Look only at the events since the last reset."""
    resets = [place for place, (_at, e) in enumerate(events) if e.kind == "step.reset.v1"]
    since = events[resets[-1] + 1 :] if resets else events
    attempts = [e.attempt for _at, e in since if e.kind == "step.started.v1"]
    starts = [at for at, e in since if e.kind in ("step.started.v1", "step.adopted.v1")]
    last_at, last = events[-1]
    word, code = STEP_STATUS[last.kind.removesuffix(".v1")]
    return (
        *(number, path, code, attempts[-1] if attempts else 0, len(resets)),
        *(starts[0] if starts else None, last_at if word in ENDS else None, last_at),
    )


def count_steps(steps: Sequence[StepSpec], before: str, moved: set[str]) -> int:
    """Count the steps written here and below; those in loops once for each iteration begun.

    An iteration has begun while one of its steps is in `moved`: not pending.
    """
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
        if event.kind == "plan.forked.v1":
            rows[7, event.parent, number] = at
        moved_to = getattr(event, "workflow", None) if at != number else None
        for word in (moved_to, moved_to.split("@")[0]) if moved_to else ():
            rows.setdefault((2, word, number), at)
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
            words.update({(2, step.id), (2, re.sub(r"\[.*?\]", "", path))})
            calls = (step, step.compensate, *step.alternatives)
            words.update((1, call.tool) for call in calls if call and call.tool)
            if around is None:
                outside += 1
            else:
                loops[around] += 1
            within = path if step.kind == "loop" else around
            if step.kind == "loop":
                loops[path] = 0
            inside = f"{path}[*]." if step.kind == "loop" else f"{path}."
            outside += look(step.steps, inside, within)
            for place, case in enumerate(step.cases):
                outside += look(case.steps, f"{path}[{place}].", within)
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
