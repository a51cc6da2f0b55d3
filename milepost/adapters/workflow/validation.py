"""Checking a loaded workflow whole: dependencies, tools and their arguments, expressions.

Nothing is carried out. Each problem is told with the line that it stands in.
"""

from __future__ import annotations

from milepost.domain.errors import (
    DependencyError,
    ExpressionError,
    UnknownNameError,
    ValidationError,
)
from milepost.domain.expressions import Expressions
from milepost.domain.graph import Graph
from milepost.domain.steps import StepSpec
from milepost.domain.values import Json
from milepost.engine.core import compile_plan
from milepost.engine.tooling import Tools

from .arguments import argument_problems
from .document import Problems
from .expression_checks import ExpressionChecks
from .levels import Level, levels_of
from .loading import Workflow


def validate(workflow: Workflow, *, tools: Tools, expressions: Expressions) -> None:
    """Check all of a workflow that can be checked before it runs.

    Raises `DependencyError`, `ExpressionError` or `ValidationError` for one problem, and a
    `ValidationError` with a line for each when there are more.
    """
    problems = Problems(workflow.document, prefix=workflow.pointer)
    checks = ExpressionChecks(expressions, problems)
    for level in levels_of(workflow.spec):
        _check_dependencies(level, problems)
        for pointer, step in level.placed():
            _check_tools(step, pointer, tools, problems)
            checks.check(step, pointer, level)
    problems.raise_found()
    _check_circles(workflow, expressions, problems)
    problems.raise_found()


def _check_dependencies(level: Level, problems: Problems) -> None:
    try:
        Graph.of(level.steps, outside=level.outside)
    except DependencyError as error:
        problems.add_error(_place(error, level), error)


def _check_circles(workflow: Workflow, expressions: Expressions, problems: Problems) -> None:
    """Find circles that references and nesting close, as the engine itself does."""
    try:
        compile_plan(workflow.spec, expressions)
    except DependencyError as error:
        places = (_place(error, level) for level in levels_of(workflow.spec))
        problems.add_error(next((place for place in places if place), "/steps"), error)
    except (ExpressionError, ValidationError) as error:
        problems.add_error("/steps", error)


def _place(error: DependencyError, level: Level) -> str:
    """Return the pointer to the dependency or the id that an error is about."""
    found = ""
    for pointer, step in level.placed():
        if len(error.ids) == 1 or step.id in error.ids:
            for number, dependency in enumerate(step.dependencies):
                if dependency in error.ids:
                    return f"{pointer}/depends_on/{number}"
        if step.id in error.ids:
            found = f"{pointer}/id"
    return found


def _check_tools(step: StepSpec, pointer: str, tools: Tools, problems: Problems) -> None:
    if step.tool is not None:
        _check_call(step.tool, step.input, pointer, tools, problems)
    undo = step.compensate
    if undo is not None:
        _check_call(undo.tool, dict(undo.input), f"{pointer}/compensate", tools, problems)


def _check_call(name: str, arguments: Json, pointer: str, tools: Tools, problems: Problems) -> None:
    try:
        tool = tools.get(name)
    except UnknownNameError as error:
        problems.add(f"{pointer}/tool", str(error))
        return
    for place, problem in argument_problems(tool.arguments_schema, arguments):
        problems.add(f"{pointer}/input{place}", f"tool `{name}`: {problem}")
