"""Words that stand for one of several choices."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from .errors import ValidationError
from .nearest import suggestion

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)


def choice(word: str, among: type[ChoiceT], *, where: str, kind: str) -> ChoiceT:
    """Return the choice that a word names, in any case; raise `ValidationError` if it names none.

    `kind` is what the choices are in the plural, for example `strategies`.
    """
    try:
        return among(word.lower())
    except ValueError:
        mend = suggestion(word, among, kind=kind)
        raise ValidationError(f"{word!r} is none of the {kind}", where=where, mend=mend) from None
