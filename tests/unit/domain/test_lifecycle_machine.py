"""Random commands: only legal ones leave an event, and the events add up to the live state."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.errors import IllegalTransitionError
from milepost.domain.events import (
    ContextChanged,
    DecisionRecorded,
    ErrorRecord,
    Event,
    LimitReached,
    OwnerChanged,
    PlanPaused,
    Question,
    StepAdopted,
    StepCompleted,
    StepReset,
    StepRetrying,
    StepStarted,
    Usage,
    Waiting,
)

from .written_lifecycles import PLAN_EVENTS, PLAN_MOVES, STEP_EVENTS, STEP_MOVES, TIME

SMALL = st.none() | st.integers(0, 9) | st.text("xyz", max_size=3) | st.just([1, {"a": None}])
TEXTS = st.text("xyz", max_size=3)
USED: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"usage": st.builds(Usage, input_tokens=st.integers(0, 9), output_tokens=st.integers(0, 9))}
)
ERRORS = st.fixed_dictionaries({"error": st.builds(ErrorRecord, message=TEXTS)})
STEP_FIELDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "start": st.fixed_dictionaries(
        {"attempt": st.integers(1, 5), "bindings": st.dictionaries(st.just("/x"), SMALL)}
    ),
    "complete": st.builds(lambda output, used: {"output": output, **used}, SMALL, USED),
    "fail": st.builds(lambda error, used: error | used, ERRORS, USED),
    "retry": st.builds(lambda error, used: error | used, ERRORS, USED),
    "suspend": st.fixed_dictionaries(
        {
            "waiting": st.sampled_from(Waiting),
            "question": st.none() | st.builds(Question, prompt=TEXTS, show=SMALL),
        }
    ),
    "skip": st.fixed_dictionaries({"detail": TEXTS}),
    "cancel": st.fixed_dictionaries({"reason": TEXTS}),
    "adopt": st.fixed_dictionaries({"output": SMALL, "source": st.none() | TEXTS}),
    "reset": st.fixed_dictionaries({"reason": TEXTS, "keep": st.booleans()}),
}


class Obedience(RuleBasedStateMachine):
    """An aggregate, and the events it accepted."""

    stream: Step | PlanStream
    moves: dict[str, dict[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.now: datetime = TIME

    def command(
        self, trigger: str, event_type: type[Event], fields: dict[str, Any]
    ) -> Event | None:
        """Ask for a move; the aggregate must obey or refuse as the written lifecycle says."""
        target = self.moves[self.stream.status].get(trigger)
        if target is not None:
            event = self.record(event_type, fields)
            assert self.stream.status == target
            return event
        before = dict(vars(self.stream))
        with pytest.raises(IllegalTransitionError, match=f"cannot {trigger} while"):
            self.stream.record(event_type, timestamp=self.now, **fields)
        assert vars(self.stream) == before
        return None

    def record(self, event_type: type[Event], fields: dict[str, Any]) -> Event:
        self.now += timedelta(seconds=1)
        event = self.stream.record(event_type, timestamp=self.now, **fields)
        self.events.append(event)
        return event

    @invariant()
    def events_are_numbered_without_gaps(self) -> None:
        numbers = [event.originator_version for event in self.events]
        assert numbers == list(range(1, self.stream.version + 1))

    def teardown(self) -> None:
        """Fold what was stored, once from the events and once from their texts."""
        texts = [(type(event), event.model_dump_json()) for event in self.events]
        read = [event_type.model_validate_json(text) for event_type, text in texts]
        for events in (self.events, read):
            folded = type(self.stream).folded(self.stream.id, events)
            assert vars(folded) == vars(self.stream)


class StepMachine(Obedience):
    """A step under random commands, against what can be read off its events by hand."""

    moves = STEP_MOVES

    def __init__(self) -> None:
        super().__init__()
        self.stream: Step = Step.shell("p1.load")

    @rule(data=st.data(), trigger=st.sampled_from(sorted(STEP_EVENTS)))
    def any_command(self, data: st.DataObject, trigger: str) -> None:
        event_type, usual = STEP_EVENTS[trigger]
        self.command(trigger, event_type, usual | data.draw(STEP_FIELDS[trigger]))

    @rule(data=st.data())
    def a_legal_command(self, data: st.DataObject) -> None:
        trigger = data.draw(st.sampled_from(sorted(STEP_MOVES[self.stream.status])))
        event_type, usual = STEP_EVENTS[trigger]
        assert self.command(trigger, event_type, usual | data.draw(STEP_FIELDS[trigger]))

    @invariant()
    def the_state_can_be_read_off_the_events(self) -> None:
        resets = [at for at, event in enumerate(self.events) if isinstance(event, StepReset)]
        life = self.events[resets[-1] + 1 :] if resets else self.events
        starts = [event for event in life if isinstance(event, StepStarted)]
        last = life[-1] if life else None
        done = last if isinstance(last, StepCompleted | StepAdopted) else None
        began = [*starts, last] if isinstance(last, StepAdopted) else starts
        step = self.stream

        assert step.activation == len(resets)
        assert step.attempt == (starts[-1].attempt if starts else 0)
        assert step.started_at == (began[0].timestamp if began else None)
        assert step.retries == sum(isinstance(event, StepRetrying) for event in life)
        assert step.output == (done.output if done else None)
        assert step.ended_at == (last.timestamp if last and step.ended else None)
        used = [usage for event in life if (usage := getattr(event, "usage", None))]
        assert step.tokens == sum(usage.input_tokens + usage.output_tokens for usage in used)


class PlanMachine(Obedience):
    """A plan under random commands and notes."""

    moves = PLAN_MOVES

    def __init__(self) -> None:
        super().__init__()
        self.stream: PlanStream = PlanStream.shell("p1")
        self.context: dict[str, Any] = {}
        self.paused = timedelta()

    @rule(trigger=st.sampled_from(sorted(PLAN_EVENTS)))
    def ask(self, trigger: str) -> None:
        was_paused = self.stream.status == "paused"
        event = self.command(trigger, *PLAN_EVENTS[trigger])
        if event is not None and was_paused:
            pause = next(past for past in reversed(self.events) if isinstance(past, PlanPaused))
            self.paused += event.timestamp - pause.timestamp

    @precondition(lambda self: self.stream.status == "running")
    @rule()
    def pause_and_resume(self) -> None:
        self.ask("pause")
        self.now += timedelta(minutes=1)
        self.ask("resume")

    @rule(changes=st.dictionaries(TEXTS, SMALL, max_size=2))
    def write_to_the_context(self, changes: dict[str, Any]) -> None:
        self.record(ContextChanged, {"changes": changes})
        self.context |= changes

    @rule()
    def note_something(self) -> None:
        status = self.stream.status
        self.record(DecisionRecorded, {"what": "branch", "chosen": 0, "why": "x > 1"})
        self.record(LimitReached, {"limit": "max_retries", "allowed": 1, "reached": 2})
        self.record(OwnerChanged, {"owner": "other", "fence": 2, "reason": "gone"})
        assert self.stream.status is status

    @invariant()
    def the_state_can_be_read_off_the_events(self) -> None:
        assert self.stream.context == self.context
        assert self.stream.paused_for == self.paused
        assert self.stream.ended == (self.stream.status in {"completed", "failed", "cancelled"})


TestSteps = StepMachine.TestCase
TestPlans = PlanMachine.TestCase
