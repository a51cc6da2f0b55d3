"""What is asked of plans, handed to the actors that carry them out in this process."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio

from milepost.domain.errors import StoreError
from milepost.domain.events import RequestMade
from milepost.domain.ids import PlanId

from .actor import PlanActor
from .journal import Journal, Stored
from .reception import Reception

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0
"""Seconds before the store is asked again after it could not be read."""


class Deliveries:
    """Looks out for requests; `actor_of` gives a plan's actor, None if it has none here."""

    def __init__(
        self, journal: Journal, reception: Reception, actor_of: Callable[[PlanId], PlanActor | None]
    ) -> None:
        self._journal = journal
        self._reception = reception
        self._actor_of = actor_of
        self._gathered: defaultdict[PlanId, list[list[RequestMade]]] = defaultdict(list)

    @contextmanager
    def gathering(self, plan: PlanId) -> Iterator[list[RequestMade]]:
        """Keep the requests that come while a plan's actor is not there yet."""
        gathered: list[RequestMade] = []
        self._gathered[plan].append(gathered)
        try:
            yield gathered
        finally:
            self._gathered[plan].remove(gathered)
            if not self._gathered[plan]:
                del self._gathered[plan]

    async def deliver(self, after: int) -> None:
        """Hand out all requests after a position, for ever; a store that fails is asked again."""
        while True:
            try:
                requests = await self._journal.next_requests(after)
            except StoreError as error:
                _LOG.warning("requests cannot be read, trying again: %s", error)
                await anyio.sleep(_PAUSE)
                continue
            for one in requests:
                after = one.position
                self._hand_out(one)

    def _hand_out(self, one: Stored) -> None:
        request = one.event
        if not isinstance(request, RequestMade):
            return
        plan = PlanId(request.originator_id.partition("!")[0])
        actor = self._actor_of(plan)
        if actor is not None:
            actor.put(self._reception.received(actor.state, request))
        for gathered in self._gathered.get(plan, ()):
            gathered.append(request)
