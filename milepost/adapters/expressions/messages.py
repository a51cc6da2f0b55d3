"""The evaluator's messages in the words of the workflow language."""

from __future__ import annotations

import re

from milepost.domain.errors import ExpressionError
from milepost.domain.nearest import suggestion

_LINE = re.compile(r"ERROR: [^:]*:(-?\d+):(-?\d+): (.*)")
_OVERLOAD = re.compile(
    r"no matching overload for '(?P<checked>[^']+)' applied to '\((?P<types>.*)\)'"
    r"|No matching overloads found : (?P<met>[^(]+)(?:\((?P<kinds>.*)\))?"
)
_ITERATED = re.compile(r"map(?:\(.*\))?|[\w.]+")
_NOT_CONDITION = re.compile(r"<jump_condition>|_&&_|_\|\|_|!_")
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_KEY = re.compile(r"Key not found in map : (.*)")
_INDEX = re.compile(r"Index error: index=(-?\d+) size=(\d+)")
_DEPTH = re.compile(r"recursion (?:depth|limit)")
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")
_NUMBERS = frozenset({"int", "double", "uint"})
_SHORTER = (("int64", "int"), ("uint64", "uint"), ("null_type", "null"))

FUNCTIONS = (
    *("all", "exists", "exists_one", "filter", "map", "has", "size", "contains", "startsWith"),
    *("endsWith", "matches", "int", "uint", "double", "string", "bool", "bytes", "type", "dyn"),
    *("timestamp", "duration", "getFullYear", "getMonth", "getDate", "getDayOfMonth"),
    *("getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds"),
)


def translated(message: str, *, loops: bool) -> ExpressionError:
    """Return the error for a message of the compiler or of an evaluation.

    `loops` says whether the expression has macros, whose operand is checked by `+ []`.
    """
    line = _LINE.search(message)
    text = line[3] if line else _STATUS.sub("", _STATUS.sub("", message.split("\n", 1)[0]))
    for pattern, told in (
        (_OVERLOAD, _overload_in_loops if loops else _overload),
        (_UNDECLARED, _undeclared),
        (_KEY, _no_key),
        (_INDEX, _no_index),
        (_DEPTH, _too_deep),
    ):
        found = pattern.search(text)
        if found:
            return told(found)
    if "Iteration budget" in text:
        return ExpressionError(
            "it takes more than 9,999 iterations", mend="go through fewer items, or use a tool"
        )
    return ExpressionError(text)


def syntax_error(message: str) -> ExpressionError | None:
    """Return the error for a message about syntax, with the place; None for any other."""
    line = _LINE.search(message)
    if line is None or not line[3].startswith("Syntax error"):
        return None
    problem = line[3].removeprefix("Syntax error: ").split(" expecting ")[0]
    place = f"line {line[1]}, character {line[2]}" if line[1] != "1" else f"character {line[2]}"
    return ExpressionError(f"{problem.replace('<EOF>', 'its end')} at {place}")


def _overload_in_loops(found: re.Match[str]) -> ExpressionError:
    name, types = _call(found)
    if name != "_+_" or len(types) != 2 or not types[1].startswith("list"):  # noqa: PLR2004
        return _overload(found)
    return ExpressionError(
        f"`all`, `exists`, `exists_one`, `map` and `filter` go through lists, this is {types[0]}",
        mend="give them a list; the names in a map have no order",
    )


def _overload(found: re.Match[str]) -> ExpressionError:
    name, types = _call(found)
    if _NOT_CONDITION.fullmatch(name):
        return ExpressionError(
            "a condition in it is neither true nor false", mend="compare, for example `x > 0`"
        )
    sign = name.strip("_@").replace("_", " ") or name
    given = " and ".join(types) or "these types"
    return ExpressionError(f"`{sign}` does not take {given}", mend=_conversion(name, types))


def _conversion(name: str, types: list[str]) -> str:
    if len(types) == 2 and set(types) <= _NUMBERS:  # noqa: PLR2004 - two operands
        return "whole and other numbers do not mix: write 2.0 for 2, or use double() or int()"
    if "string" in types and name == "_+_":
        return "wrap the other side in string()"
    return "convert one side, for example with int(), double() or string()" if types else ""


def _call(found: re.Match[str]) -> tuple[str, list[str]]:
    name = (found["checked"] or found["met"]).strip()
    types = found["types"] if found["checked"] else found["kinds"] or ""
    for long, short in _SHORTER:
        types = types.replace(long, short)
    return name, _split_types(types)


def _split_types(text: str) -> list[str]:
    """Split at the commas that are outside of brackets, and drop what is in them."""
    flat = text
    while "(" in flat:
        shorter = re.sub(r"\([^()]*\)", "", flat)
        if shorter == flat:
            break
        flat = shorter
    return [part.strip() for part in flat.split(",")] if flat.strip() else []


def _undeclared(found: re.Match[str]) -> ExpressionError:
    name = found[1]
    return ExpressionError(
        f"there is no function `{name}`", mend=suggestion(name, FUNCTIONS, kind="functions")
    )


def _no_key(found: re.Match[str]) -> ExpressionError:
    return ExpressionError(f"there is no {found[1]} in a map", mend="ask with has() first")


def _no_index(found: re.Match[str]) -> ExpressionError:
    return ExpressionError(f"there is no item {found[1]} in a list of {found[2]}")


def _too_deep(_found: re.Match[str]) -> ExpressionError:
    return ExpressionError("it is nested too deeply, at most 32 levels", mend="split it into steps")
