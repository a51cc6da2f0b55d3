"""Tools, models and people of a simulated plan: they take time and give what the rules say."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from milepost.domain.plans import PlanSpec
from milepost.domain.values import Json
from milepost.engine.models import Prompt, Token
from milepost.engine.tooling import ToolCall

from .history import History, Sample
from .people import Answer, Question
from .planned import Planned
from .scripted import ScriptedTool
from .trials import (
    Failing,
    Failure,
    Rules,
    Seconds,
    Trial,
    check_names,
    durations,
    failures,
    outputs,
)

UNKNOWN_DURATION = 1.0
"""Seconds that an attempt takes of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Script:
    """The rules of a simulation; what they leave open is drawn from history, else estimated."""

    durations: Rules[Callable[[Trial], float]]
    failures: Rules[Callable[[Trial], Failure | None]]
    outputs: Rules[Callable[[Trial], Json]]
    history: History
    planned: Planned

    @classmethod
    def of(
        cls,
        spec: PlanSpec,
        given_durations: Mapping[str, Seconds] | None,
        given_failures: Mapping[str, Failing] | None,
        given_outputs: Mapping[str, Any] | None,
        history: History | None,
    ) -> Script:
        """Return the rules; raise `ValidationError` for names that the plan does not have."""
        planned = Planned(spec)
        check_names(given_durations, planned.names, where="durations")
        check_names(given_failures, planned.names, where="failures")
        check_names(given_outputs, planned.names, where="outputs")
        planned.refuse_failing_people(given_failures or ())
        return cls(
            durations(given_durations),
            failures(given_failures),
            outputs(given_outputs),
            history or History(),
            planned,
        )

    def outcome(self, trial: Trial) -> Sample:
        """Return what an attempt takes and comes to."""
        past = self.history.draw(trial)
        takes = self.durations.find(trial.step, trial.tool)
        fails = self.failures.find(trial.step, trial.tool)
        gives = self.outputs.find(trial.step, trial.tool)
        return Sample(
            seconds=takes(trial) if takes else past.seconds if past else self._estimate(trial),
            output=gives(trial) if gives else past.output if past else None,
            failure=fails(trial) if fails else past.failure if past else None,
        )

    def answers(self, trial: Trial) -> bool:
        """Tell whether anybody answers a step that asks a person."""
        by_rule = self.outputs.find(trial.step, None) is not None
        return by_rule or self.history.draw(trial) is not None

    def _estimate(self, trial: Trial) -> float:
        estimate = self.planned.estimate(trial.step)
        return UNKNOWN_DURATION if estimate is None else estimate.total_seconds()


@dataclass(slots=True)
class SimulatedWorld:
    """The tools, the models and the people of one simulation. Every tool name is known."""

    script: Script
    seed: int
    _asked: Counter[str] = field(default_factory=Counter)

    def get(self, name: str) -> ScriptedTool:
        """Return a stand-in for the tool of that name."""

        async def call(given: ToolCall) -> Json:
            activation = int(given.key.rpartition("/")[2])
            trial = Trial(self.seed, given.step, activation, given.attempt, name, given.arguments)
            return await self._carried_out(trial)

        return ScriptedTool(name, call)

    def names(self) -> list[str]:
        """Return no name: all are known."""
        return []

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    async def answer(self, prompt: Prompt, key: str) -> AsyncIterator[Token]:
        """Yield a model's answer, whole."""
        _plan, _slash, rest = key.partition("/")
        step, _slash, activation = rest.rpartition("/")
        self._asked[key] += 1
        trial = Trial(self.seed, step, int(activation), self._asked[key], None, prompt.text)
        yield Token(whole=True, answer=await self._carried_out(trial))

    def check(self, value: Json, schema: Json) -> str | None:
        """Find nothing wrong with an answer."""
        del value, schema
        return None

    def reply(self, question: Question) -> Answer | None:
        """Return the answer of a person, None where none is known."""
        trial = Trial(self.seed, question.step, 0, question.asked, None, question.prompt)
        if not self.script.answers(trial):
            return None
        outcome = self.script.outcome(trial)
        return Answer(outcome.output, outcome.seconds)

    async def _carried_out(self, trial: Trial) -> Json:
        outcome = self.script.outcome(trial)
        await anyio.sleep(outcome.seconds)
        if outcome.failure is not None:
            raise outcome.failure.error()
        return outcome.output
