"""The ChaosEngine's faults: tools that fail, dawdle and crash the engine, as a seed says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

import anyio

from milepost.adapters.tools import ToolRegistry
from milepost.domain.durations import parse_duration
from milepost.domain.errors import ExecutionError, ValidationError
from milepost.domain.values import Json
from milepost.engine.tooling import Tool, ToolCall, Tools

from .trials import Trial

CHAOS = "chaos"
"""Code of injected errors unless codes are given."""

Delay: TypeAlias = "float | str | timedelta"


class FaultKind(StrEnum):
    """What is done to a call; a crash comes before the tool is called or after it gave."""

    ERROR = "error"
    DELAY = "delay"
    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"


@dataclass(frozen=True, slots=True)
class Fault:
    """One injected fault; `detail` is the error's code or the delay in seconds."""

    step: str
    activation: int
    attempt: int
    kind: FaultKind
    detail: str | float | None = None


@dataclass(frozen=True, slots=True)
class Faults:
    """How often what goes wrong: rates from 0 to 1 per call, the least and the most delay.

    What happens to a call depends on the seed, the step's path, its activation and the attempt
    alone: other calls, and when they are made, change nothing.
    """

    seed: int = 0
    errors: float = 0.0
    crashes: float = 0.0
    delays: tuple[Delay, Delay] = (0.0, 0.0)
    codes: tuple[str, ...] = (CHAOS,)

    def __post_init__(self) -> None:
        for name, rate in (("errors", self.errors), ("crashes", self.crashes)):
            if not 0 <= rate <= 1:
                raise ValidationError(f"the rate {rate:g} is not within 0 and 1", where=name)
        low, high = self._seconds()
        if low > high or not self.codes:
            raise ValidationError("give delays as (low, high), and at least one code", where=CHAOS)

    def of(self, step: str, activation: int, attempt: int) -> list[Fault]:
        """Return what goes wrong with a call: a delay, and at most one of error and crash."""
        luck = Trial(self.seed, step, activation, attempt).luck(CHAOS)
        fate, half, delay = luck.random(), luck.random(), luck.uniform(*self._seconds())
        code = luck.choice(self.codes)
        found: list[tuple[FaultKind, str | float | None]] = []
        if delay:
            found.append((FaultKind.DELAY, delay))
        if fate < self.crashes:
            kind = FaultKind.CRASH_BEFORE if half < 1 / 2 else FaultKind.CRASH_AFTER
            found.append((kind, None))
        elif fate < self.crashes + self.errors:
            found.append((FaultKind.ERROR, code))
        return [Fault(step, activation, attempt, kind, detail) for kind, detail in found]

    def _seconds(self) -> list[float]:
        return [parse_duration(each).total_seconds() for each in self.delays]


@dataclass(frozen=True, slots=True)
class Made:
    """A call that reached a tool, and the store's newest position at that moment."""

    step: str
    activation: int
    attempt: int
    position: int


class ChaosTools:
    """Tools with faults; `faults` and `calls` tell what was injected and what reached a tool.

    `tools` are any tools: scripted ones, a registry, or a list. `errors` and `crashes` are rates
    from 0 to 1 per call, `delays` what every call is delayed by, at least and at most: seconds,
    or texts like `"2m"`.
    Outside of `chaos_run` a crash is an error of the code `crash`.
    """

    def __init__(
        self,
        tools: Tools | Iterable[Tool],
        *,
        seed: int = 0,
        errors: float = 0.0,
        delays: tuple[Delay, Delay] = (0.0, 0.0),
        crashes: float = 0.0,
        codes: Sequence[str] = (CHAOS,),
    ) -> None:
        self._tools: Tools = ToolRegistry(tools) if isinstance(tools, Iterable) else tools
        self.chances = Faults(seed, errors, crashes, delays, tuple(codes))
        self.faults: list[Fault] = []
        self.calls: list[Made] = []
        self.crash: Callable[[], None] | None = None
        """Stops the engine as by a kill; the call that it is called from never returns."""
        self.position: Callable[[], int] = lambda: 0
        """Returns the store's newest position."""

    def fresh(self, seed: int | None = None) -> ChaosTools:
        """Return the same tools with no call made yet, under another seed if one is given."""
        same = self.chances
        return ChaosTools(
            self._tools,
            seed=same.seed if seed is None else seed,
            errors=same.errors,
            delays=same.delays,
            crashes=same.crashes,
            codes=same.codes,
        )

    def get(self, name: str) -> ChaosTool:
        """Return a tool with faults; raise `UnknownNameError` for one that is not there."""
        return ChaosTool(self._tools.get(name), self)

    def names(self) -> list[str]:
        """Return the names of all known tools."""
        return self._tools.names()

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    async def call(self, tool: Tool, call: ToolCall) -> Json:
        """Call a tool, and do to the call what the seed says."""
        activation = int(call.key.rpartition("/")[2])
        faults = self.chances.of(call.step, activation, call.attempt)
        for fault in faults:
            self.faults.append(fault)
            await self._before(fault)
        self.calls.append(Made(call.step, activation, call.attempt, self.position()))
        output = await tool.call(call)
        if any(fault.kind is FaultKind.CRASH_AFTER for fault in faults):
            await self._stop()
        return output

    async def _before(self, fault: Fault) -> None:
        if fault.kind is FaultKind.DELAY:
            await anyio.sleep(float(fault.detail or 0))
        elif fault.kind is FaultKind.ERROR:
            raise ExecutionError("injected", code=str(fault.detail))
        elif fault.kind is FaultKind.CRASH_BEFORE:
            await self._stop()

    async def _stop(self) -> None:
        if self.crash is None:
            raise ExecutionError("a crash was injected", code="crash")
        self.crash()
        await anyio.sleep_forever()


class ChaosTool:
    """A tool whose calls go through chaos; for the rest it is the tool that it stands for."""

    def __init__(self, tool: Tool, chaos: ChaosTools) -> None:
        self._tool = tool
        self._chaos = chaos
        self.name = tool.name
        self.description = tool.description
        self.effect = tool.effect
        self.version = tool.version
        self.arguments_schema = tool.arguments_schema
        self.result_schema = tool.result_schema
        self.check = tool.check
        self.check_result = tool.check_result

    async def call(self, call: ToolCall) -> Json:
        """Call the tool, and do to the call what the seed says."""
        return await self._chaos.call(self._tool, call)
