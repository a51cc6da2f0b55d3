"""A loaded document: plain JSON, and where in its source each part of it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from milepost.domain.errors import DependencyError, ExpressionError, ValidationError
from milepost.domain.validation import Problem
from milepost.domain.values import Json

from .authored_places import authored_place
from .guards import printable

MAX_PROBLEMS = 20


class Place(NamedTuple):
    """A line and a column, both from 1."""

    line: int
    column: int


def _same(pointer: str) -> str:
    return pointer


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON value with its source: `name` is the file's, `places` those of a YAML text.

    When the value was converted from another shape, `original` turns pointers back.
    All pointers may be into the value or into the plan that it writes.
    """

    value: Json
    name: str
    places: Mapping[str, Place] | None = None
    original: Callable[[str], str] = _same

    def where(self, pointer: str) -> str:
        """Return where the part at a JSON pointer stands: `file:line:column` or `file#/pointer`.

        A pointer to what is not there gives the place of what it would be in.
        """
        pointer = self.authored(pointer)
        if self.places is None:
            return f"{self.name}#{printable(pointer)}"
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        place = self.places.get(pointer, Place(1, 1))
        return f"{self.name}:{place.line}:{place.column}"

    def authored(self, pointer: str) -> str:
        """Return the pointer into what the author wrote."""
        return self.original(authored_place(pointer, self.value))


@dataclass(slots=True)
class Problems:
    """What is wrong with a document, collected so that all of it is told at once.

    One more than `MAX_PROBLEMS` is raised as it is noted: nothing further need be looked for.
    `prefix` is the pointer that all pointers given here are below.
    """

    document: Document
    prefix: str = ""
    found: list[ValidationError] = field(default_factory=list)

    def add(self, pointer: str, problem: str, *, mend: str = "") -> None:
        """Note a problem of the part at `pointer`."""
        self.add_error(pointer, ValidationError(problem, mend=mend))

    def add_error(self, pointer: str, error: ValidationError) -> None:
        """Note an error as a problem of the part at `pointer`, keeping its kind."""
        where = self.where(pointer)
        problem = printable(f"{error.where}: {error.problem}" if error.where else error.problem)
        mend = printable(error.mend)
        if isinstance(error, DependencyError):
            self.found.append(DependencyError(problem, ids=error.ids, where=where, mend=mend))
        elif isinstance(error, ExpressionError):
            self.found.append(ExpressionError(problem, where=where, mend=mend))
        else:
            self.found.append(ValidationError(problem, where=where, mend=mend))
        if len(self.found) > MAX_PROBLEMS:
            raise self.error()

    def add_fault(self, pointer: str, fault: Problem) -> None:
        """Note what a model found wrong with the part at `pointer`, naming its key."""
        key = self.document.authored(self.prefix + pointer).rpartition("/")[2]
        problem = fault.problem
        if fault.pointer and not key.isdecimal() and "`" not in problem:
            problem = f"`{key}` {problem}" if problem.startswith("must ") else f"`{key}`: {problem}"
        self.add_error(pointer, replace(fault, pointer="", problem=problem).error())

    def where(self, pointer: str) -> str:
        """Return where the part at `pointer` stands."""
        return self.document.where(self.prefix + pointer)

    def raise_found(self) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise self.error()

    def error(self) -> ValidationError:
        """Return the problem, or one error with all of them, a line for each."""
        if len(self.found) == 1:
            return self.found[0]
        lines = [str(problem) for problem in self.found[:MAX_PROBLEMS]]
        more = ["and more"] if len(self.found) > MAX_PROBLEMS else []
        return ValidationError("\n".join([*lines, *more]))
