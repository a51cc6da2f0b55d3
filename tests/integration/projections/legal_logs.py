"""Random logs that keep the lifecycles' rules, written without the product's tables of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from milepost.domain.events import (
    BreakpointChanged,
    CheckpointForgotten,
    CheckpointTaken,
    CompensationBegun,
    CompensationEnded,
    ContextChanged,
    DecisionRecorded,
    ErrorRecord,
    Event,
    LimitReached,
    LoopDetected,
    OwnerChanged,
    PlanCancelled,
    PlanCompleted,
    PlanDrafted,
    PlanFailed,
    PlanForked,
    PlanPaused,
    PlanRecovered,
    PlanRestored,
    PlanResumed,
    PlanRevised,
    PlanRolledBack,
    PlanStarted,
    ReplanBegun,
    ReplanFailed,
    RequestMade,
    SkipReason,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSuspended,
    Waiting,
    WorkflowPublished,
    WorkflowRetired,
)
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import Case, StepKind, StepSpec
from milepost.domain.values import ContentHash
from milepost.engine.journal import Stored
from tests.unit.projections.made import body_of, container, content_of, plan_of, tool_step

Choose = Callable[[int], int]
"""Returns a number from 0 up to, not including, the one given."""

_INNER = container("in", StepKind.LOOP, tool_step("x", tool="deep"), tool_step("y"), count=2)
_BRANCH = StepSpec(
    id="pick",
    kind=StepKind.BRANCH,
    input={},
    cases=(Case(when="true", steps=(tool_step("yes"),)), Case(steps=(tool_step("no"),))),
)
SPECS = (
    plan_of(tool_step("a"), tool_step("b", "a", tool="other"), name="flat"),
    plan_of(
        tool_step("a b"),
        container("both", StepKind.PARALLEL, tool_step("x"), tool_step("y")),
        container("each", StepKind.LOOP, tool_step("z"), _INNER, count=2),
        name="nested",
    ),
    plan_of(_BRANCH, tool_step("last", "pick")),
)
_OTHER_LOOP = container("in", StepKind.LOOP, tool_step("x"), count=2)
_ROW = container("in", StepKind.SEQUENTIAL, tool_step("x"), tool_step("new", tool="newest"))
REVISIONS = (
    (SPECS[0], plan_of(tool_step("a"), tool_step("c", tool="third"), name="flat")),
    (
        SPECS[1],
        plan_of(tool_step("a b"), container("each", StepKind.LOOP, _OTHER_LOOP, count=2)),
        plan_of(container("each", StepKind.LOOP, tool_step("z"), _ROW, count=2)),
        plan_of(container("each", StepKind.SEQUENTIAL, tool_step("z"), _INNER)),
        plan_of(tool_step("a b"), container("both", StepKind.LOOP, tool_step("y"), count=1)),
    ),
    (SPECS[2], plan_of(tool_step("pick"), tool_step("last"), _INNER)),
)
"""What a plan of that number may be revised to."""
PATHS = (
    ("a", "b", "a~undo", "c"),
    (
        *("a%20b", "both", "both.x", "both.y", "each"),
        *("each[0].z", "each[0].in", "each[0].in[0].x", "each[0].in[1].y"),
        *("each[1].z", "each[1].in", "each[1].in[0].x", "each[1].in[0].y"),
        *("each[0].z~undo", "both[0].y", "each.in[1].x", "each[0].in.new"),
    ),
    ("pick", "pick[0].yes", "pick[1].no", "last", "in", "in[0].x"),
)
_STEP_MOVES = {
    "pending": (StepStarted, StepFailed, StepSkipped, StepCancelled, StepReset, StepAdopted),
    "running": (StepCompleted, StepFailed, StepRetrying, StepSuspended, StepCancelled, StepReset),
    "retrying": (StepStarted, StepFailed, StepSkipped, StepCancelled, StepReset),
    "suspended": (StepStarted, StepCompleted, StepFailed, StepRetrying, StepSkipped, StepReset),
    "completed": (StepReset,),
    "failed": (StepReset,),
    "skipped": (StepReset,),
    "cancelled": (StepReset,),
}
_BACK = (PlanRolledBack, PlanRestored, PlanRecovered, CompensationBegun)
_PLAN_MOVES = {
    "ready": (PlanStarted, PlanForked, PlanFailed, PlanCancelled),
    "running": (PlanPaused, PlanCompleted, PlanFailed, PlanCancelled, PlanRevised, *_BACK),
    "paused": (PlanResumed, PlanCompleted, PlanFailed, PlanCancelled, PlanRevised, *_BACK),
    "completed": _BACK,
    "failed": _BACK,
    "cancelled": _BACK,
}
_AFTER = {
    StepStarted: "running",
    StepCompleted: "completed",
    StepFailed: "failed",
    StepRetrying: "retrying",
    StepSuspended: "suspended",
    StepSkipped: "skipped",
    StepCancelled: "cancelled",
    StepReset: "pending",
    StepAdopted: "completed",
    PlanForked: "running",
    **dict.fromkeys(_BACK, "running"),
    PlanStarted: "running",
    PlanPaused: "paused",
    PlanResumed: "running",
    PlanCompleted: "completed",
    PlanFailed: "failed",
    PlanCancelled: "cancelled",
}
_WORDS = ("red", "green", None)


@dataclass
class LegalLog:
    """Events of a few plans and a workflow, cut into batches as commits would."""

    batches: list[list[Stored]] = field(default_factory=list)
    contents: dict[ContentHash, bytes] = field(default_factory=dict)
    specs: dict[str, PlanSpec] = field(default_factory=dict)
    """The content that each plan has in the end."""
    written: dict[str, PlanSpec] = field(default_factory=dict)
    """Every content by its hash."""

    @property
    def events(self) -> list[Stored]:
        """All events by position."""
        return [stored for batch in self.batches for stored in batch]


def legal_log(choose: Choose, *, length: int, most_plans: int = 3) -> LegalLog:
    """Return a log of about so many events."""
    return _Writer(choose, most_plans).write(length)


class _Writer:
    def __init__(self, choose: Choose, most_plans: int) -> None:
        self.choose = choose
        self.most_plans = most_plans
        self.log = LegalLog(batches=[[]])
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.versions: Counter[str] = Counter()
        self.causes: dict[str, str] = {}
        self.position = 0
        self.plans: dict[str, str] = {}
        self.steps: dict[tuple[str, str], str] = {}
        self.attempts: Counter[str] = Counter()
        self.numbers: Counter[str] = Counter()

    def write(self, length: int) -> LegalLog:
        while self.position < length:
            self.act()
            if self.choose(3) == 0:
                self.log.batches.append([])
        return self.log

    def act(self) -> None:
        kind = self.choose(12)
        if not self.plans or (kind == 0 and len(self.plans) < self.most_plans):
            self.draft()
        elif kind == 1:
            self.move_workflow()
        elif kind <= 3:
            self.move_plan(self.pick(list(self.plans)))
        elif kind == 4:
            self.add_other(self.pick(list(self.plans)))
        else:
            self.move_step(self.pick(list(self.plans)))

    def draft(self) -> None:
        number = self.choose(len(SPECS))
        plan = f"p{number}-{len(self.plans)}"
        spec = SPECS[number]
        self.plans[plan] = "ready"
        self.numbers[plan] = 1
        self.add(
            plan,
            PlanDrafted,
            content=self.write_content(plan, spec),
            name=spec.name,
            workflow=self.pick(("w@1", "w@2.0", None)),
            session=self.pick(_WORDS),
            user=self.pick(_WORDS),
            tags=tuple(filter(None, dict.fromkeys((self.pick(_WORDS), self.pick(_WORDS))))),
            trace=self.pick(("00-1-2-01", None)),
            inputs={"n": self.choose(5)},
        )

    def move_plan(self, plan: str) -> None:
        moves = _PLAN_MOVES.get(self.plans[plan], ())
        if moves:
            event_type = self.pick(moves)
            self.plans[plan] = _AFTER.get(event_type, self.plans[plan])
            self.add(plan, event_type, **self.plan_fields(plan, event_type))

    def write_content(self, plan: str, spec: PlanSpec) -> ContentHash:
        content = content_of(spec)
        self.log.specs[plan] = self.log.written[content] = spec
        self.log.contents[content] = body_of(spec)
        return content

    def revision(self, plan: str, event_type: type[Event]) -> dict[str, Any]:
        """Return the fields of a revision; one that goes back may leave the content alone."""
        parent, spec = self.numbers[plan], self.log.specs[plan]
        workflow = None
        if self.choose(3) or event_type in (PlanRevised, PlanRolledBack):
            self.numbers[plan] += 1
            spec = self.pick(REVISIONS[int(plan[1])])
            workflow = self.pick((None, None, "w@2.0", "w@3", ""))
        content = self.write_content(plan, spec)
        number = self.numbers[plan]
        return {"number": number, "content": content, "parent": parent, "workflow": workflow}

    def move_step(self, plan: str) -> None:
        path = self.pick(PATHS[int(plan[1])])
        key = (plan, path)
        event_type = self.pick(_STEP_MOVES[self.steps.get(key, "pending")])
        self.steps[key] = _AFTER[event_type]
        self.add(f"{plan}.{path}", event_type, **self.step_fields(f"{plan}.{path}", event_type))

    def move_workflow(self) -> None:
        version = f"{self.choose(3)}.0"
        content = content_of(SPECS[0])
        self.log.contents[content] = body_of(SPECS[0])
        self.log.written[content] = SPECS[0]
        stream = f"workflow:w{self.choose(2)}"
        if (stream, version) in self.steps and self.choose(2):
            self.add(stream, WorkflowRetired, version=version)
        else:
            self.steps[(stream, version)] = "published"
            self.add(stream, WorkflowPublished, version=version, content=content)

    def add_other(self, plan: str) -> None:
        event_type, fields = self.pick(
            (
                (DecisionRecorded, {"what": "x", "chosen": 1, "why": "y", "step": "a"}),
                (LimitReached, {"limit": "max_steps", "allowed": 1, "reached": 2}),
                (ContextChanged, {"changes": {"k": self.choose(9)}}),
                (OwnerChanged, {"owner": "o", "fence": 2, "reason": "crash"}),
                (CheckpointTaken, {"name": self.pick(("x", "y")), "at": f"{plan}#1"}),
                (CheckpointForgotten, {"name": self.pick(("x", "y"))}),
                (BreakpointChanged, {"step": "a", "on": bool(self.choose(2))}),
                (LoopDetected, {"found": "state", "count": 3, "allowed": 2}),
                (CompensationEnded, {"failed": ("a",)}),
                (ReplanBegun, {"number": 1, "trigger": "failure"}),
                (ReplanFailed, {"why": "no plan", "error": self.pick((self.error(), None))}),
                (RequestMade, {"command": "pause"}),
            )
        )
        stream = f"{plan}!requests" if event_type is RequestMade else plan
        self.add(stream, event_type, **fields)

    def plan_fields(self, plan: str, event_type: type[Event]) -> dict[str, Any]:
        parent = self.pick(("p0-0", "elsewhere"))
        rules = {"decider": 1, "strategy": "dag"}
        own: dict[type[Event], dict[str, Any]] = {
            PlanStarted: rules,
            PlanForked: {**rules, "parent": parent, "at": f"{parent}#2"},
            CompensationBegun: {"steps": ("a",), "then": "pause", "reason": "undo"},
            PlanFailed: {"reason": "error", "error": self.error()},
            PlanCompleted: {"reason": "all_done", "output_of": ("a",)},
        }
        back: dict[type[Event], dict[str, Any]] = {
            PlanRevised: {"trigger": "user", "strategy": "partial"},
            PlanRolledBack: {"to": 1},
            PlanRestored: {"at": f"{plan}#1"},
            PlanRecovered: {"strategy": "resume"},
        }
        if event_type in back:
            return back[event_type] | self.revision(plan, event_type)
        return own.get(event_type, {"reason": "because"})

    def step_fields(self, stream: str, event_type: type[Event]) -> dict[str, Any]:
        if event_type in (StepStarted, StepReset):
            self.attempts[stream] = self.attempts[stream] + 1 if event_type is StepStarted else 0
        fields: dict[type[Event], dict[str, Any]] = {
            StepStarted: {"attempt": self.attempts[stream], "bindings": {"/q": self.choose(3)}},
            StepReset: {"reason": "again"},
            StepRetrying: {"error": self.error(), "delay": timedelta(seconds=1), "due": self.now},
            StepFailed: {"error": self.error()},
            StepSuspended: {"waiting": self.pick(tuple(Waiting))},
            StepSkipped: {"reason": self.pick(tuple(SkipReason)), "detail": "no"},
            StepCompleted: {"output": self.choose(9)},
            StepCancelled: {"reason": "stop"},
            StepAdopted: {"output": 1, "source": self.pick(("p9.a#2", None))},
        }
        return fields[event_type]

    def error(self) -> ErrorRecord:
        kind, code = self.pick(("execution", "timeout")), self.pick(("timeout", "broken"))
        return ErrorRecord(kind=kind, code=code, message="it broke")

    def add(self, stream: str, event_type: type[Event], **fields: Any) -> None:
        self.position += 1
        self.now += timedelta(seconds=self.choose(3))
        self.versions[stream] += 1
        plan = stream.partition(".")[0].partition("!")[0]
        event = event_type(
            originator_id=stream,
            originator_version=self.versions[stream],
            timestamp=self.now,
            cause=self.causes.get(plan, ""),
            **fields,
        )
        self.causes[plan] = event.id
        self.log.batches[-1].append(Stored(self.position, event))

    def pick(self, options: Any) -> Any:
        return options[self.choose(len(options))]
