"""What a plan did since it last began anew, as far as it shows that it goes round in circles.

It is folded from the plan's events alone, so it is the same after a crash and in replay. Each
event costs a constant amount of work.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from milepost.domain.events import (
    ContextChanged,
    Event,
    StepAdopted,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReset,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSuspended,
)
from milepost.domain.ids import child_path, path_of, static_path
from milepost.domain.replanning import LONGEST_PATTERN, LoopPolicy
from milepost.domain.steps import StepKind
from milepost.domain.values import Json, canonical_bytes

if TYPE_CHECKING:
    from .compiled import CompiledPlan, Node

MOST_EVIDENCE = 20
_INDEX = re.compile(r"\[\d+\]")
_STATUS: dict[type[Event], str] = {
    StepStarted: "running",
    StepCompleted: "completed",
    StepAdopted: "completed",
    StepFailed: "failed",
    StepRetrying: "retrying",
    StepSuspended: "suspended",
    StepSkipped: "skipped",
    StepCancelled: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A circle: the fields of `LoopDetected`."""

    found: Literal["repetition", "pattern", "state", "spend"]
    count: int
    allowed: int
    steps: tuple[str, ...]
    evidence: tuple[str, ...]


class LoopWatch:
    """What is looked for in plans of one content, and which of their steps count."""

    def __init__(self, compiled: CompiledPlan, policy: LoopPolicy) -> None:
        self.policy = policy
        self.longest = min(LONGEST_PATTERN, policy.window // (policy.pattern_repeats or 2))
        """Steps in the longest sequence that is looked for."""
        paths = {node.number: _written_path(node) for node in compiled.nodes}
        self._works = frozenset(paths[node.number] for node in compiled.nodes if node.works)
        self._over_items = frozenset(
            paths[node.number]
            for node in compiled.nodes
            if node.kind is StepKind.LOOP and (node.for_each or node.spec.for_each is not None)
        )

    def works(self, path: str) -> bool:
        """Tell whether the step at a path calls a tool or a model."""
        return static_path(path) in self._works

    def place(self, path: str) -> str:
        """Return what a step is in all its iterations, but for those over items: each is new."""
        if "[" not in path:
            return path
        if not self._over_items:
            return static_path(path)
        return _INDEX.sub(
            lambda one: one[0] if static_path(path[: one.start()]) in self._over_items else "", path
        )


def watch_of(compiled: CompiledPlan) -> LoopWatch | None:
    """Return what to look for by a plan's settings, None if that is nothing."""
    policy = compiled.settings.loops
    return LoopWatch(compiled, policy) if policy is not None else None


class _Calls:
    """The starts of one step with one input."""

    __slots__ = ("count", "events")

    def __init__(self) -> None:
        self.count = 0
        self.events: deque[str] = deque(maxlen=MOST_EVIDENCE)


class LoopMemory:
    """The starts, the states and the spend of a plan since it last began anew."""

    def __init__(self) -> None:
        self.content = ""
        self.renew()

    def renew(self, content: str | None = None) -> None:
        """Forget all; what follows belongs to that content, to the same if None."""
        self.content = self.content if content is None else content
        self.found: Finding | None = None
        """A circle that the newest end closed."""
        self._calls: dict[tuple[str, bytes], _Calls] = {}
        self._starts: list[tuple[str, str]] = []
        """Place and event of the newest starts."""
        self._alike: list[int] = []
        """By length: how many of the newest starts are what was started so many before."""
        self._parts: dict[str, int] = {}
        self._state = 0
        self._outputs: dict[str, bytes] = {}
        self._seen: OrderedDict[tuple[int, str], list[str | int]] = OrderedDict()
        self._spent = 0
        self._spenders: deque[tuple[str, str]] = deque(maxlen=MOST_EVIDENCE)

    def turn(self, content: str) -> None:
        """Forget all if the plan has another content from here on."""
        if content != self.content:
            self.renew(content)

    def note(self, watch: LoopWatch, event: Event) -> None:
        """Take account of an event of the plan or of one of its steps."""
        path = path_of(event.originator_id)
        if path is not None:
            self._note_step(watch, event, watch.place(path), works=watch.works(path))
        elif isinstance(event, ContextChanged):
            for name, value in event.changes.items():
                self._set_part(f"context {name}", _digest(value))

    def at_start(self, watch: LoopWatch, path: str, bindings: dict[str, Json]) -> Finding | None:
        """Return the circle that a step's start would close or go on with."""
        policy = watch.policy
        calls = self._calls.get((static_path(path), _digest(bindings)))
        if policy.max_repeats is not None and calls and calls.count >= policy.max_repeats:
            return Finding(
                found="repetition",
                count=calls.count + 1,
                allowed=policy.max_repeats,
                steps=(path,),
                evidence=tuple(calls.events),
            )
        if policy.pattern_repeats is not None:
            return self._pattern(watch.place(path), policy.pattern_repeats)
        return None

    def _pattern(self, place: str, repeats: int) -> Finding | None:
        """Return the sequence that has repeated so often and that the place would begin again."""
        starts = self._starts
        for length, alike in enumerate(self._alike[1:], 2):
            if alike < length * (repeats - 1) or starts[-length][0] != place:
                continue
            steps = tuple(one for one, _event in starts[-length:])
            if len(set(steps)) > 1:
                shown = starts[-min(length * repeats, MOST_EVIDENCE) :]
                evidence = tuple(event for _one, event in shown)
                return Finding("pattern", 1 + alike // length, repeats, steps, evidence)
        return None

    def _note_step(self, watch: LoopWatch, event: Event, place: str, *, works: bool) -> None:
        if isinstance(event, StepReset):
            self._outputs.pop(place, None)
            self._set_part(place, None)
            return
        if isinstance(event, StepCompleted | StepAdopted):
            self._outputs[place] = _digest(event.output)
        output = self._outputs.get(place, b"")
        code = event.error.code if isinstance(event, StepFailed | StepRetrying) else ""
        self._set_part(place, b"%b %b %b" % (_STATUS[type(event)].encode(), code.encode(), output))
        if not works:
            return
        if isinstance(event, StepStarted):
            if event.attempt == 1:
                self._note_start(watch, event, place)
        elif isinstance(event, StepCompleted | StepFailed | StepRetrying):
            self._note_end(watch.policy, event, place)

    def _note_start(self, watch: LoopWatch, event: StepStarted, place: str) -> None:
        key = (static_path(path_of(event.originator_id) or ""), _digest(event.bindings))
        calls = self._calls.setdefault(key, _Calls())
        calls.count += 1
        calls.events.append(event.id)
        starts = self._starts
        if len(self._alike) < watch.longest:
            self._alike = [0] * watch.longest
        for length in range(1, watch.longest + 1):
            same = len(starts) >= length and starts[-length][0] == place
            self._alike[length - 1] = self._alike[length - 1] + 1 if same else 0
        starts.append((place, event.id))
        if len(starts) > 2 * watch.policy.window:
            del starts[: watch.policy.window]

    def _note_end(
        self, policy: LoopPolicy, event: StepCompleted | StepFailed | StepRetrying, place: str
    ) -> None:
        usage = event.usage
        tokens = usage.input_tokens + usage.output_tokens if usage is not None else 0
        if not isinstance(event, StepRetrying) and self._is_new(policy, event, place):
            self._spent = 0
            self._spenders.clear()
            return
        self._spent += tokens or 1
        self._spenders.append((place, event.id))
        most = policy.max_spend_without_progress
        if most is not None and self._spent > most and self.found is None:
            steps = tuple(dict.fromkeys(one for one, _event in self._spenders))
            evidence = tuple(event for _one, event in self._spenders)
            self.found = Finding("spend", self._spent, most, steps, evidence)

    def _is_new(self, policy: LoopPolicy, event: StepCompleted | StepFailed, place: str) -> bool:
        """Tell whether the plan was never in the state that it is in now."""
        key = (self._state, place)
        seen = self._seen.get(key)
        if seen is None:
            self._seen[key] = [event.id, 0]
            if len(self._seen) > policy.window:
                self._seen.popitem(last=False)
            return True
        first, returns = str(seen[0]), int(seen[1]) + 1
        seen[1] = returns
        most = policy.state_repeats
        if most is not None and returns > most and self.found is None:
            self.found = Finding("state", returns, most, (place,), (first, event.id))
        return False

    def _set_part(self, name: str, value: bytes | None) -> None:
        """Have a part of the state be another; the state is the sum of all of them."""
        self._state ^= self._parts.pop(name, 0)
        if value is not None:
            told = blake2b(name.encode() + b"\0" + value, digest_size=16).digest()
            self._parts[name] = part = int.from_bytes(told)
            self._state ^= part


def _digest(value: Json) -> bytes:
    return blake2b(canonical_bytes(value), digest_size=16).digest()


def _written_path(node: Node) -> str:
    owner = node.group.owner
    return child_path(_written_path(owner) if owner is not None else "", node.spec.id)
