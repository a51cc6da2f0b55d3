"""Splitting a text with `${...}` into its literal texts and the expressions between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from .errors import ExpressionError
from .expressions import MAX_SOURCE
from .paths import TEXT

_MARK = re.compile(r"\$\$\{|\$\{")
_INSIDE = re.compile(rf"{TEXT}|[{{}}]")


@dataclass(frozen=True, slots=True)
class Inside:
    """What stands between `${` and `}`."""

    source: str


Piece: TypeAlias = "str | Inside"


def split(text: str) -> list[Piece]:
    """Return literal texts and insides of `${...}` in order, with `$${` turned to `${`.

    Braces and quoted texts inside are understood. Raises `ExpressionError` for a `${` without
    its `}` and for an inside that is empty or too long.
    """
    pieces: list[Piece] = []
    literal, position = "", 0
    while mark := _MARK.search(text, position):
        literal += text[position : mark.start()]
        if mark[0] == "$${":
            literal, position = literal + "${", mark.end()
            continue
        end = _closing_brace(text, mark.end())
        pieces += [literal] if literal else []
        pieces.append(_inside(text[mark.end() : end]))
        literal, position = "", end + 1
    literal += text[position:]
    return [*pieces, literal] if literal else pieces


def _inside(source: str) -> Inside:
    if not source.strip():
        raise ExpressionError("`${}` is empty", mend="name what goes in, or write `$${`")
    return Inside(source)


def _closing_brace(text: str, begin: int) -> int:
    depth = 1
    for token in _INSIDE.finditer(text, begin, begin + MAX_SOURCE + 1):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.start()
    if len(text) - begin > MAX_SOURCE:
        raise ExpressionError(
            f"`{text[begin - 2 : begin + 40]}…` has no `}}` within {MAX_SOURCE:,} characters",
            mend="close it, shorten it, or write `$${` for a plain `${`",
        )
    raise ExpressionError(
        f"`{_shown(text[begin - 2 :])}` has no closing `}}`",
        mend="close it, or write `$${` for a plain `${`",
    )


def _shown(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
