"""Recorded plans, folded from their logs, with every content that they had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from milepost.adapters.store.kinds import Kinds
from milepost.adapters.store.log_lines import read_log
from milepost.adapters.store.memory import MemoryStore
from milepost.domain.course import content_of, contents_of, revisions_of
from milepost.domain.events import Event
from milepost.domain.plans import PlanSpec
from milepost.domain.replanning import RevisionTrigger
from milepost.domain.values import ContentHash
from milepost.engine.journal import Stored
from milepost.engine.library import read_content
from milepost.facade import Milepost
from milepost.projections.reader import Reader
from milepost.projections.story import PlanStory


@dataclass(frozen=True, slots=True)
class PastPlan:
    """A plan as its log tells it; `revisions` are its contents, by their numbers."""

    story: PlanStory
    revisions: Mapping[int, PlanSpec]
    given: PlanSpec
    """The content that people gave it last: what its planner made of that, it makes again."""

    @classmethod
    def of(cls, stored: Sequence[Stored], body: Callable[[ContentHash], bytes]) -> PastPlan:
        """Fold a plan's events; `body` returns what is stored of a content."""
        events = [one.event for one in stored]
        contents = {content: read_content(body(content)) for content in contents_of(events)}
        story = PlanStory(stored, contents[content_of(events)])
        for earlier in reversed(contents.values()):
            story.look_in(earlier)
        records = revisions_of(events)
        given = [one for one in records if one.trigger in (None, RevisionTrigger.USER)]
        revisions = {one.number: contents[one.content] for one in records}
        return cls(story, revisions, revisions[given[-1].number])

    @property
    def events(self) -> list[Event]:
        """Its events, in the order in which they were stored."""
        return [recorded.event for recorded in self.story.events]


async def past_plan(source: Milepost | Reader, plan: str) -> PastPlan:
    """Return a plan folded from its log, values whole; raise `UnknownNameError` without one."""
    lines = [line async for line in (await reader_of(source)).export(plan)]
    log = read_log(lines, name=f"plan {plan}", kinds=Kinds())
    stored = [Stored(number, event) for number, event in enumerate(log.events, 1)]
    return PastPlan.of(stored, log.contents.__getitem__)


def plan_in(store: MemoryStore, plan: str) -> PastPlan:
    """Return a plan of a store in memory, folded from its log."""
    stored = [store.stored(position) for position in store.positions[plan]]
    return PastPlan.of(stored, store.body)


async def reader_of(source: Milepost | Reader) -> Reader:
    """Return the queries of an opened store."""
    return await source.reader() if isinstance(source, Milepost) else source
