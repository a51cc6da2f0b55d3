"""Plans made for tests: a record that is written event by event, with a clock of its own."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from milepost.domain.events import (
    ErrorRecord,
    Event,
    PlanCompleted,
    PlanDrafted,
    PlanStarted,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepStarted,
)
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepKind, StepSpec
from milepost.domain.values import ContentHash, canonical_bytes, hash_of
from milepost.engine.journal import Stored
from milepost.projections.story import PlanStory

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = "p1"


def tool_step(step_id: str, *after: str | dict[str, str], **fields: Any) -> StepSpec:
    """Return a step that calls a tool."""
    given = {"kind": "tool_call", "tool": "work", "input": {}} | fields
    return StepSpec.model_validate({"id": step_id, "depends_on": list(after), **given})


def container(step_id: str, kind: StepKind, *steps: StepSpec, **fields: Any) -> StepSpec:
    """Return a step with children."""
    return StepSpec(id=step_id, kind=kind, input={}, steps=steps, **fields)


def plan_of(*steps: StepSpec, **fields: Any) -> PlanSpec:
    """Return a plan of these steps."""
    return PlanSpec(steps=steps, **fields)


def body_of(spec: PlanSpec) -> bytes:
    """Return the content of a plan as it is stored."""
    return canonical_bytes(spec.model_dump(mode="json", exclude_defaults=True, by_alias=True))


def content_of(spec: PlanSpec) -> ContentHash:
    """Return the address of a plan's content."""
    return hash_of(body_of(spec))


class Record:
    """One plan's events in order; time stands still unless it is passed."""

    def __init__(self, spec: PlanSpec, plan: str = PLAN, **draft: Any) -> None:
        self.spec = spec
        self.plan = plan
        self.now = BEGINNING
        self.events: list[Event] = []
        self._versions: Counter[str] = Counter()
        self.add(PlanDrafted, **{"content": content_of(spec), "name": spec.name} | draft)

    @property
    def stored(self) -> list[Stored]:
        """The events with the positions that they would have in a store of their own."""
        return [Stored(position, event) for position, event in enumerate(self.events, 1)]

    @property
    def story(self) -> PlanStory:
        """The plan as its events tell it."""
        return PlanStory(self.stored, self.spec)

    def add(self, event_type: type[Event], path: str = "", /, **fields: Any) -> Event:
        """Add an event of the plan, or of a step."""
        stream = f"{self.plan}.{path}" if path else self.plan
        return self.add_to(stream, event_type, **fields)

    def add_to(self, stream: str, event_type: type[Event], **fields: Any) -> Event:
        """Add an event of any stream."""
        self._versions[stream] += 1
        event = event_type(
            originator_id=stream,
            originator_version=self._versions[stream],
            timestamp=self.now,
            cause=self.events[-1].id if self.events else "",
            **fields,
        )
        self.events.append(event)
        return event

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def begin(self) -> None:
        """Start the plan."""
        self.add(PlanStarted, decider=1, strategy="dag")

    def start(self, step: str, attempt: int = 1, **fields: Any) -> None:
        """Start an attempt."""
        self.add(StepStarted, step, attempt=attempt, **fields)

    def complete(self, step: str, output: object = None, **fields: Any) -> None:
        """Complete a step."""
        self.add(StepCompleted, step, output=output, **fields)

    def fail(self, step: str, code: str = "error", **fields: Any) -> None:
        """Fail a step."""
        self.add(StepFailed, step, error=ErrorRecord(code=code, message="broken"), **fields)

    def retry(self, step: str, seconds: float, code: str = "error") -> None:
        """Have a step tried again."""
        delay = timedelta(seconds=seconds)
        error = ErrorRecord(code=code, message="broken")
        self.add(StepRetrying, step, error=error, delay=delay, due=self.now + delay)

    def run(self, step: str, seconds: float = 1.0, output: object = None) -> None:
        """Start a step, let time pass and complete it."""
        self.start(step)
        self.wait(seconds)
        self.complete(step, output)

    def end(self, *output_of: str, **fields: Any) -> None:
        """Complete the plan."""
        self.add(PlanCompleted, **{"reason": "all_done", "output_of": output_of} | fields)
