"""Stand-ins for tools, the MockExecutor: what each step gives is written down beforehand."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio

from milepost.domain.errors import ExecutionError
from milepost.domain.ids import decode_segment
from milepost.domain.values import Json
from milepost.engine.tooling import Effect, ToolCall

_LAST_SEGMENT = re.compile(r"[^.]*\Z")


@dataclass(frozen=True, slots=True)
class Attempts:
    """One result per attempt; the last one again and again."""

    results: tuple[Any, ...]


Result: TypeAlias = "Json | BaseException | Attempts | Callable[[ToolCall], Any]"
"""A value to give, an error to raise, one of these per attempt, or a function (sync or async)."""


def attempts(*results: Result) -> Attempts:
    """Give one result per attempt, the last one again and again."""
    return Attempts(results)


def fails(code: str = "error", message: str = "scripted to fail", *, retryable: bool = True) -> Any:  # noqa: ANN401
    """Fail with an error code that retry policies are matched against."""
    return ExecutionError(message, code=code, retryable=retryable)


def after(seconds: float, result: Result = None) -> Callable[[ToolCall], Any]:
    """Give a result after some time."""

    async def wait(call: ToolCall) -> Any:  # noqa: ANN401 - whatever the script says
        await anyio.sleep(seconds)
        return await _given(result, call)

    return wait


async def hangs(call: ToolCall) -> None:
    """Never give anything; only a time limit or a cancellation ends it."""
    del call
    await anyio.sleep_forever()


class ScriptedTools:
    """Answers every call from a script, by the step's path (`each[0].fetch`) or its id (`fetch`).

    A step that the script does not name gives `default`. Every tool name is known; those in
    `writes` count as writing, all others only read. `calls` holds the calls in order.
    """

    def __init__(
        self,
        script: Mapping[str, Result] | None = None,
        *,
        default: Result = None,
        writes: Collection[str] = (),
    ) -> None:
        self._script = dict(script or {})
        self._default = default
        self._writes = frozenset(writes)
        self.calls: list[ToolCall] = []

    def get(self, name: str) -> ScriptedTool:
        """Return a stand-in for the tool of that name."""
        effect = Effect.WRITE if name in self._writes else Effect.READ
        return ScriptedTool(name, self.answer, effect)

    def names(self) -> list[str]:
        """Return the names of the tools that count as writing: only those are told apart."""
        return sorted(self._writes)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def called(self, step: str) -> int:
        """Return how often the step with that path or id was called."""
        return sum(step in (call.step, step_id(call.step)) for call in self.calls)

    async def answer(self, call: ToolCall) -> Json:
        """Take note of a call and give what the script says."""
        self.calls.append(call)
        found = self._script.get(call.step, self._script.get(step_id(call.step), self._default))
        given: Json = await _given(found, call)
        return given


@dataclass(frozen=True, slots=True)
class ScriptedTool:
    """A stand-in for one tool: takes any arguments and gives what a script says."""

    name: str
    answer: Callable[[ToolCall], Awaitable[Json]]
    effect: Effect = Effect.READ
    description: str = "scripted"
    version: str = "1"
    result_schema: None = None

    @property
    def arguments_schema(self) -> dict[str, Any]:
        """Any arguments will do."""
        return {"type": "object"}

    def check(self, arguments: Mapping[str, Json]) -> str | None:
        """Find nothing wrong."""
        del arguments
        return None

    def check_result(self, value: Json) -> str | None:
        """Find nothing wrong."""
        del value
        return None

    async def call(self, call: ToolCall) -> Json:
        """Give what the script says."""
        return await self.answer(call)


async def _given(result: Result, call: ToolCall) -> Any:  # noqa: ANN401 - whatever is scripted
    if isinstance(result, Attempts):
        place = min(call.attempt, len(result.results)) - 1
        return await _given(result.results[place], call)
    if isinstance(result, BaseException):
        raise result
    if callable(result):
        given = result(call)
        return await given if inspect.isawaitable(given) else given
    return result


def step_id(path: str) -> str:
    """Return the id of the step at a path."""
    last = _LAST_SEGMENT.search(path)
    return decode_segment(last[0]) if last else path
