"""What one attempt of a simulated step takes and comes to, from rules by step, tool or `*`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Generic, TypeAlias, TypeVar

from milepost.domain.durations import parse_duration
from milepost.domain.errors import ExecutionError, ValidationError
from milepost.domain.nearest import suggestion
from milepost.domain.values import Json, canonical_bytes

from .scripted import step_id

RuleT = TypeVar("RuleT")
ANY = "*"
SIMULATED = "simulated"
"""Code of a failure that is given by its rate alone."""
_INDEX = re.compile(r"\[\d+\]")
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """One attempt of a step; `tool` is None for a model and for a person.

    `luck(name)` gives random numbers that depend on nothing but the seed, the attempt and the
    name, so that what other steps do and when changes nothing.
    """

    seed: int
    step: str
    activation: int
    attempt: int
    tool: str | None = None
    given: Json = None
    """The tool's arguments, or the prompt."""

    def luck(self, name: str = "") -> Random:
        """Return the random numbers of that name."""
        where = f"{self.seed}/{self.step}/{self.activation}/{self.attempt}/{name}"
        return Random(where)  # noqa: S311 - repeatable on purpose


@dataclass(frozen=True, slots=True)
class Failure:
    """How an attempt may fail: with a code, in a share of all attempts."""

    code: str = SIMULATED
    rate: float = 1.0
    retryable: bool = True

    def error(self) -> ExecutionError:
        """Return the error that the attempt fails with."""
        return ExecutionError("simulated to fail", code=self.code, retryable=self.retryable)


Seconds: TypeAlias = "float | str | timedelta | Sequence[float | str] | Callable[[Trial], float]"
"""A duration, two to draw evenly between, or a function."""
Failing: TypeAlias = "Any"
"""A code, a rate, `{code, rate, retryable}`, a `Failure`, None, a list with one of these per
attempt (the last one again and again), or a function that returns one of these."""


class Rules(Generic[RuleT]):
    """Rules by a step's path, its path without numbers, its id, its tool, or `*` for the rest."""

    def __init__(self, rules: Mapping[str, RuleT]) -> None:
        self._rules = dict(rules)

    def find(self, step: str, tool: str | None) -> RuleT | None:
        """Return the rule for a step, None if there is none."""
        for name in (step, without_numbers(step), step_id(step), tool, ANY):
            if name is not None and name in self._rules:
                return self._rules[name]
        return None


def durations(given: Mapping[str, Seconds] | None) -> Rules[Callable[[Trial], float]]:
    """Return rules for how long attempts take; raise `ValidationError` for what is no duration."""
    return Rules({name: _seconds(value, name) for name, value in (given or {}).items()})


def failures(given: Mapping[str, Failing] | None) -> Rules[Callable[[Trial], Failure | None]]:
    """Return rules for how attempts fail; raise `ValidationError` for what is none."""
    return Rules({name: _failing(value, name) for name, value in (given or {}).items()})


def outputs(given: Mapping[str, Any] | None) -> Rules[Callable[[Trial], Json]]:
    """Return rules for what attempts give; raise `ValidationError` for what JSON cannot hold."""
    return Rules({name: _output(value) for name, value in (given or {}).items()})


def check_names(given: Mapping[str, Any] | None, known: Collection[str], *, where: str) -> None:
    """Raise `ValidationError` for a name that is no step, no tool and not `*`.

    `known` are tools, ids, and paths without numbers.
    """
    for name in given or {}:
        if name != ANY and name not in known and without_numbers(name) not in known:
            mend = suggestion(without_numbers(name), known, kind="steps and tools")
            raise ValidationError(f"{name!r} is no step and no tool here", where=where, mend=mend)


def without_numbers(path: str) -> str:
    """Return a path without the numbers of iterations and cases: `each[3].fetch`, `each.fetch`."""
    return _INDEX.sub("", path)


def _seconds(value: Seconds, name: str) -> Callable[[Trial], float]:
    where = f"durations {name}"
    if callable(value):
        function = value
        return lambda trial: _duration(function(trial), where)
    if isinstance(value, Sequence) and not isinstance(value, str):
        each = [_duration(one, where) for one in value]
        if len(each) != _PAIR or each != sorted(each):
            problem = "two durations are needed, the longer one last"
            raise ValidationError(problem, where=where, mend="write [low, high]")
        low, high = each
        return lambda trial: trial.luck("duration").uniform(low, high)
    seconds = _duration(value, where)
    return lambda _trial: seconds


def _duration(value: object, where: str) -> float:
    try:
        return parse_duration(value).total_seconds()
    except ValidationError as error:
        raise ValidationError(error.problem, where=where, mend=error.mend) from None


def _failing(value: Failing, name: str) -> Callable[[Trial], Failure | None]:
    where = f"failures {name}"
    if callable(value):
        function = value
        return lambda trial: _failing(function(trial), name)(trial)
    if isinstance(value, list | tuple) and value:
        each = [_failing(one, name) for one in value]
        return lambda trial: each[min(trial.attempt, len(each)) - 1](trial)
    failure = _failure(value, where)
    return lambda trial: failure if trial.luck("failure").random() < failure.rate else None


def _failure(value: Failing, where: str) -> Failure:
    if value is None or isinstance(value, bool):
        found = Failure(rate=float(bool(value)))
    elif isinstance(value, int | float):
        found = Failure(rate=value)
    elif isinstance(value, str):
        found = Failure(value)
    elif isinstance(value, Failure):
        found = value
    else:
        found = _failure_of_fields(value, where)
    if not 0 <= found.rate <= 1:
        raise ValidationError(f"the rate {found.rate:g} is not within 0 and 1", where=where)
    return found


def _failure_of_fields(value: object, where: str) -> Failure:
    fields = dict(value) if isinstance(value, Mapping) else None
    types = {"code": str, "rate": int | float, "retryable": bool}
    if not fields or any(not isinstance(fields[key], types.get(key, ())) for key in fields):
        raise ValidationError(
            f"{value!r} says not how to fail",
            where=where,
            mend='write a code, a rate from 0 to 1, or {"code": "busy", "rate": 0.2}',
        )
    return Failure(**fields)


def _output(value: Any) -> Callable[[Trial], Json]:  # noqa: ANN401 - JSON or a function
    if callable(value):
        return value  # type: ignore[no-any-return]
    canonical_bytes(value)
    return lambda _trial: value
