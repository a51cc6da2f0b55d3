"""The port to the expression language, and the names that an expression may use.

Expressions are checked against `ScopeTypes` when a plan is validated, and evaluated over a scope
when it runs. A scope holds `inputs`, `context`, `steps` (step id to an object with the
`STEP_FIELDS`) and inside loops `item`, `index` and `previous`. Every step whose id is an
identifier is also a name of its own: `load.output` is `steps["load"].output`.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from .errors import ExpressionError
from .nearest import suggestion
from .paths import NAME_PATTERN, Keys, written
from .schema_types import ValueType, type_at
from .values import Json

PARTS = ("inputs", "context", "steps")
"""Names that every scope has."""
STEP_FIELDS = ("output", "status", "error")
PREVIOUS = "previous"
LOOP_NAMES = frozenset({"item", "index", PREVIOUS})
MAX_SOURCE = 1_000

Expected: TypeAlias = Literal["bool", "any"]


class Program(Protocol):
    """A checked expression."""

    @property
    def source(self) -> str:
        """The expression as written."""
        ...

    @property
    def roots(self) -> frozenset[str]:
        """Names of the scope that the expression reads, for example `inputs` and `steps`."""
        ...

    @property
    def step_references(self) -> frozenset[str]:
        """Ids of the steps that the expression refers to."""
        ...

    def evaluate(self, scope: Mapping[str, Json]) -> Json:
        """Return the result; raise `ExpressionError` naming the path that is not there."""
        ...


class Expressions(Protocol):
    """A language for conditions and for the inside of `${...}`."""

    def compile(
        self, source: str, *, scope: ScopeTypes, expect: Expected = "any", where: str = ""
    ) -> Program:
        """Return the checked expression.

        Raises `ExpressionError` beginning with `where` for a wrong syntax, a name that is not in
        `scope` (with the nearest one), types that do not fit, and what passes a limit.
        """
        ...


@dataclass(frozen=True, slots=True)
class ScopeTypes:
    """What an expression may name, known before anything runs.

    `inputs` holds a JSON Schema per input, `steps` the ids in sight, `loop` those of
    `LOOP_NAMES` that have a value here. Names of the context are not checked when None.
    `inside` maps ids that may be out of sight to the container in sight that they are in, and
    `unfinished` are the ids of steps that cannot have ended where the expression is evaluated.
    """

    inputs: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    context: frozenset[str] | None = None
    steps: AbstractSet[str] = frozenset()
    loop: frozenset[str] = frozenset()
    inside: Mapping[str, str] = field(default_factory=dict)
    unfinished: frozenset[str] = frozenset()

    def locate(self, keys: Keys) -> Keys:
        """Return where the path lies in a scope; raise `ExpressionError` for unknown names."""
        root = str(keys[0])
        if root in self.loop:
            return keys
        if root == "inputs":
            return self._declared(keys, self.inputs, kind="inputs")
        if root == "context":
            known = self.context
            return keys if known is None else self._declared(keys, known, kind="context names")
        if root == "steps":
            return self._step(keys)
        if root in self.steps:
            return self._step(("steps", *keys))
        raise self._unknown(root)

    def type_of(self, located: Keys) -> ValueType:
        """Return the type of the value at a located path, `dyn` where it is not known."""
        root, *below = located
        if root == "inputs" and below:
            return type_at(self.inputs[str(below[0])], located[2:], path=written(located))
        if root == "steps" and below[1:] == ["status"]:
            return "string"
        return "int" if root == "index" and not below else "dyn"

    def has(self, name: str) -> bool:
        """Tell whether an expression may begin with a plain name."""
        return name in PARTS or name in self.loop or name in self.steps

    def names(self) -> list[str]:
        """Return all names that an expression may begin with."""
        steps = [step for step in self.steps if NAME_PATTERN.fullmatch(step)]
        return [*PARTS, *sorted(self.loop), *sorted(steps)]

    def _declared(
        self, keys: Keys, known: Mapping[str, object] | frozenset[str], *, kind: str
    ) -> Keys:
        if len(keys) > 1 and keys[1] not in known:
            name = str(keys[1])
            raise ExpressionError(
                f"`{keys[0]}` has no `{name}`", mend=suggestion(name, sorted(known), kind=kind)
            )
        return keys

    def _step(self, keys: Keys) -> Keys:
        step = keys[1] if len(keys) > 1 else None
        if not isinstance(step, str):
            raise ExpressionError(
                "`steps` needs the id of a step as text", mend='write `steps["id"].output`'
            )
        if step not in self.steps:
            raise self._out_of_sight(step) or ExpressionError(
                f"there is no step `{step}` in sight here",
                mend=suggestion(step, sorted(self.steps), kind="steps"),
            )
        name = next(iter(keys[2:]), None)
        if name not in STEP_FIELDS:
            raise self._no_such_field(step, name)
        return keys

    def _out_of_sight(self, step: str) -> ExpressionError | None:
        if step in self.unfinished:
            return ExpressionError(
                f"`{step}` has not ended where this is evaluated",
                mend="refer to steps that end before; only `set`, `expect` and `compensate` see"
                " their own step",
            )
        container = self.inside.get(step)
        if container is None:
            return None
        mend = f"outside use `{written((container, 'output'))}`"
        if container not in self.steps:
            mend = "in `while` and `until` use `previous`, what the iteration before gave"
        return ExpressionError(f"`{step}` can be seen only inside of `{container}`", mend=mend)

    def _unknown(self, root: str) -> ExpressionError:
        hidden = self._out_of_sight(root)
        if hidden is not None:
            return hidden
        meant = self._not_plain(root)
        if meant is not None:
            mend = _by_text(meant)
        elif root == PREVIOUS and "index" in self.loop:
            problem = f"`{root}` has no value in a loop whose iterations run side by side"
            return ExpressionError(problem, mend="take its `concurrency` away")
        elif root in LOOP_NAMES:
            mend = "it has a value only inside a loop (`item` only with `for_each`)"
        else:
            mend = suggestion(root, self.names(), kind="names")
        return ExpressionError(f"there is no `{root}`", mend=mend)

    def _no_such_field(self, step: str, name: str | int | None) -> ExpressionError:
        if name is not None:
            return ExpressionError(
                f"a step has no `{name}`",
                mend=suggestion(str(name), STEP_FIELDS, kind="fields of a step"),
            )
        plain = NAME_PATTERN.fullmatch(step) is not None
        meant = self._not_plain(f"{step}-") if plain else None
        mend = f"write `{step}.output` for what the step gave" if plain else _by_text(step)
        return ExpressionError(
            f"`{step}` alone is not a value", mend=mend if meant is None else _by_text(meant)
        )

    def _not_plain(self, beginning: str) -> str | None:
        """Return a step whose id begins so and is not a plain name."""
        ids = (step for step in sorted(self.steps) if not NAME_PATTERN.fullmatch(step))
        return next((step for step in ids if step.startswith(beginning)), None)


def _by_text(step: str) -> str:
    return f'write `steps["{step}"].output` for an id that is not a plain name'
