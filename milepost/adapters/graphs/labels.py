"""Texts in pictures: cleaned of control characters, measured in cells, cut to a length."""

from __future__ import annotations

import re
import unicodedata

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff]+"
)
"""Control characters, those that turn the direction of text, and what XML cannot hold."""


def plain(text: str) -> str:
    """Return text on one line, with a space for each run of characters that do not print."""
    return _UNPRINTABLE.sub(" ", text).strip()


def cells(text: str) -> int:
    """Return how many cells of a fixed-width font a text takes."""
    return sum(_width(character) for character in text)


def cut(text: str, most: int) -> str:
    """Return plain text of at most `most` cells, with an ellipsis where it was longer."""
    text = plain(text)
    if cells(text) <= most:
        return text
    kept, left = [], most - 1
    for character in text:
        left -= _width(character)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
