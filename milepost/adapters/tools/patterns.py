"""Regular expressions that anybody may have written: matched as Python does, and never for long.

Python tries one way after the other. How many there are follows from how often a pattern may
choose how far to go, and from the length of the text; of repeated groups it may be any number.
Where there are too many, the engine of pydantic-core matches, in time linear in the text: it
knows neither look-around nor back-references (Cox, "Regular Expression Matching Can Be Simple
And Fast", 2007).
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import comb

from pydantic_core import SchemaError, SchemaValidator, core_schema

from milepost.domain.errors import LimitError, ValidationError
from milepost.domain.quoting import quoted

_MOST_WAYS = 20_000_000
_ONE_CHARACTER = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_COMMENT = re.compile(r"\(\?#[^)]*\)")
_OPENING = re.compile(r"\(\?(?:P?<\w+>|<?[=!]|[:>]|[aiLmsu-]+[:)])")
_SPACED = re.compile(r"\(\?[a-zA-Z]*x")
_REPEATED_GROUP = re.compile(r"\)\s*(?:[*+]|\{)")
_CHOICE = re.compile(r"(?:[*+?]|\{\d*,\d*\})[?+]?")


def check_pattern(pattern: str) -> None:
    """Raise `ValidationError` for what is no pattern, or cannot be matched in bounded time."""
    if _choices(pattern) is None:
        _linear(pattern)


def is_found(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text; it must have been checked.

    Raises `LimitError` for a text that is too long for its pattern.
    """
    choices = _choices(pattern)
    if choices is not None and comb(len(text) + choices + 1, choices + 1) <= _MOST_WAYS:
        return re.search(pattern, text) is not None
    try:
        return _linear(pattern).isinstance_python(text)
    except ValidationError as error:
        limit = f"the length of a text for the pattern {quoted(pattern)}"
        raise LimitError(limit, allowed="less", given=len(text)) from error


@lru_cache(maxsize=256)
def _choices(pattern: str) -> int | None:
    """Return how often a pattern chooses how far to go, None if a group is repeated.

    Of one that is none to Python that is not known either.
    """
    if _SPACED.search(pattern) or not _is_python(pattern):
        return None
    plain = _ONE_CHARACTER.sub("x", pattern)
    plain = _OPENING.sub("(", _COMMENT.sub("", plain))
    return None if _REPEATED_GROUP.search(plain) else len(_CHOICE.findall(plain))


def _is_python(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


@lru_cache(maxsize=32)
def _linear(pattern: str) -> SchemaValidator:
    """Return what accepts the texts in which a pattern is found, in linear time."""
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        why = str(error).rpartition(": ")[2].strip()
        problem = f"is no pattern, or repeats groups and cannot be matched quickly: {why}"
        raise ValidationError(f"{quoted(pattern)} {problem}") from error
