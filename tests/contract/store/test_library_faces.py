"""The library's faces on a store: repository, notification log, subscriptions, upcasting."""

from collections.abc import Iterator
from threading import Timer
from typing import ClassVar

import anyio
import pytest
from anyio import to_thread
from eventsourcing.persistence import Notification

from milepost.adapters.store.event_log import EventLog
from milepost.adapters.store.journal import open_journal
from milepost.adapters.store.kinds import Fields, Kinds, Upcast
from milepost.adapters.store.limits import StoreLimits
from milepost.domain.aggregates import PlanStream, Step
from milepost.domain.errors import StoreError, StoreFormatError
from milepost.domain.events import EVENT_TYPES, Event, RequestMade
from milepost.domain.steps import StepStatus
from milepost.engine.journal import Save

from .conftest import StoreUnderTest
from .saves import completed, draft, plan, request, started, step

pytestmark = pytest.mark.anyio


class RequestMadeThirdVersion(Event):
    """A request as a later version might write it, with its words renamed twice."""

    kind: ClassVar[str] = "request.made.v3"

    wish: str
    grounds: str = ""

    def apply(self, aggregate: object) -> None:
        """Change nothing."""


def _second(fields: Fields) -> Fields:
    fields["wish"] = fields.pop("command")
    return fields


def _third(fields: Fields) -> Fields:
    fields["grounds"] = fields.pop("why", "")
    return fields


LATER = Kinds(
    {kind: each for kind, each in EVENT_TYPES.items() if each is not RequestMade}
    | {"request.made.v3": RequestMadeThirdVersion},
    {
        "request.made.v1": Upcast("request.made.v2", _second),
        "request.made.v2": Upcast("request.made.v3", _third),
    },
)


async def test_a_repository_folds_streams_whole_and_up_to_a_version(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        await journal.append(step(plan(), "a", output=3))
        with journal.event_log() as log:
            whole = log.stream(Step, f"{plan()}.a")
            before = log.stream(Step, f"{plan()}.a", version=1)
            shell = log.stream(PlanStream, plan(7))
    assert (whole.status, whole.output, whole.version) == (StepStatus.COMPLETED, 3, 2)
    assert (before.status, before.version) == (StepStatus.RUNNING, 1)
    assert shell.version == 0


async def test_the_notification_log_lists_everything_in_order(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        for number in range(10):
            await journal.append(step(plan(), f"s{number}"))
        with journal.event_log() as log:
            section = log.notification_log["1,10"]
            rest = log.notification_log.select(11, 100)
            events = [log.mapper.to_domain_event(item) for item in [*section.items, *rest]]
    assert [item.id for item in [*section.items, *rest]] == list(range(1, 23))
    assert events[2] == started(plan(), "s0")


async def test_the_log_is_not_written_past_the_journal(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        with journal.event_log() as log, pytest.raises(StoreError, match="only reads"):
            log.save(started(plan(), "a"))


async def test_a_subscription_gives_every_event_at_least_once_in_order(
    store: StoreUnderTest,
) -> None:
    async with store.open() as journal, store.open() as other:
        await journal.append(draft(plan()))
        with journal.event_log() as log:
            seen: list[int] = []

            async def watch() -> None:
                seen.extend(await to_thread.run_sync(_positions, log, 42))

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(watch)
                for number in range(10):
                    await journal.append(step(plan(), f"s{number}"))
                for number in range(10):
                    await other.append(draft(plan(number + 2)))
    assert seen == list(range(1, 43))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_older_kinds_are_upcast_on_every_path(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        await journal.append(draft(plan()))
        await journal.append(request(plan()))
        path = journal.path  # type: ignore[attr-defined]
    async with open_journal(path, kinds=LATER, limits=StoreLimits()) as journal:
        with journal.event_log() as log:
            stream = f"{plan()}!requests"
            read = [
                (await journal.plan_events(plan()))[-1].event,
                (await journal.next_requests(0))[0].event,
                next(iter(log.events.get(stream))),
                log.mapper.to_domain_event(log.notification_log.select(3, 1)[0]),
            ]
    for event in read:
        assert isinstance(event, RequestMadeThirdVersion)
        assert (event.wish, event.grounds, event.actor) == ("pause", "lunch", "ann")


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_a_newer_kind_is_refused_on_every_path_of_its_own_plan(store: StoreUnderTest) -> None:
    async with store.open() as journal:
        path = journal.path  # type: ignore[attr-defined]
    newer = RequestMadeThirdVersion(
        originator_id=f"{plan()}!requests",
        originator_version=1,
        timestamp=draft(plan()).events[0].timestamp,
        wish="more",
    )
    async with open_journal(path, kinds=LATER) as journal:
        await journal.append(draft(plan()))
        await journal.append(Save(plan(), [newer]))
        await journal.append(draft(plan(2)))
        await journal.append(request(plan(2)))
    async with store.open() as journal:
        with journal.event_log() as log:
            with pytest.raises(StoreFormatError, match="newer"):
                await journal.plan_events(plan())
            [of_another] = await journal.next_requests(0)
            assert of_another.event.originator_id == f"{plan(2)}!requests"
            with pytest.raises(StoreFormatError, match="newer"):
                next(iter(log.events.get(newer.originator_id)))


async def test_fields_that_do_not_fit_their_kind_are_called_damaged(store: StoreUnderTest) -> None:
    crooked = completed(plan(), "a").model_copy(update={"duration": "long"})
    async with store.open() as journal:
        await journal.append(draft(plan()))
        with pytest.warns(UserWarning, match="duration"):
            await journal.append(Save(plan(), [started(plan(), "a"), crooked], fence=1))
        with pytest.raises(StoreFormatError, match=f"{plan()}.a#2.*damaged"):
            await journal.plan_events(plan())


def _positions(log: EventLog, number: int) -> list[int]:
    """Return so many positions from a subscription, or fewer if it takes ten seconds."""
    found: list[int] = []
    with log.recorder.subscribe() as subscription:
        alarm = Timer(10, subscription.stop)
        alarm.start()
        notifications: Iterator[Notification] = iter(subscription)
        for notification in notifications:
            found.append(notification.id)
            if len(found) == number:
                break
        alarm.cancel()
    return found
