"""Numbers that words of a command write out."""

from __future__ import annotations

from milepost.domain.errors import ValidationError

_MOST_DIGITS = 19
"""What a store can hold."""


def number_of(word: str, *, where: str) -> int | None:
    """Return the whole number that a word writes out, None if it is something else.

    Raises `ValidationError` for one that is larger than any a store can hold.
    """
    if not (word.isascii() and word.isdigit()):
        return None
    if len(word) > _MOST_DIGITS:
        raise ValidationError(f"a number of {len(word)} digits is too large", where=where)
    return int(word)
