"""Plans: a table of many, and the head of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.table import Table
from rich.text import Text

from milepost.domain.ids import plan_of
from milepost.domain.values import Json
from milepost.projections.plan_views import PlanSummary, PlanView
from milepost.projections.totals import StepCounts

from .steps import status_text, used
from .tables import pairs, table
from .terminal import clean, one_line
from .times import duration, moment
from .values import brief

_COUNTED = (
    *("completed", "failed", "skipped", "cancelled", "running", "retrying", "suspended"),
    *("ready", "pending"),
)


def plan_table(plans: Iterable[PlanSummary], *, resume: Mapping[str, str], unicode: bool) -> Table:
    """Return plans with their states, how far they are, and how long they took.

    `resume` are the commands that carry those on that nobody does.
    """
    rows = (
        (
            plan.id,
            one_line(plan.name or "", 32),
            status_text(_state(plan), unicode=unicode),
            f"{plan.completed + plan.failed + plan.skipped + plan.cancelled}/{plan.steps}",
            moment(plan.created_at),
            duration(plan.actual_duration),
            _left(resume[plan.id]) if plan.id in resume else one_line(_reason(plan), 60),
        )
        for plan in plans
    )
    return table(("plan", "name", "status", ">steps", "created", ">took", "reason"), rows)


def plan_facts(plan: PlanView, *, resume: str | None, unicode: bool) -> Table:
    """Return what there is to say about one plan besides its steps and its output.

    `resume` is the command that carries it on, if nobody does.
    """
    facts = dict(_facts(plan, unicode=unicode))
    if resume is not None:
        facts["reason"] = _left(resume)
    return pairs(facts.items())


def counted(counts: StepCounts) -> str:
    """Return how many steps there are, and how many in each state."""
    parts = [f"{getattr(counts, name)} {name}" for name in _COUNTED if getattr(counts, name)]
    return f"{counts.total}: {', '.join(parts)}" if parts else str(counts.total)


def named(values: Mapping[str, Json]) -> str:
    """Return values by name, a line for each."""
    return "\n".join(f"{one_line(name)} = {brief(value, 100)}" for name, value in values.items())


def _facts(plan: PlanView, *, unicode: bool) -> Iterator[tuple[str, str | Text]]:
    yield "plan", Text(plan.id, "bold")
    yield "name", one_line(" ".join(filter(None, (plan.name, plan.version))))
    yield "about", one_line(plan.description or "")
    yield "workflow", one_line(plan.workflow or "")
    yield "forked from", _fork_of(plan.forked_from)
    yield "revision", str(plan.revision) if plan.revision > 1 else ""
    state = status_text(plan.status.value, unicode=unicode)
    if plan.completion is not None and plan.completion.value != "success":
        state.append(f" ({plan.completion.value})")
    yield "status", state
    yield "reason", one_line(plan.reason or "") if plan.reason != "all_done" else ""
    yield "waits for", one_line(", ".join(plan.waiting_for))
    yield "created", moment(plan.created_at)
    yield "took", duration(plan.actual_duration)
    yield "estimated", duration(plan.estimated_duration)
    yield "steps", counted(plan.steps)
    yield "scheduling", plan.strategy or ""
    yield "used", used(plan.usage.calls, plan.usage.input_tokens + plan.usage.output_tokens)
    yield "inputs", named(plan.inputs)
    yield "context", named(plan.context)
    yield "session", one_line(plan.session or "")
    yield "user", one_line(plan.user or "")
    yield "tags", one_line(", ".join(plan.tags))
    yield "error", Text(clean(plan.result.error_message or ""), "red")
    yield "missing", one_line(", ".join(plan.result.missing))
    yield "position", str(plan.position)


def _fork_of(event: str | None) -> str:
    return f"{plan_of(event.partition('#')[0])}, after event {event}" if event else ""


def _state(plan: PlanSummary) -> str:
    partial = plan.completion is not None and plan.completion.value == "partial"
    return "partial" if partial else plan.status.value


def _left(resume: str) -> str:
    return f"nobody carries it on: `{resume}`"


def _reason(plan: PlanSummary) -> str:
    """Return why a plan did not come to its end, or not to the end that it was to come to."""
    told = plan.status.value in ("paused", "cancelled")
    return plan.error_message or (plan.reason if told and plan.reason else "")
