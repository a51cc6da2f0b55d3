"""Changes of a plan's course: what deciding about them needs, and a rehearsal before they are made.

A rehearsal decides a request on a copy of the plan's state. So what cannot be done is refused
with nothing stored, and what a change would take back is known beforehand.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from milepost.domain.commands import COMMANDS, Effects, Reshaping, Revise, parse
from milepost.domain.errors import ValidationError
from milepost.domain.events import Event, RequestAnswered, RequestMade, StepReset
from milepost.domain.ids import PlanId, StepPath, path_of
from milepost.domain.plans import PlanSpec
from milepost.domain.values import ContentHash

from .core import CompiledPlan, PlanState, Requested, decide
from .core.derive import derive, restore
from .core.survey import is_undone
from .journal import Journal, Stored
from .library import Library, Prepared, read_content
from .records import Records
from .tooling import Effect, Tools

if TYPE_CHECKING:
    from milepost.domain.commands import Command

_NEED_RECORD = frozenset(
    name for name, command in COMMANDS.items() if issubclass(command, Reshaping | Revise)
)
_NAMED = 5


def needs_record(request: RequestMade) -> bool:
    """Tell whether a request is decided with another content and the record so far."""
    return request.command in _NEED_RECORD


class Changes:
    """Reads what changes of a plan's course need, and rehearses them."""

    def __init__(self, journal: Journal, records: Records, library: Library, tools: Tools) -> None:
        self._journal = journal
        self._records = records
        self._library = library
        self._tools = tools

    async def prepared(self, content: ContentHash) -> Prepared:
        """Return stored content made ready; raise `UnknownNameError` if there is none."""
        known = self._library.find(content)
        return known or self._library.restore(content, await self._journal.content(content))

    async def spec(self, content: ContentHash) -> PlanSpec:
        """Return stored content as it is written; raise `UnknownNameError` if there is none."""
        known = self._library.find(content)
        return known.spec if known else read_content(await self._journal.content(content))

    def compiled(self, spec: PlanSpec) -> CompiledPlan:
        """Return a plan's content compiled; raise `ValidationError` for what cannot be."""
        return self._library.compile(spec)

    async def content(self, content: ContentHash) -> CompiledPlan:
        """Return stored content compiled; raise `UnknownNameError` if there is none."""
        return (await self.prepared(content)).compiled

    async def furnish(self, state: PlanState, asked: Requested) -> Requested:
        """Add what the owner needs to decide; nothing of the plan may be unsaved."""
        try:
            command = parse(asked.request.command, asked.request.arguments)
        except ValidationError as error:
            return asked._replace(problem=str(error))
        stored = await self._records.of(PlanId(state.id))
        full = await self._with_record(command, asked, stored)
        if asked.problem is None and _minds_effects(command) and _is_news(command, full.history):
            copy = restore(state.id, full.history, state.compiled)
            return full._replace(problem=self.rehearse(copy, command, full, state.now))
        return full

    async def _with_record(
        self, command: Command, asked: Requested, stored: Sequence[Stored]
    ) -> Requested:
        history = [one.event for one in stored if not isinstance(one.event, RequestMade)]
        if not isinstance(command, Reshaping | Revise):
            return asked
        return asked._replace(compiled=await self.content(command.content), history=history)

    async def try_out(
        self, state: PlanState, request: RequestMade, stored: Sequence[Stored], now: datetime
    ) -> str | None:
        """Return why a request that is not stored yet would be refused, None if it would not.

        `state` is a copy that is of no use afterwards.
        """
        command = parse(request.command, request.arguments)
        asked = await self._with_record(command, Requested(request), stored)
        return self.rehearse(state, command, asked, now)

    async def effects_taken_back(
        self, state: PlanState, request: RequestMade, stored: Sequence[Stored], now: datetime
    ) -> list[StepPath]:
        """Return the finished steps with effects that a request would take back.

        `state` is a copy that is of no use afterwards.
        """
        command = parse(request.command, request.arguments)
        asked = await self._with_record(command, Requested(request), stored)
        effects = self._effects(state)
        return _taken(decide(state, asked, now), effects)

    def rehearse(
        self, state: PlanState, command: Command, asked: Requested, now: datetime
    ) -> str | None:
        """Decide a request on a copy; return why it must not be stored, if so."""
        effects = self._effects(state) if _minds_effects(command) else ()
        events = decide(state, asked, now)
        for event in events:
            if isinstance(event, RequestAnswered) and not event.accepted:
                return event.why
        hurt = _taken(events, effects)
        return _effects_problem(hurt) if hurt else None

    def _effects(self, state: PlanState) -> frozenset[StepPath]:
        """Return the finished steps that may have changed the world and are not undone."""
        derive(state, whole=True)
        found = set()
        for path in state.finished:
            instance = state.instances.get(path)
            tool = instance.node.spec.tool if instance is not None else None
            if tool is not None and self.may_write(tool) and not is_undone(state, path):
                found.add(path)
        derive(state)
        return frozenset(found)

    def may_write(self, tool: str) -> bool:
        """Tell whether a tool may change the world; one that is not known may."""
        return tool not in self._tools or self._tools.get(tool).effect is not Effect.READ


def _is_news(command: Command, history: Sequence[Event]) -> bool:
    """Tell whether something happened to the plan since a command was tried out."""
    return isinstance(command, Reshaping) and history[-1].id != command.seen


def _minds_effects(command: Command) -> bool:
    return isinstance(command, Reshaping) and command.effects is Effects.REFUSE


def _taken(events: Sequence[Event], among: Collection[StepPath]) -> list[StepPath]:
    paths = (path_of(event.originator_id) for event in events if isinstance(event, StepReset))
    return [path for path in paths if path is not None and path in among]


def _effects_problem(paths: Sequence[str]) -> str:
    named = ", ".join(paths[:_NAMED]) + (" and more" if len(paths) > _NAMED else "")
    return (
        f"it would take back finished steps that may have changed the world: {named}; "
        "undo them first (compensate), or accept that they may be done again"
    )
