"""One plan folded from its events: what all views of a plan are made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from milepost.domain.aggregates import Step
from milepost.domain.course import content_of, contents_of, revisions_of
from milepost.domain.errors import StoreFormatError, UnknownNameError
from milepost.domain.events import Event, PlanDrafted
from milepost.domain.ids import StepPath, encode_segment, static_path, step_stream
from milepost.domain.nearest import suggestion
from milepost.domain.path_names import meant_path
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions.tree import walk
from milepost.domain.values import ContentHash, Json
from milepost.engine.journal import Stored
from milepost.engine.library import read_content
from milepost.projections.places import Place
from milepost.projections.step_views import StepView
from milepost.projections.story import PlanStory
from milepost.projections.views import AsOf

from .asking import Asking, compute, select
from .kinds import Kinds
from .reads_decoding import APART_IN_STORIES, COLUMNS, WHOLE, decode, read_bodies
from .reads_events import plan_position
from .reads_moments import bound

_EVENTS = f"""SELECT {COLUMNS} FROM plans AS p
  CROSS JOIN history AS h ON h.plan_no = p.plan_no AND h.position <= ?
  CROSS JOIN stored_events AS e ON e.rowid = h.position
  WHERE p.id = ? ORDER BY h.position"""  # noqa: S608 - constants
_STREAM = f"""SELECT {COLUMNS} FROM stored_events AS e
  WHERE e.originator_id = ? AND e.rowid <= ? ORDER BY e.originator_version"""  # noqa: S608
_KEPT_SPECS = 64
_KEPT_BYTES = 64 * 1024 * 1024
_BYTES_OF_AN_EVENT = 2_000
"""What a folded event takes beside its text, about."""

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Recent(Generic[KeyT, ValueT]):
    """Keeps what was used last, up to a sum of sizes; one thing larger than that is not kept."""

    def __init__(self, most: int, size: Callable[[ValueT], int]) -> None:
        self._most = most
        self._size = size
        self._held = 0
        self._kept: OrderedDict[KeyT, ValueT] = OrderedDict()

    def find(self, key: KeyT) -> ValueT | None:
        """Return what is kept under a key."""
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def keep(self, key: KeyT, value: ValueT) -> None:
        """Keep a value, and let go of what was not used for longest."""
        if key not in self._kept:
            self._kept[key] = value
            self._held += self._size(value)
        while self._held > self._most:
            _key, oldest = self._kept.popitem(last=False)
            self._held -= self._size(oldest)


@dataclass(frozen=True, slots=True)
class Told:
    """A plan's story, the position it was asked for, and the events with values left apart."""

    story: PlanStory
    until: int
    apart: frozenset[str]
    size: int
    """Bytes that keeping it takes, about."""


class Stories:
    """Folds plans, and keeps the last ones for questions about the same moment."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._specs: Recent[ContentHash, PlanSpec] = Recent(_KEPT_SPECS, lambda _spec: 1)
        self._stories: Recent[tuple[str, int], Told] = Recent(_KEPT_BYTES, lambda told: told.size)

    def tell(self, plan: str, as_of: AsOf) -> Asking[Told]:
        """Return a plan as of a moment; raise `UnknownNameError` if it was not there."""
        until = yield from plan_position(plan, (yield from bound(as_of)))
        told = self._stories.find((plan, until))
        if told is None:
            told = yield from self._told(plan, until)
            self._stories.keep((plan, until), told)
        return told

    def step(self, told: Told, path: str) -> Asking[Step | None]:
        """Return a step's aggregate with all its values whole; None if it never moved."""
        story = told.story
        stream = step_stream(story.plan.id, path)
        known = story.step(StepPath(path))
        if known is None or not any(event.rpartition("#")[0] == stream for event in told.apart):
            return known
        rows = yield from select(_STREAM, stream, told.until)
        decoded = yield from decode(self._kinds, rows, apart=WHOLE)
        return Step.folded(stream, [stored.event for stored in decoded.events])

    def outputs(self, told: Told) -> Asking[dict[str, Json]]:
        """Return the outputs, whole, that a plan's final output is made of."""
        found: dict[str, Json] = {}
        for path in told.story.plan.output_of:
            step = yield from self.step(told, path)
            found[path] = step.output if step else None
        return found

    def _told(self, plan: str, until: int) -> Asking[Told]:
        rows = yield from select(_EVENTS, until, plan)
        decoded = yield from decode(self._kinds, rows, apart=APART_IN_STORIES)
        draft = decoded.events[0].event if decoded.events else None
        if not isinstance(draft, PlanDrafted):
            raise StoreFormatError(f"plan {plan}: its history has no beginning; run `check`")
        own = [event for _position, event in decoded.events if event.originator_id == plan]
        spec = yield from self.spec(content_of(own))
        story = yield from compute(
            partial(_fold, decoded.events, spec), size=len(rows) + len(spec.steps)
        )
        for content in reversed(contents_of(own)):
            if not story.lost:
                break
            story.look_in((yield from self.spec(content)))
        story.added.update((yield from self._added(spec, own)))
        size = sum(len(row[4]) + _BYTES_OF_AN_EVENT for row in rows)
        return Told(story, until, decoded.apart, size)

    def _added(self, spec: PlanSpec, own: list[Event]) -> Asking[dict[StepPath, datetime]]:
        """Return when revisions added steps of the content, or last brought them back."""
        revisions = revisions_of(own)
        if len(revisions) == 1:
            return {}
        found: dict[StepPath, datetime] = {}
        written = _written(spec)
        missing = set(written)
        for record in revisions:
            missing |= written & {StepPath(static_path(path)) for path in record.removed}
            if missing:
                there = missing & _written((yield from self.spec(record.content)))
                missing -= there
                if record.parent is not None:
                    found |= dict.fromkeys(there, record.at)
        return found

    def spec(self, content: ContentHash) -> Asking[PlanSpec]:
        """Return a content as it is written."""
        spec = self._specs.find(content)
        if spec is None:
            body = (yield from read_bodies([content]))[content]
            spec = yield from compute(partial(read_content, body), size=len(body) // 100)
            self._specs.keep(content, spec)
        return spec


def place_of(story: PlanStory, path: str) -> Place:
    """Return a step by its path, or by its id at the top; raise `UnknownNameError` for others."""
    by_path = {place.path: place for place in story.places}
    place = by_path.get(_meant(path, by_path))
    if place is None:
        if _meant(path, story.steps) in story.steps:
            raise UnknownNameError(
                f"plan {story.plan.id} has no step {path!r} any more; `history` has what it did"
            )
        mend = suggestion(path, by_path, kind="steps")
        raise UnknownNameError(f"plan {story.plan.id} has no step {path!r}; {mend}")
    return place


def path_of_any(story: PlanStory, path: str) -> StepPath:
    """Return the path of a step that a plan has, or that did something before it was removed.

    Raises `UnknownNameError` for others.
    """
    known = {place.path for place in story.places} | story.steps.keys()
    found = _meant(path, known)
    return found if found in known else place_of(story, path).path


def whole(view: StepView, step: Step | None) -> StepView:
    """Return a step's view with the values of an aggregate that has them whole."""
    if step is None:
        return view
    return replace(view, output=step.output, bindings=step.bindings)


def _meant(path: str, known: Collection[StepPath]) -> StepPath:
    """Return the known path that is meant: as it is, by an id as it is written, or shortened."""
    as_id = StepPath(encode_segment(path))
    if path not in known and as_id in known:
        return as_id
    return StepPath(meant_path(path, known))


def _written(spec: PlanSpec) -> set[StepPath]:
    return {StepPath(static_path(path)) for path, _step in walk(spec.steps)}


def _fold(events: list[Stored], spec: PlanSpec) -> PlanStory:
    """Fold, and derive what every view needs, in whatever thread this runs."""
    story = PlanStory(events, spec)
    _ = story.statuses
    return story
