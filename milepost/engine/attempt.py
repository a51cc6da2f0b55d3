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

LONGEST_CODE = 200
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
    clock = shop.world.clock
    begun = clock.monotonic()
    work = _Work(shop, state, instance, stream)
    try:
        output = await work.output()
    except BaseException as error:
        if _is_ours(error):
            raise
        return AttemptFailed(
            path=instance.path,
            attempt=work.attempt,
            error=record_of(error),
            randomness=shop.world.randomness.fraction(),
            duration=round(clock.monotonic() - begun, 6),
            usage=work.whole_usage(),
            activation=work.activation,
        )
    return AttemptSucceeded(
        path=instance.path,
        attempt=work.attempt,
        output=output,
        duration=round(clock.monotonic() - begun, 6),
        usage=work.whole_usage(),
        activation=work.activation,
    )


class _Work:
    """An attempt under way, and what it used so far."""

    def __init__(
        self, shop: Workshop, state: PlanState, instance: Instance, stream: StreamingAggregator
    ) -> None:
        self.attempt, self.activation = instance.step.attempt, instance.step.activation
        self._node, self._path, self._stream = instance.node, instance.path, stream
        self._usage: Usage | None = None
        self._spent: list[float] = []
        self._context = RunContext(
            plan=state.id,
            path=instance.path,
            attempt=self.attempt,
            key=instance.key,
            input=instance.input,
            tools=shop.tools,
            models=shop.models,
            inputs=state.plan.inputs,
            memory=state.plan.context,
            emit=self._emit,
            spend=self._spent.append,
        )

    async def output(self) -> Json:
        """Run to the end and return a copy of what came of it."""
        output: Json = None
        async for chunk in RUNNERS[self._node.kind].run(self._node.spec, self._context):
            if chunk.kind is ChunkKind.FINAL:
                output, self._usage = chunk.value, chunk.usage
            else:
                self._emit(chunk.kind, chunk.value)
        canonical_bytes(output)
        return copied(output)

    def whole_usage(self) -> Usage | None:
        """Return what was used with its processor time, to the microsecond."""
        if not self._spent:
            return self._usage
        return (self._usage or Usage()).model_copy(update={"cpu": round(sum(self._spent), 6)})

    def _emit(self, kind: ChunkKind, value: Json) -> None:
        self._stream.emit(kind, value, self._path)


def _is_ours(error: BaseException) -> bool:
    """Tell whether we ended the attempt, rather than a tool: by whatever it raised or awaited."""
    cancelled = isinstance(error, anyio.get_cancelled_exc_class())
    is_stopping = cancelled and anyio.current_effective_deadline() == -math.inf
    return is_stopping or isinstance(error, KeyboardInterrupt)


def record_of(error: BaseException) -> ErrorRecord:
    """Return what an error leaves in the log: kind, code, message and, for foreign ones, stack."""
    if isinstance(error, ExecutionError):
        return ErrorRecord(
            kind=error.kind,
            code=_words_of(error.code)[:LONGEST_CODE],
            message=_message(error),
            retryable=bool(error.retryable),
            stack=_stack(error) if error.__cause__ is not None else None,
        )
    if isinstance(error, MilepostError):
        return ErrorRecord(
            kind=error.kind, code=error.kind, message=_message(error), retryable=False
        )
    name = _storable(type(error).__name__)[:LONGEST_CODE]
    code = "timeout" if isinstance(error, TimeoutError) else name
    return ErrorRecord(code=code, message=f"{name}: {_message(error)}", stack=_stack(error))


def _message(error: BaseException) -> str:
    return _words_of(error)[:LONGEST_MESSAGE]


def _words_of(value: object) -> str:
    """Return the text that an error, or its code, is told by, as far as it can be stored."""
    try:
        text = str(value)
    except Exception as failure:  # noqa: BLE001 - foreign code, and the error matters more
        text = f"(asking for its text raised {type(failure).__name__})"
    return _storable(text)


def _stack(error: BaseException) -> str:
    return _storable("".join(traceback.format_exception(error)))[-LONGEST_STACK:]


def _storable(text: str) -> str:
    """Return a text with question marks for halves of characters, which UTF-8 cannot write."""
    return text.encode(errors="replace").decode()
