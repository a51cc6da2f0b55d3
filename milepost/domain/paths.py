"""Paths into JSON values as expressions write them: `load.output.rows[0].name`.

A path is a name, then any number of `.name`, `["any text"]` and `[0]`. It is parsed once to a
tuple of keys and walked without copying.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from .errors import ExpressionError
from .nearest import suggestion
from .values import Json

Keys: TypeAlias = tuple[str | int, ...]

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
TEXT = (
    r"[bB]?[rR](?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|\"[^\"\r\n]*\"|'[^'\r\n]*')"
    r"|[bB]?(?:\"\"\"(?:[^\\]|\\[\s\S])*?\"\"\"|'''(?:[^\\]|\\[\s\S])*?'''"
    r"|\"(?:[^\"\\\r\n]|\\.)*\"|'(?:[^'\\\r\n]|\\.)*')"
)
"""A quoted text in an expression, raw and triple quoted ones included."""
NAME_PATTERN = re.compile(NAME)
NOT_ROOTS = frozenset({"true", "false", "null", "in"})

_STEP = re.compile(rf"\s*(?:\.\s*({NAME})|\[\s*(?:(\d{{1,9}})|({TEXT}))\s*\])")
_ROOT = re.compile(rf"\s*({NAME})")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|([\\?\"'`abfnrtv]))")
_ESCAPED = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))


def parse_path(source: str) -> Keys | None:
    """Return the keys of `source` when it is only a path, else None."""
    root = _ROOT.match(source)
    if root is None or root[1] in NOT_ROOTS:
        return None
    keys: list[str | int] = [root[1]]
    position = root.end()
    while step := _STEP.match(source, position):
        key = _key(step)
        if key is None:
            return None
        keys.append(key)
        position = step.end()
    return tuple(keys) if not source[position:].strip() else None


def unquote(literal: str) -> str | None:
    """Return the text that a quoted literal stands for; None for bytes and other escapes."""
    prefix = literal[: len(literal) - len(literal.lstrip("bBrR"))].lower()
    body = literal[len(prefix) :]
    triple = body.startswith(('"""', "'''"))
    body = body[3:-3] if triple else body[1:-1]
    if "b" in prefix:
        return None
    if "r" in prefix or "\\" not in body:
        return body
    return _ESCAPE.sub(_character, body) if "\\" not in _ESCAPE.sub("", body) else None


def written(keys: Sequence[str | int]) -> str:
    """Return keys as a path is written."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif NAME_PATTERN.fullmatch(key):
            text += f".{key}" if text else key
        else:
            text += f'["{key}"]'
    return text


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value lies in a scope; `source` is the path as the author wrote it."""

    source: str
    keys: Keys

    def resolve(self, scope: Mapping[str, Json]) -> Json:
        """Return the value there, not a copy; raise `ExpressionError` when there is none."""
        value: Any = scope
        try:
            for key in self.keys:
                if key.__class__ is int and value.__class__ is str:
                    break
                value = value[key]
            else:
                found: Json = value
                return found
        except (KeyError, IndexError, TypeError):
            pass
        raise _missing(self, scope)


def _key(step: re.Match[str]) -> str | int | None:
    name, index, literal = step.groups()
    if index is not None:
        return int(index)
    return name if name is not None else unquote(literal)


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(escape[3], escape[3])


def _missing(path: Path, scope: Mapping[str, Json]) -> ExpressionError:
    value: object = scope
    for depth, key in enumerate(path.keys):
        found = _child(value, key)
        if found is _NOTHING:
            return _nothing_there(path, depth, value)
        value = found
    return ExpressionError("the value changed while it was read", where=path.source)


_NOTHING = object()


def _child(value: object, key: str | int) -> object:
    if isinstance(key, int):
        if isinstance(value, list) and key < len(value):
            return value[key]
        return _NOTHING
    return value.get(key, _NOTHING) if isinstance(value, Mapping) else _NOTHING


def _nothing_there(path: Path, depth: int, value: object) -> ExpressionError:
    parent = _name(path.keys[:depth])
    key = path.keys[depth]
    mend = ""
    if isinstance(key, int):
        problem = f"there is no item {key}; {parent} {_described(value)}"
    elif isinstance(value, Mapping):
        problem = f"there is no `{key}` in {parent}"
        mend = suggestion(key, value, kind="names")
    else:
        problem = f"there is no `{key}`; {parent} {_described(value)}"
    return ExpressionError(problem, where=path.source, mend=mend)


def _name(keys: Keys) -> str:
    """Return a path for a message: steps with a plain name go by it."""
    plain = keys[:1] == ("steps",) and len(keys) > 1 and NAME_PATTERN.fullmatch(str(keys[1]))
    return written(keys[1:] if plain else keys) or "this scope"


def _described(value: object) -> str:
    if isinstance(value, list):
        return f"is a list of {len(value)}"
    if isinstance(value, Mapping):
        return "is an object"
    if value is None or isinstance(value, bool):
        return {None: "is null", True: "is true", False: "is false"}[value]
    return "is a text" if isinstance(value, str) else "is a number"
