"""Tools, models and people that do what a recording says."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import anyio

from milepost.domain.errors import ExecutionError
from milepost.domain.quoting import quoted
from milepost.domain.values import Json
from milepost.engine.models import Prompt, Token
from milepost.engine.tooling import ToolCall

from .people import Answer, Question
from .scripted import ScriptedTools

if TYPE_CHECKING:
    from .recording import RecordedAttempt, Recording

NOT_RECORDED = "not_recorded"
_BEYOND = 1.0
"""Seconds that a cut-off attempt goes on after it was cut off: it must not end by itself."""


def recorded_tools(recording: Recording, *, strict: bool) -> ScriptedTools:
    """Return tools that take as long, give and fail as recorded."""

    async def call(given: ToolCall) -> Json:
        activation = int(given.key.rpartition("/")[2])
        attempt = _find(recording, given.step, activation, given.attempt)
        if strict and attempt.given != given.arguments:
            raise _other_input(given.step, attempt.given, given.arguments)
        return await _repeat(attempt, given.step)

    return ScriptedTools(default=call)


class RecordedModels:
    """Answers as recorded; a prompt that was not recorded fails with the code `not_recorded`."""

    def __init__(self, recording: Recording, *, strict: bool = True) -> None:
        self._recording = recording
        self._strict = strict
        self._asked: Counter[str] = Counter()

    async def answer(self, prompt: Prompt, key: str) -> AsyncIterator[Token]:
        """Yield the recorded answer, whole, with what it used."""
        _plan, _slash, rest = key.partition("/")
        step, _slash, activation = rest.rpartition("/")
        self._asked[key] += 1
        attempt = _find(self._recording, step, int(activation), self._asked[key])
        if self._strict and Prompt.of(attempt.given, where=step) != prompt:
            raise _other_input(step, attempt.given, prompt.text)
        answer = await _repeat(attempt, step)
        usage = attempt.usage
        yield Token(
            whole=True,
            answer=answer,
            input_tokens=usage.input_tokens if usage else 0,
            output_tokens=usage.output_tokens if usage else 0,
        )

    def check(self, value: Json, schema: Json) -> str | None:
        """Find nothing wrong: the answer was checked when it was recorded."""
        del value, schema
        return None


def recorded_reply(recording: Recording, question: Question) -> Answer | None:
    """Return what a person answered, None for a question that was not answered."""
    step = recording.steps.get(question.step)
    attempts = step.attempts if step else ()
    answered = [one for one in attempts if one.error is None and not one.is_cut_off]
    if not answered:
        return None
    attempt = answered[min(question.asked, len(answered)) - 1]
    return Answer(attempt.output, attempt.seconds)


def _find(recording: Recording, path: str, activation: int, number: int) -> RecordedAttempt:
    """Return the attempt of that number, or the last one of the last activation up to this."""
    step = recording.steps.get(path)
    attempts = [one for one in step.attempts if one.activation <= activation] if step else []
    if not attempts:
        raise ExecutionError(
            f"step {path!r}: no call of it was recorded; record the plan again",
            code=NOT_RECORDED,
            retryable=False,
        )
    last = [one for one in attempts if one.activation == attempts[-1].activation]
    return last[min(number, len(last)) - 1]


async def _repeat(attempt: RecordedAttempt, step: str) -> Json:
    await anyio.sleep(attempt.seconds)
    if attempt.is_cut_off:
        await anyio.sleep(_BEYOND)
        raise ExecutionError(
            f"step {step!r}: it was cut off here when it was recorded, now it is not",
            code=NOT_RECORDED,
            retryable=False,
        )
    if attempt.error is not None:
        error = attempt.error
        raise ExecutionError(error.message, code=error.code, retryable=error.retryable)
    return attempt.output


def _other_input(step: str, recorded: Json, given: Json) -> ExecutionError:
    return ExecutionError(
        f"step {step!r}: recorded with {quoted(recorded)}, called with {quoted(given)}; record the "
        "plan again if that is meant",
        code=NOT_RECORDED,
        retryable=False,
    )
