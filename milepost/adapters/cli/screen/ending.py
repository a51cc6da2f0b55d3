"""What is printed when a plan has ended or paused: what came of it, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.table import Table
from rich.text import Text

from milepost.adapters.cli.next_commands import command
from milepost.adapters.cli.opening import Equipment
from milepost.domain.plans import PlanResult, PlanStatus
from milepost.projections.step_views import StepView

from .steps import does, error_text, resolved_input, status_text
from .terminal import clean, one_line
from .times import duration
from .values import brief, readable

LONGEST_OUTPUT = 4_000
Line = Text | Table


@dataclass(frozen=True, slots=True)
class Ending:
    """A plan at rest: `troubled` are its failed steps, `asking` those that wait for a person."""

    result: PlanResult
    name: str
    store: str
    equipment: Equipment = field(default_factory=Equipment)
    files: Sequence[str] = ()
    troubled: Sequence[StepView] = ()
    asking: Sequence[StepView] = ()

    @property
    def plan(self) -> str:
        """Id of the plan."""
        return self.result.plan_id


def ending_lines(ending: Ending, *, unicode: bool) -> Iterator[Text]:
    """Yield the lines that tell how a plan ended or why it is paused."""
    yield _headline(ending, unicode=unicode)
    for step in ending.troubled:
        yield from _failure(step)
    if ending.result.error_message and not ending.troubled:
        yield Text(clean(ending.result.error_message), "red")
    if ending.result.missing and not ending.troubled:
        yield Text(f"missing: {one_line(', '.join(ending.result.missing))}", "yellow")
    for step in ending.asking:
        yield from _question(step)
    if ending.result.final_output is not None:
        yield Text()
        yield Text(_shortened(readable(ending.result.final_output)))
    if ending.files:
        yield Text("\nfiles", "bold")
        yield from (Text(f"  {clean(path)}") for path in ending.files)
    yield Text("\nnext", "bold")
    for words, what in _next(ending):
        yield Text(f"  {words}").append(f"   # {what}", "dim")


def _headline(ending: Ending, *, unicode: bool) -> Text:
    result = ending.result
    partial = result.status is PlanStatus.COMPLETED and not result.success
    line = status_text("partial" if partial else result.status.value, unicode=unicode)
    line.append(f"  {one_line(ending.name, 60)}", "bold")
    counts = {
        "completed": result.completed_steps,
        "failed": result.failed_steps,
        "skipped": result.skipped_steps,
        "cancelled": result.cancelled_steps,
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    line.append(f"  {duration(result.duration)}, steps: {told or 'none ended'}", "dim")
    if result.status in (PlanStatus.PAUSED, PlanStatus.CANCELLED) and result.reason:
        line.append(f"\n{one_line(result.reason)}")
    return line


def _failure(step: StepView) -> Iterator[Text]:
    attempts = f", attempt {step.attempt}" if step.attempt > 1 else ""
    yield (
        Text()
        .append("\nfailed  ", "bold red")
        .append(one_line(step.path), "bold")
        .append(f" ({does(step)}{attempts})", "dim")
    )
    if step.error is not None:
        yield Text(error_text(step.error), "red")
    given = resolved_input(step)
    if given not in (None, {}):
        yield Text().append("with    ", "dim").append(_shortened(brief(given, 600)))


def _question(step: StepView) -> Iterator[Text]:
    prompt = step.question.prompt if step.question else "an answer"
    yield Text().append("\nasks    ", "bold magenta").append(one_line(step.path), "bold")
    yield Text(clean(prompt))
    if step.question is not None and step.question.answer_schema is not None:
        yield Text(f"answer: {brief(step.question.answer_schema, 400)}", "dim")


def _next(ending: Ending) -> Iterator[tuple[str, str]]:
    store, plan, equipment = ending.store, ending.plan, ending.equipment
    for step in ending.asking:
        yield from _answers(ending, step)
    if ending.result.status is PlanStatus.PAUSED and not ending.asking:
        yield command(store, "resume", plan, equipment=equipment), "go on"
    if ending.result.status is PlanStatus.FAILED:
        again = command(store, "recover", plan, equipment=equipment)
        yield again, "let it go on once the cause is mended"
    for step in ending.troubled[:1]:
        yield command(store, "show", plan, step.path), "the step's input, error and stack"
        yield command(store, "history", plan, "--step", step.path), "what happened to it"
    if not ending.troubled:
        yield command(store, "show", plan), "the plan and its steps"
    yield command(store, "timeline", plan), "when each step ran"
    yield command(store, "replay", plan), "decide it all again from the record"


def _answers(ending: Ending, step: StepView) -> Iterator[tuple[str, str]]:
    def answer(*how: str) -> str:
        words = ("answer", ending.plan, step.path, *how)
        return command(ending.store, *words, equipment=ending.equipment)

    if step.waiting is not None and step.waiting.value == "unknown":
        yield answer("--retry"), "it did not take effect: try again"
        yield answer("--fail"), "give it up"
    yield answer("--value", "JSON"), "answer it"


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_OUTPUT:
        return text
    return f"{text[:LONGEST_OUTPUT]}\n… ({len(text):,} characters; --json gives all of it)"
