"""The port to tools: what the engine knows about the functions that do a plan's real work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable

from milepost.domain.values import Json


class Effect(StrEnum):
    """What calling a tool twice may do: a `read` changes nothing, a `write` may."""

    READ = "read"
    WRITE = "write"


def unmeasured(seconds: float) -> None:
    """Take processor time that nobody counts."""


class ToolCall(NamedTuple):
    """One call of a tool by one attempt of a step.

    `key` is the idempotency key `plan/step/activation`, equal for every attempt of an activation.
    `emit` streams a chunk while the call runs: a kind (`token`, `json` or `status`) and a value.
    `spend` adds seconds of processor time to what the attempt used; any thread may call it.
    """

    plan: str
    step: str
    attempt: int
    key: str
    arguments: dict[str, Json]
    emit: Callable[[str, Json], None]
    spend: Callable[[float], None] = unmeasured


@runtime_checkable
class Tool(Protocol):
    """A named function with schemas (JSON Schema 2020-12) for its arguments and its result."""

    @property
    def name(self) -> str:
        """The name that plans call the tool by."""
        ...

    @property
    def description(self) -> str:
        """One line for people and for models."""
        ...

    @property
    def effect(self) -> Effect:
        """Whether a call that was cut off may simply be made again."""
        ...

    @property
    def version(self) -> str:
        """The author's version, recorded beside each call."""
        ...

    @property
    def arguments_schema(self) -> dict[str, Any]:
        """The JSON Schema that arguments must match; names that are not in it are refused."""
        ...

    @property
    def result_schema(self) -> dict[str, Any] | None:
        """The JSON Schema of the result, or None when the tool promises none."""
        ...

    def check(self, arguments: Mapping[str, Json]) -> str | None:
        """Return the first problem of `arguments`, naming the field, or None."""
        ...

    def check_result(self, value: Json) -> str | None:
        """Return the first problem of a result, naming the place, or None."""
        ...

    async def call(self, call: ToolCall) -> Json:
        """Carry the call out with arguments that passed `check`, and return plain JSON.

        Raises `ExecutionError`, whose `code` is what retry policies are matched against.
        """
        ...


class Tools(Protocol):
    """The tools that plans may name."""

    def get(self, name: str) -> Tool:
        """Return the tool of that name or alias; raise `UnknownNameError` with the nearest name."""
        ...

    def names(self) -> list[str]:
        """Return the names of all known tools, sorted, without aliases."""
        ...

    def __contains__(self, name: object) -> bool:
        """Tell whether a tool has that name or alias."""
        ...
