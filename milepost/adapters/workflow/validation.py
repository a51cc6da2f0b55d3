"""Checking a loaded workflow whole: dependencies, tools and their arguments, expressions.

Nothing is carried out. Compiling a plan finds whether something is wrong with it; then all of it
is gone through once more, so that each problem is told with the line that it stands in.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from milepost.domain.errors import (
    DependencyError,
    UnknownNameError,
    ValidationError,
)
from milepost.domain.expressions import Expressions
from milepost.domain.graph import Graph, edge_faults, refuse_doubles
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepSpec
from milepost.domain.templates import below
from milepost.domain.values import Json
from milepost.engine.core import CompiledPlan, Node, compile_plan
from milepost.engine.tooling import Tools

from .arguments import Arguments
from .document import Problems
from .expression_checks import ExpressionChecks
from .levels import Level, levels_of
from .loading import Workflow
from .questions import question_faults


def validate(workflow: Workflow, *, tools: Tools, expressions: Expressions) -> CompiledPlan:
    """Check all of a workflow that can be checked before it runs; return it compiled.

    Raises `DependencyError`, `ExpressionError` or `ValidationError` for one problem, and a
    `ValidationError` with a line for each when there are more.
    """
    calls = _Calls(tools)
    try:
        compiled = compile_plan(workflow.spec, expressions)
        nodes = [*compiled.nodes, *_fallback_nodes(workflow.spec, expressions)]
    except ValidationError as error:
        problems = _problems(workflow, calls, expressions)
        if not problems.found:
            problems.add_error(_place_of(error, workflow), error)
        raise problems.error() from error
    if any(True for node in nodes for _fault in _faults(node.spec, calls)):
        raise _problems(workflow, calls, expressions).error()
    return compiled


def _fallback_nodes(spec: PlanSpec, expressions: Expressions) -> list[Node]:
    """Return the steps of a plan's fallback, compiled as the plan that they would be."""
    if not isinstance(spec.fallback, tuple):
        return []
    taken = {step.id for step in spec.steps}
    doubled = next((step.id for step in spec.fallback if step.id in taken), None)
    if doubled is not None:
        problem = f"the fallback has a step {doubled!r}, and so have the plan's own steps"
        raise DependencyError(problem, ids=[doubled], mend="give one of them another id")
    fallback = spec.model_copy(update={"steps": spec.fallback, "fallback": None})
    return compile_plan(fallback, expressions).nodes


class _Calls:
    """The tool calls of a workflow's steps, checked against the tools at hand."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._arguments: dict[str, Arguments] = {}

    def faults(self, step: StepSpec) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with a step's calls: the pointer into the step, and the problem."""
        if step.tool is not None:
            yield from self._call_faults(step.tool, step.input, "")
        undo = step.compensate
        if undo is not None:
            yield from self._call_faults(undo.tool, dict(undo.input), "/compensate")
        for at, other in enumerate(step.alternatives):
            given = step.input if other.input is None else dict(other.input)
            yield from self._call_faults(other.tool, given, f"/alternatives/{at}")

    def _call_faults(self, name: str, arguments: Json, pointer: str) -> Iterator[tuple[str, str]]:
        try:
            known = self._arguments.get(name) or self._of_tool(name)
        except UnknownNameError as error:
            yield f"{pointer}/tool", str(error)
            return
        for place, problem in known.problems(arguments):
            yield f"{pointer}/input{place}", f"tool `{name}`: {problem}"

    def _of_tool(self, name: str) -> Arguments:
        known = self._arguments[name] = Arguments(self._tools.get(name).arguments_schema)
        return known


def _faults(step: StepSpec, calls: _Calls) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a step by itself: the pointer into it, and the problem."""
    yield from calls.faults(step)
    yield from question_faults(step)


def _problems(workflow: Workflow, calls: _Calls, expressions: Expressions) -> Problems:
    """Return all problems that have a place of their own."""
    problems = Problems(workflow.document, prefix=workflow.pointer)
    checks = ExpressionChecks(expressions, problems)
    for level in levels_of(workflow.spec):
        _check_dependencies(level, problems)
        for pointer, step in level.placed():
            for place, problem in _faults(step, calls):
                problems.add(pointer + place, problem)
            checks.check(step, pointer, level)
    return problems


def _check_dependencies(level: Level, problems: Problems) -> None:
    siblings = {step.id for step in level.steps}
    are_there = True
    for pointer, step in level.placed():
        for fault in edge_faults(step, siblings, level.outside):
            number = step.dependencies.index(fault.ids[0])
            problems.add_error(f"{pointer}/depends_on/{number}", fault)
            are_there = False
    try:
        refuse_doubles([step.id for step in level.steps])
        if are_there:
            Graph.of(level.steps, outside=level.outside)
    except DependencyError as error:
        problems.add_error(_place_in(level, error), error)


def _place_of(error: ValidationError, workflow: Workflow) -> str:
    """Return the pointer to what an error is about that shows in the whole plan only."""
    levels = list(levels_of(workflow.spec))
    if isinstance(error, DependencyError):
        places = (_place_in(level, error) for level in levels)
    else:
        places = (_large_demand(level, workflow.spec) for level in levels)
    return next((place for place in places if place), "/steps")


def _place_in(level: Level, error: DependencyError) -> str:
    """Return the pointer to the id that stands twice, else to a dependency of a circle."""
    ids = frozenset(error.ids)
    named = [(pointer, step) for pointer, step in level.placed() if step.id in ids]
    first = {step.id: pointer for pointer, step in reversed(named)}
    doubled = (f"{pointer}/id" for pointer, step in named if pointer != first[step.id])
    in_circle = (
        f"{pointer}/depends_on/{at}"
        for pointer, step in named
        for at, other in enumerate(step.dependencies)
        if other in ids
    )
    last = (f"{pointer}/id" for pointer, _step in reversed(named))
    return next(chain(doubled, in_circle, last), "")


def _large_demand(level: Level, spec: PlanSpec) -> str:
    """Return the pointer to a demand for more of a resource than there is."""
    for pointer, step in level.placed():
        for name, amount in step.resources.items():
            if amount > spec.settings.resources.get(name, amount):
                return below(f"{pointer}/resources", name)
    return ""
