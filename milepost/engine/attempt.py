"""One attempt of a working step: run its runner and turn whatever happens into an outcome."""

from __future__ import annotations

import math
import traceback
from dataclasses import dataclass

import anyio

from milepost.domain.errors import ExecutionError, MilepostError
from milepost.domain.events import ErrorRecord, Usage
from milepost.domain.values import Json, canonical_bytes, copied

from .core import AttemptFailed, AttemptSucceeded, Instance, PlanState
from .models import Models
from .runners import RUNNERS, RunContext
from .streaming import ChunkKind, StreamingAggregator
from .tooling import Tools
from .world import World

LONGEST_MESSAGE = 10_000
LONGEST_STACK = 20_000


@dataclass(frozen=True, slots=True)
class Workshop:
    """What attempts work with."""

    tools: Tools
    models: Models
    world: World


async def attempt(
    shop: Workshop, state: PlanState, instance: Instance, stream: StreamingAggregator
) -> AttemptSucceeded | AttemptFailed:
    """Carry one attempt out; errors become outcomes, cancellation passes through."""
    number, activation, path = instance.step.attempt, instance.step.activation, instance.path
    clock = shop.world.clock
    begun = clock.monotonic()
    output: Json = None
    usage: Usage | None = None

    def emit(kind: ChunkKind, value: Json) -> None:
        stream.emit(kind, value, path)

    context = RunContext(
        plan=state.id,
        path=path,
        attempt=number,
        key=instance.key,
        input=instance.input,
        tools=shop.tools,
        models=shop.models,
        inputs=state.plan.inputs,
        memory=state.plan.context,
        emit=emit,
    )
    try:
        async for chunk in RUNNERS[instance.node.kind].run(instance.node.spec, context):
            if chunk.kind is ChunkKind.FINAL:
                output, usage = chunk.value, chunk.usage
            else:
                emit(chunk.kind, chunk.value)
        canonical_bytes(output)
        output = copied(output)
    except (Exception, SystemExit, anyio.get_cancelled_exc_class()) as error:
        if _is_cancelled(error):
            raise
        return AttemptFailed(
            path=path,
            attempt=number,
            error=record_of(error),
            randomness=shop.world.randomness.fraction(),
            duration=round(clock.monotonic() - begun, 6),
            usage=usage,
            activation=activation,
        )
    return AttemptSucceeded(
        path=path,
        attempt=number,
        output=output,
        duration=round(clock.monotonic() - begun, 6),
        usage=usage,
        activation=activation,
    )


def _is_cancelled(error: BaseException) -> bool:
    """Tell whether we ended the attempt, rather than a tool that awaited what others cancelled."""
    ours = isinstance(error, anyio.get_cancelled_exc_class())
    return ours and anyio.current_effective_deadline() == -math.inf


def record_of(error: BaseException) -> ErrorRecord:
    """Return what an error leaves in the log: kind, code, message and, for foreign ones, stack."""
    if isinstance(error, ExecutionError):
        return ErrorRecord(
            kind=error.kind,
            code=str(error.code),
            message=_message(error),
            retryable=bool(error.retryable),
            stack=_stack(error) if error.__cause__ is not None else None,
        )
    if isinstance(error, MilepostError):
        return ErrorRecord(
            kind=error.kind, code=error.kind, message=_message(error), retryable=False
        )
    name = type(error).__name__
    code = "timeout" if isinstance(error, TimeoutError) else name
    return ErrorRecord(code=code, message=f"{name}: {_message(error)}", stack=_stack(error))


def _message(error: BaseException) -> str:
    """Return an error's own words, as far as they can be stored."""
    try:
        text = str(error)
    except Exception as failure:  # noqa: BLE001 - foreign code, and the error matters more
        text = f"(asking for its message raised {type(failure).__name__})"
    return _storable(text)[:LONGEST_MESSAGE]


def _stack(error: BaseException) -> str:
    return _storable("".join(traceback.format_exception(error)))[-LONGEST_STACK:]


def _storable(text: str) -> str:
    """Return a text with question marks for halves of characters, which UTF-8 cannot write."""
    return text.encode(errors="replace").decode()
