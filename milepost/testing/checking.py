"""A plan run again on its recording: what has changed is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from milepost.adapters.store.memory import MemoryStore
from milepost.adapters.workflow.preparation import Runnable
from milepost.domain.plans import PlanSpec
from milepost.domain.quoting import quoted
from milepost.domain.values import Json
from milepost.engine.coordinator import Watch

from .driver import engine, virtual_world
from .past import plan_in
from .people import carry_out
from .recorder import recording_of
from .recording import RecordedStep, Recording
from .replayed import recorded_reply
from .simulation import content_of
from .virtual_time import run_virtual

PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a step, or the plan where `step` is None, did otherwise than recorded.

    `what` is status, completion, output, order, missing or new.
    """

    what: str
    step: str | None
    recorded: Json
    found: Json
    detail: str = ""

    def __str__(self) -> str:
        where = f"step {self.step}" if self.step else PLAN
        told = f"{where}: {self.what}: {quoted(self.recorded)} recorded, {quoted(self.found)} found"
        return f"{told} ({self.detail})" if self.detail else told


def check(
    recording: Recording, plan: Runnable | None = None, *, strict: bool = True
) -> list[Difference]:
    """Run a plan (the recorded one if none is given) on a recording; return what differs.

    Status and output of the plan's steps are compared, and the order of steps that depended on
    one another. `strict` has a call with another input than recorded fail. It runs in an event
    loop of its own: call it from code that is not asynchronous.
    """
    spec = recording.content if plan is None else content_of(plan)
    found = run_virtual(partial(_run_again, recording, spec, strict=strict))
    return list(differences(recording, found))


def differences(recorded: Recording, found: Recording) -> Iterator[Difference]:
    """Yield what differs between two recordings."""
    if recorded.status is not found.status:
        yield Difference("status", None, recorded.status.value, found.status.value)
    elif recorded.completion is not found.completion:
        yield Difference("completion", None, str(recorded.completion), str(found.completion))
    for path, step in recorded.steps.items():
        other = found.steps.get(path)
        if other is None:
            yield Difference("missing", path, step.status.value, None)
        else:
            yield from _step_differences(path, step, other)
            yield from _order_differences(path, recorded, found)
    for path, step in found.steps.items():
        if path not in recorded.steps:
            yield Difference("new", path, None, step.status.value, _why(step))


def _step_differences(path: str, step: RecordedStep, other: RecordedStep) -> Iterator[Difference]:
    if step.status is not other.status:
        yield Difference("status", path, step.status.value, other.status.value, _why(other))
    elif step.output != other.output:
        yield Difference("output", path, step.output, other.output)


def _order_differences(path: str, recorded: Recording, found: Recording) -> Iterator[Difference]:
    """Yield the steps that this one was recorded to wait for, and now did not."""
    for before in recorded.steps[path].after:
        if before in found.steps and _waited(recorded, path, before):
            began = found.steps[path].began
            if began is not None and not _waited(found, path, before):
                detail = f"it began before {before} had ended"
                yield Difference("order", path, f"after {before}", "not after it", detail)


def _waited(recording: Recording, path: str, before: str) -> bool:
    """Tell whether a step began after another one had ended."""
    began, ended = recording.steps[path].began, recording.steps[before].ended
    return began is not None and ended is not None and ended < began


def _why(step: RecordedStep) -> str:
    return step.error.message if step.error else ""


async def _run_again(recording: Recording, spec: PlanSpec, *, strict: bool) -> Recording:
    store = MemoryStore()
    tools, models = recording.tools(strict=strict), recording.models(strict=strict)
    world = virtual_world(beginning=recording.created)
    async with engine(tools, store=store, models=models, world=world) as opened:

        async def begin(watch: Watch) -> str:
            return await opened.start(spec, inputs=recording.inputs, watch=watch)

        result = await carry_out(opened, begin, partial(recorded_reply, recording))
    return recording_of(plan_in(store, result.plan_id))
