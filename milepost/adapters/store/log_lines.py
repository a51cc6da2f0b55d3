"""Reading a plan's log from JSON Lines: every line is checked before anything is stored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError as PydanticValidationError

from milepost.domain.errors import MilepostError, ValidationError
from milepost.domain.events import ENVELOPE, CheckpointTaken, Event, PlanDrafted
from milepost.domain.ids import PlanId, path_of, plan_of
from milepost.domain.plans import PlanSpec
from milepost.domain.values import ContentHash, canonical_bytes, hash_of
from milepost.engine.journal import Stored
from milepost.projections.checks import PlanFold

from .export_log import FORMAT, VERSION, event_line
from .kinds import Kinds
from .named_contents import contents_named
from .step_places import StepPlaces

_PLAN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEADER = {"format", "version", "plan", "events", "contents", "snapshots"}
_FIELDS = {
    *("id", "kind", "time", "plan", "step", "revision", "actor", "cause", "trace", "impact"),
    "data",
}


@dataclass(frozen=True, slots=True)
class PlanLog:
    """A plan's log that is fit to be stored."""

    plan: PlanId
    contents: dict[ContentHash, bytes]
    events: list[Event]


def read_log(lines: Iterable[bytes], *, name: str, kinds: Kinds) -> PlanLog:
    """Return the log in the lines of a file called `name`.

    Raises `ValidationError` that begins with `name:line` for the first line that is not right.
    """
    numbered = enumerate(lines, 1)
    _number, first = next(numbered, (1, b""))
    with _at(f"{name}:1"):
        reading = _Reading(_header(first), kinds)
    number = 1
    for number, line in numbered:
        with _at(f"{name}:{number}"):
            reading.add(_object(line, _FIELDS), line)
    with _at(f"{name}:1"):
        reading.check_header()
    with _at(f"{name}:{number}"):
        return reading.log()


class _Reading:
    """Checks one event after another against those before."""

    def __init__(self, header: dict[str, Any], kinds: Kinds) -> None:
        self._kinds = kinds
        self._plan = PlanId(header["plan"])
        self._number = header["events"]
        self._snapshots = _bodies(header["snapshots"])
        self._contents = _bodies(header["contents"])
        self._places = _places(self._contents.values())
        self._named: set[ContentHash] = set()
        self._events: list[Event] = []
        self._versions: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._fold = PlanFold(self._plan)
        self._trace: str | None = None

    def add(self, fields: dict[str, Any], line: bytes) -> None:
        """Check the next event; raise for what cannot come next."""
        event = self._event(fields)
        if not self._events:
            self._begin(event)
        self._check_place(event)
        self._check_names(event)
        self._fold.add(Stored(len(self._events) + 1, event))
        self._check_same(event, fields, line)
        self._events.append(event)
        self._versions[event.originator_id] += 1
        self._ids.add(event.id)

    def check_header(self) -> None:
        """Refuse a header that holds more than the events name."""
        for content in (*self._contents, *self._snapshots):
            if content not in self._named:
                raise _wrong(f"no event names {content}")

    def log(self) -> PlanLog:
        """Return all that was read; raise if some of it is missing."""
        if len(self._events) != self._number:
            raise _wrong(f"{self._number} events were announced, {len(self._events)} are here")
        return PlanLog(self._plan, self._contents | self._snapshots, self._events)

    def _event(self, fields: dict[str, Any]) -> Event:
        data = fields["data"]
        if not isinstance(data, dict) or data.keys() & ENVELOPE:
            raise _wrong("`data` must be an object with the event's own fields only")
        stream, _mark, version = str(fields["id"]).rpartition("#")
        if not version.isdecimal():
            raise _wrong(f"{fields['id']!r} is no event id")
        whole = data | {
            "originator_id": stream,
            "originator_version": int(version),
            "timestamp": fields["time"],
            "cause": fields["cause"],
            "actor": fields["actor"],
            "revision": fields["revision"],
        }
        return self._kinds.read(str(fields["kind"]), orjson.dumps(whole), str(fields["id"]))

    def _begin(self, event: Event) -> None:
        if not isinstance(event, PlanDrafted) or event.originator_id != self._plan:
            raise _wrong(f"the first event must draft plan {self._plan}")
        self._trace = event.trace

    def _check_names(self, event: Event) -> None:
        held = self._snapshots if isinstance(event, CheckpointTaken) else self._contents
        for content in contents_named(event):
            self._named.add(content)
            if content not in held:
                raise _wrong(f"the header must hold the content {content}")

    def _check_place(self, event: Event) -> None:
        expected = self._versions[event.originator_id] + 1
        if event.originator_version != expected:
            raise _wrong(f"event {event.id} should be number {expected} of its stream")
        if plan_of(event.originator_id) != self._plan:
            raise _wrong(f"event {event.id} is not of plan {self._plan}")
        path = path_of(event.originator_id)
        if path is not None and path not in self._places:
            raise _wrong(f"no content of the plan has a step at {path!r}")
        if self._events and event.cause not in self._ids:
            raise _wrong(f"the cause {event.cause!r} does not come before the event")
        if self._events and event.timestamp < self._events[-1].timestamp:
            raise _wrong("the event is older than the one before it")
        if event.decided_at is not None and event.decided_at >= event.timestamp:
            raise _wrong("`decided_at` must be before `time`")

    def _check_same(self, event: Event, fields: dict[str, Any], line: bytes) -> None:
        """Refuse a line that says more or other than its event; older kinds may differ."""
        if fields["kind"] != event.kind:
            return
        written = event_line(Stored(0, event), self._trace)
        if written.rstrip() != line.rstrip():
            shown = orjson.loads(written)
            wrong = [name for name in fields if fields[name] != shown[name]]
            if wrong:
                raise _wrong(f"{', '.join(wrong)}: not what the event itself says")


def _header(line: bytes) -> dict[str, Any]:
    fields = _object(line, _HEADER)
    if fields["format"] != FORMAT:
        raise _wrong(f"the format is {fields['format']!r}, not {FORMAT!r}")
    if fields["version"] != VERSION:
        raise _wrong(f"version {fields['version']!r} of the format is not known, {VERSION} is")
    if not isinstance(fields["plan"], str) or not _PLAN.fullmatch(fields["plan"]):
        raise _wrong(f"{fields['plan']!r} is no plan id")
    for name in ("contents", "snapshots"):
        if not isinstance(fields[name], dict):
            raise _wrong(f"`{name}` must be an object")
    return fields


def _bodies(given: dict[str, Any]) -> dict[ContentHash, bytes]:
    bodies: dict[ContentHash, bytes] = {}
    for name, content in given.items():
        body = canonical_bytes(content)
        if hash_of(body) != name:
            raise _wrong(f"the content {name} was changed: its hash is {hash_of(body)}")
        bodies[ContentHash(name)] = body
    return bodies


def _places(bodies: Iterable[bytes]) -> StepPlaces:
    """Return where the contents have steps; raise for a content that could not be carried out."""
    places = StepPlaces()
    for body in bodies:
        content = PlanSpec.model_validate_json(body)
        content.validate_execution_order()
        places.add(content)
    return places


def _object(line: bytes, names: set[str]) -> dict[str, Any]:
    fields = orjson.loads(line)
    if not isinstance(fields, dict) or fields.keys() != names:
        raise _wrong(f"an object with exactly these fields is needed: {', '.join(sorted(names))}")
    return fields


def _wrong(problem: str) -> ValidationError:
    return ValidationError(problem, mend="export the plan again from the store that has it")


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Say in which line a problem lies."""
    try:
        yield
    except orjson.JSONDecodeError as error:
        raise ValidationError(f"the line is not JSON ({error})", where=where) from error
    except PydanticValidationError as error:
        first = error.errors()[0]
        raise ValidationError(f"the content is no plan ({first['msg']})", where=where) from error
    except ValidationError as error:
        raise ValidationError(error.problem, where=where, mend=error.mend) from error
    except (MilepostError, ValueError) as error:
        raise ValidationError(str(error), where=where) from error
