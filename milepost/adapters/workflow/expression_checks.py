"""Checking every expression of a step against what it may name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import Expressions, ScopeTypes
from milepost.domain.steps import StepKind, StepSpec
from milepost.domain.templates import below, compile_template, has_template
from milepost.domain.values import Json

from .document import Problems
from .levels import Level, Sight, scope_inside


class ExpressionChecks:
    """Compiles all that a step evaluates, and notes what does not compile."""

    def __init__(self, expressions: Expressions, problems: Problems) -> None:
        self.expressions = expressions
        self.problems = problems

    def check(self, step: StepSpec, pointer: str, level: Level) -> None:
        """Note what is wrong with the expressions of one step."""
        before = replace(
            level.scope,
            steps=Sight(outer=level.scope.steps, hidden=frozenset({step.id})),
            unfinished=level.scope.unfinished | {step.id},
        )
        inside = scope_inside(before, step)
        for key, source in _conditions(step):
            scope = inside if key in {"/while", "/until"} else before
            self.condition(source, pointer + key, scope)
        for key, value in _templates(step):
            self.template(value, pointer + key, before)
        if step.expect is not None:
            self.condition(step.expect, f"{pointer}/expect", level.scope)
        for at, alternative in enumerate(step.alternatives):
            self.template(alternative.input, f"{pointer}/alternatives/{at}/input", before)
        self.template(dict(step.set), f"{pointer}/set", level.scope)
        undo = dict(step.compensate.input) if step.compensate else None
        self.template(undo, f"{pointer}/compensate/input", level.scope)

    def condition(self, source: str, pointer: str, scope: ScopeTypes) -> None:
        """Note what is wrong with a condition."""
        try:
            self.expressions.compile(source, scope=scope, expect="bool")
        except ExpressionError as error:
            self.problems.add_error(pointer, error)

    def template(self, value: Json, pointer: str, scope: ScopeTypes) -> None:
        """Note what is wrong with the texts of a value, each in its own place."""
        if isinstance(value, dict):
            for name, item in value.items():
                self.template(item, below(pointer, name), scope)
        elif isinstance(value, list):
            for at, item in enumerate(value):
                self.template(item, f"{pointer}/{at}", scope)
        elif has_template(value):
            try:
                compile_template(value, self.expressions, scope)
            except ExpressionError as error:
                self.problems.add_error(pointer, error)


def _conditions(step: StepSpec) -> Iterator[tuple[str, str]]:
    named = [("/when", step.when), ("/while", step.while_)]
    if step.kind is StepKind.LOOP:
        named.append(("/until", step.until))
    named += [(f"/depends_on/{at}/when", edge.when) for at, edge in enumerate(step.depends_on)]
    named += [(f"/cases/{at}/when", case.when) for at, case in enumerate(step.cases)]
    return ((key, source) for key, source in named if source is not None)


def _templates(step: StepSpec) -> Iterator[tuple[str, Json]]:
    yield "/input", step.input
    yield "/for_each", step.for_each
    yield "/count", step.count
    if isinstance(step.wait_for, str):
        yield "/wait_for", step.wait_for
    if isinstance(step.wait_until, str):
        yield "/wait_until", step.wait_until
