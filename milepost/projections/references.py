"""Which step ids a step's expressions name, read from their text without compiling them.

Enough to show what a step waits for: a name counts only if a step of that id is in sight. What
really waits for what is decided by the engine's compiled plan.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import LOOP_NAMES
from milepost.domain.paths import NAME, TEXT, unquote
from milepost.domain.steps import StepSpec
from milepost.domain.template_text import Inside, split

_NAMES = re.compile(
    rf"(?<![\w.])steps\s*(?:\[\s*(?P<quoted>{TEXT})\s*\]|\.\s*(?P<field>{NAME}))"
    rf"|{TEXT}|(?<![\w.])(?P<name>{NAME})(?=\s*[.\[])"
)
_ALWAYS_GIVEN = frozenset({"inputs", "context"})
_GIVEN_BY_ITSELF = LOOP_NAMES - {"item"}
"""What a loop without items gives to its own condition."""


def references(step: StepSpec, given: Collection[str] = ()) -> frozenset[str]:
    """Return the ids of steps that a step's conditions and templates may refer to.

    `given` are the names that mean something of the loops around the step.
    """
    found = {name for source in _sources(step) for name in _names(source, given)}
    for condition in filter(None, (step.while_, step.until)):
        found.update(_names(condition, {*given, *_GIVEN_BY_ITSELF}))
    return frozenset(found)


def _sources(step: StepSpec) -> Iterator[str]:
    conditions = [step.when, step.expect]
    conditions += [edge.when for edge in step.depends_on]
    conditions += [case.when for case in step.cases]
    yield from (condition for condition in conditions if condition is not None)
    for value in (step.input, step.for_each, step.count, step.wait_for, step.wait_until, step.set):
        yield from _inside(value)


def _inside(value: object) -> Iterator[str]:
    """Yield the insides of every `${...}` in a value."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str) and "${" in item:
            yield from (piece.source for piece in _pieces(item))
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _pieces(text: str) -> list[Inside]:
    try:
        return [piece for piece in split(text) if isinstance(piece, Inside)]
    except ExpressionError:  # a plan with such a text was refused before it could run
        return []


def _names(source: str, given: Collection[str]) -> Iterator[str]:
    for match in _NAMES.finditer(source):
        name = match["name"]
        if quoted := match["quoted"]:
            yield unquote(quoted) or ""
        elif field := match["field"]:
            yield field
        elif name and name not in given and name not in _ALWAYS_GIVEN:
            yield name
