"""Drives the functional core alone: outcomes go in, events come out, time passes by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from milepost.adapters.expressions import CelExpressions
from milepost.domain.aggregates import PlanStream
from milepost.domain.census import result_of
from milepost.domain.commands import (
    Command,
    Compensate,
    Recover,
    Restore,
    Revise,
    RollBack,
    arguments_of,
)
from milepost.domain.course import content_of, revision
from milepost.domain.events import (
    ErrorRecord,
    Event,
    PlanDrafted,
    RecoveryStrategy,
    RequestAnswered,
    RequestMade,
)
from milepost.domain.ids import StepPath, path_of
from milepost.domain.plans import PlanResult, PlanSpec
from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash, Json
from milepost.engine.core import (
    AttemptFailed,
    AttemptSucceeded,
    Began,
    CompiledPlan,
    Outcome,
    PlanState,
    PlanTimedOut,
    Recovered,
    Requested,
    TimerFired,
    compile_plan,
    decide,
)
from milepost.engine.core.derive import restore
from milepost.engine.core.past import end_of
from milepost.engine.journal import Stored
from milepost.engine.replay import ReplayReport, replay

PLAN = "p1"
CONTENT = ContentHash("sha256:0")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
EXPRESSIONS = CelExpressions()
Fields = Mapping[str, object]


def tool(name: str, *needs: object, **fields: object) -> dict[str, object]:
    """Return a tool step as a workflow file would write it."""
    given: dict[str, object] = {"input": {}, "tool": "work", **fields}
    return {"id": name, "kind": "tool", "depends_on": needs, **given}


def container(kind: str, name: str, *steps: Fields, **fields: object) -> dict[str, object]:
    """Return a parallel, sequential or loop step around `steps`."""
    return {"id": name, "kind": kind, "input": {}, "steps": steps, **fields}


class CoreRun:
    """One plan, decided about step by step; `log` holds all events, `groups` where saves end."""

    def __init__(
        self,
        *steps: Fields,
        settings: Fields | None = None,
        inputs: Mapping[str, Json] | None = None,
        context: Mapping[str, Json] | None = None,
        breakpoints: Sequence[str] = (),
    ) -> None:
        self.inputs = dict(inputs or {})
        self.contents: dict[ContentHash, CompiledPlan] = {}
        """The contents that the record names, by hash."""
        self.write(*steps, settings=settings, context=context)
        self.state = PlanState(PlanStream.shell(PLAN), self.contents[CONTENT])
        self.now = self.state.now = BEGINNING
        self.log: list[Event] = []
        self.groups: list[int] = []
        self.requests = 0
        self.fence = 1
        self.state.record(
            PlanDrafted,
            content=CONTENT,
            inputs=self.inputs,
            context=self.spec.context,
            breakpoints=tuple(breakpoints),
        )
        self.keep([*self.state.take(), *decide(self.state, Began(), self.now)])

    @property
    def compiled(self) -> CompiledPlan:
        """The content that the plan has now."""
        return self.state.compiled

    @property
    def spec(self) -> PlanSpec:
        """That content as written."""
        return self.compiled.spec

    @property
    def own(self) -> list[Event]:
        """The plan's own record, without what it was asked."""
        return [event for event in self.log if not isinstance(event, RequestMade)]

    def write(
        self,
        *steps: Fields,
        settings: Fields | None = None,
        context: Mapping[str, Json] | None = None,
    ) -> ContentHash:
        """Write a content that the plan may come to have; the plan's own inputs are declared."""
        fields = {"steps": steps, "settings": settings or {}, "context": context or {}}
        declared: Fields = {"inputs": {name: {} for name in self.inputs}}
        spec = PlanSpec.model_validate({**fields, **declared})
        content = ContentHash(f"sha256:{len(self.contents)}")
        self.contents[content] = compile_plan(spec, EXPRESSIONS)
        return content

    def decide(self, outcome: Outcome) -> list[Event]:
        """Decide about an outcome now and return the new events."""
        return self.keep(decide(self.state, outcome, self.now))

    def succeed(self, path: str, output: Json = None) -> list[Event]:
        """End the attempt under way with a result."""
        attempt = self.state.steps[StepPath(path)].attempt
        return self.decide(AttemptSucceeded(StepPath(path), attempt, output))

    def fail(
        self, path: str, code: str = "error", *, retryable: bool = True, randomness: float = 1.0
    ) -> list[Event]:
        """End the attempt under way with an error."""
        error = ErrorRecord(code=code, message=f"{path} broke", retryable=retryable)
        attempt = self.state.steps[StepPath(path)].attempt
        return self.decide(AttemptFailed(StepPath(path), attempt, error, randomness))

    def wait(self, seconds: float = 0.0) -> list[Event]:
        """Let time pass and fire what is due then."""
        self.now += timedelta(seconds=seconds)
        return self.decide(TimerFired())

    def wait_for_timer(self) -> list[Event]:
        """Let time pass until the next time that the plan waits for."""
        due = self.state.timers.next_time()
        assert due is not None, "nothing is due"
        self.now = max(self.now, due)
        return self.decide(TimerFired())

    def time_out(self, seconds: float) -> list[Event]:
        """Let time pass to the end of the plan's own."""
        self.now += timedelta(seconds=seconds)
        return self.decide(PlanTimedOut())

    def ask(
        self,
        command: str,
        *,
        problem: str | None = None,
        actor: str = "ann",
        why: str = "",
        **arguments: Json,
    ) -> list[Event]:
        """Make a request and have it answered."""
        return self.decide(Requested(self.request(command, actor, why, **arguments), problem))

    def change(
        self, name: str, command: Command, *, why: str = "", actor: str = "ann"
    ) -> list[Event]:
        """Ask for a change of the plan's course, with what the shell adds to it."""
        request = self.request(name, actor, why, **arguments_of(command))
        content = getattr(command, "content", None)
        compiled = self.contents[content] if content is not None else None
        return self.decide(Requested(request, compiled=compiled, history=self.own))

    def revise(
        self,
        *steps: Fields,
        settings: Fields | None = None,
        context: Mapping[str, Json] | None = None,
        again: Sequence[str] = (),
    ) -> list[Event]:
        """Give the plan another content."""
        content = self.write(*steps, settings=settings, context=context)
        base = self.state.plan.revision
        return self.change("revise", Revise(content=content, base=base, again=tuple(again)))

    def roll_back(self, to: int, *, hold: bool = False) -> list[Event]:
        """Go back to the content of a revision."""
        content = revision(self.own, to).content
        return self.change("rollback", RollBack(to=to, content=content, hold=hold))

    def restore(self, at: str, *, hold: bool = False) -> list[Event]:
        """Go back to the moment right after an event."""
        content = content_of(self.own[: end_of(self.own, at)])
        return self.change("restore", Restore(at=at, content=content, hold=hold))

    def recover(
        self,
        strategy: str = "resume",
        steps: Sequence[str] = (),
        content: ContentHash | None = None,
        *,
        hold: bool = False,
    ) -> list[Event]:
        """Let a plan that failed go on."""
        return self.change(
            "recover",
            Recover(
                strategy=RecoveryStrategy(strategy),
                steps=tuple(steps),
                content=content or content_of(self.own),
                hold=hold,
            ),
        )

    def compensate(self, *steps: str) -> list[Event]:
        """Undo finished steps, all if none is named."""
        return self.change("compensate", Compensate(steps=steps))

    @property
    def refusal(self) -> str | None:
        """Why the last request was refused, None if it was not."""
        answers = [event for event in self.log if isinstance(event, RequestAnswered)]
        return answers[-1].why if not answers[-1].accepted else None

    def request(self, command: str, actor: str, why: str, **arguments: Json) -> RequestMade:
        """Store a request without answering it."""
        self.requests += 1
        request = RequestMade(
            originator_id=f"{PLAN}!requests",
            originator_version=self.requests,
            timestamp=self.now,
            cause=f"{PLAN}#1",
            actor=actor,
            command=command,
            arguments=arguments,
            why=why,
        )
        self.keep([request])
        return request

    def crash(self, *, writes: bool = False) -> list[Event]:
        """Forget everything but the log and go on from that; return what the recovery decided."""
        self.state = restore(PLAN, self.log, self.contents[content_of(self.own)])
        self.fence += 1
        interrupted = {StepPath(path): writes for path in self.running}
        return self.decide(Recovered("another", self.fence, "taken over", interrupted))

    def finish(self, *, limit: int = 10_000) -> list[Event]:
        """Let everything succeed and every time come until the plan rests; return the events."""
        before = len(self.log)
        for _turn in range(limit):
            if self.state.plan.ended:
                break
            if self.running:
                self.succeed(self.running[0])
            elif self.state.timers.next_time() is not None:
                self.wait_for_timer()
            else:
                break
        return self.log[before:]

    @property
    def running(self) -> list[str]:
        """Paths of the attempts under way, first started first."""
        return [
            path
            for path, instance in self.state.active.items()
            if instance.node.works and instance.is_running
        ]

    @property
    def ready(self) -> list[str]:
        """Paths of the steps that wait for a slot only, next first."""
        return [instance.path for instance in self.state.ready.instances()]

    @property
    def statuses(self) -> dict[str, str]:
        """Status of every step that moved, by path."""
        return {
            path: step.status.value
            for path, step in self.state.steps.items()
            if step.status is not StepStatus.PENDING
        }

    @property
    def result(self) -> PlanResult:
        """What has come of the plan so far."""
        return result_of(self.state.plan, self.spec, self.state.steps)

    def replayed(self) -> ReplayReport:
        """Decide the whole log again."""
        return replay(PLAN, stored(self.log), self.contents)

    def keep(self, events: Sequence[Event]) -> list[Event]:
        """Add events to the log, as one save."""
        if events:
            self.log.extend(events)
            self.groups.append(len(self.log))
        return list(events)


def stored(log: Sequence[Event]) -> list[Stored]:
    """Return events with positions from 1."""
    return [Stored(position, event) for position, event in enumerate(log, 1)]


def told(events: Sequence[Event]) -> list[str]:
    """Return events as short words: `started a`, `plan completed`."""
    return [_told(event) for event in events]


def _told(event: Event) -> str:
    family, what, _version = event.kind.split(".")
    if family == "request":
        return f"asked {event.data()['command']}"
    path = path_of(event.originator_id)
    return f"{what} {path}" if path is not None else f"plan {what}"
