"""The tokens of a CEL expression."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias, cast

from milepost.domain.errors import ExpressionError
from milepost.domain.paths import NAME, TEXT

TokenKind: TypeAlias = Literal["text", "number", "name", "sign", "end"]

_TOKEN = re.compile(
    rf"(?P<space>[ \t\r\n\f]+|//[^\n]*)"
    rf"|(?P<text>{TEXT})"
    rf"|(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?[uU]?)"
    rf"|(?P<name>{NAME})"
    rf"|(?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,(){{}}\[\]])"
)
_WORD = re.compile(r"\w+")


class Token(NamedTuple):
    """A token and what it is; the last one is of kind `end` and has no text."""

    kind: TokenKind
    text: str


def tokenize(source: str) -> list[Token]:
    """Return the tokens of `source`; raise `ExpressionError` for what no token begins with."""
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None:
            raise _unreadable(source, position)
        if found.lastgroup != "space":
            tokens.append(Token(cast("TokenKind", found.lastgroup), found[0]))
        position = found.end()
    return [*tokens, Token("end", "")]


def _unreadable(source: str, position: int) -> ExpressionError:
    word = _WORD.match(source, position)
    if word is not None:
        return ExpressionError(
            f"`{word[0]}` is not a plain name",
            mend=f'reach a step by `steps["{word[0]}"].output`',
        )
    if source[position] in "\"'":
        return ExpressionError("a quoted text is not closed", mend="close its quotes")
    if source[position] == "=":
        return ExpressionError("`=` compares nothing", mend="write `==`")
    if source[position] in "&|":
        sign = source[position]
        return ExpressionError(f"`{sign}` is not known", mend=f"write `{sign}{sign}`")
    return ExpressionError(
        f"`{source[position]}` at character {position + 1} cannot stand in an expression"
    )
