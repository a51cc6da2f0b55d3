"""Whether the tools and models at hand are all that a plan needs to be carried on.

Without them its steps would fail, and their failures would stay in the record. So it is asked
before a plan is claimed and before anything is stored, on a rehearsal of what would happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from milepost.domain.commands import is_noted
from milepost.domain.errors import EquipmentError
from milepost.domain.events import Event, RequestAnswered, RequestMade
from milepost.domain.ids import StepPath
from milepost.domain.steps import StepStatus
from milepost.domain.values import ContentHash

from .changes import Changes, needs_record
from .core import CompiledPlan, PlanState, Recovered, Requested, decide
from .core.derive import restore
from .models import NoModels
from .needs import Need, interrupted, named, needs, told

if TYPE_CHECKING:
    from .attempt import Workshop
    from .coordinator import Found

_TAKEN_BACK = frozenset({StepStatus.CANCELLED, StepStatus.PENDING})


class Supplies:
    """Compares what plans still need with what is at hand."""

    def __init__(self, shop: Workshop, changes: Changes) -> None:
        self._shop = shop
        self._changes = changes

    def require(self, state: PlanState, *, told_of: str) -> None:
        """Raise `EquipmentError`, naming a plan, if one in this state needs what is not at hand."""
        lacking = self._lacks_any(state.compiled)
        problem = self._problem(told_of, needs(state)) if lacking else None
        if problem is not None:
            raise EquipmentError(problem)

    async def problem(self, found: Found, asked: RequestMade | None = None) -> str | None:
        """Say what a plan would lack if it were carried on here, None if nothing.

        What was asked of it and is not answered happens first, then `asked`, which is not stored
        yet. A refusal of that one is none of this function's business.
        """
        requests = [*_unanswered(found), *([asked] if asked is not None else ())]
        if asked is not None and all(is_noted(one.command) for one in requests):
            return None
        contents = [found.state.compiled, *[await self._content(one) for one in requests]]
        if not any(self._lacks_any(one) for one in contents if one is not None):
            return None
        events = [one.event for one in found.stored]
        state = restore(found.state.id, events, found.state.compiled)
        cut_off = interrupted(state)
        answers = await self._rehearse(state, requests)
        if asked is not None and _is_refused(answers):
            return None
        lost = [one for one in cut_off if state.steps[StepPath(one.step)].status not in _TAKEN_BACK]
        return self._problem(state.id, [*lost, *needs(state)])

    async def _rehearse(self, state: PlanState, requests: Sequence[RequestMade]) -> list[Event]:
        """Take a plan over in thought, then do what is asked; return the last events."""
        now = max(self._shop.world.clock.now(), state.now)
        events: list[Event] = []
        if not state.plan.ended:
            decide(state, Recovered("rehearsal", 1, "", {}), now)
        for request in requests:
            asked = Requested(request)
            if needs_record(request):
                asked = await self._changes.furnish(state, asked)
            events = decide(state, asked, now)
        return events

    async def _content(self, request: RequestMade) -> CompiledPlan | None:
        """Return the content that a plan would have after a request, None if the same."""
        content = request.arguments.get("content") if needs_record(request) else None
        return (
            await self._changes.content(ContentHash(content)) if isinstance(content, str) else None
        )

    def _lacks_any(self, compiled: CompiledPlan) -> bool:
        return any(not self._is_at_hand(one) for one in named(compiled))

    def _problem(self, plan: str, wanted: Iterable[Need]) -> str | None:
        lacking = [one for one in wanted if not self._is_at_hand(one.tool)]
        return told(plan, lacking) if lacking else None

    def _is_at_hand(self, tool: str | None) -> bool:
        if tool is None:
            return not isinstance(self._shop.models, NoModels)
        return tool in self._shop.tools


def _unanswered(found: Found) -> list[RequestMade]:
    handled = found.state.plan.handled_requests
    events = (one.event for one in found.stored)
    return [
        one for one in events if isinstance(one, RequestMade) and one.originator_version > handled
    ]


def _is_refused(answers: Iterable[Event]) -> bool:
    return any(isinstance(one, RequestAnswered) and not one.accepted for one in answers)
