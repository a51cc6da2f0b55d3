"""What a statement may be given: SQLite takes numbers of 64 bits and text in UTF-8."""

from __future__ import annotations

from collections.abc import Iterable

from milepost.domain.errors import ValidationError

_LARGEST = 2**63 - 1


def check_parameters(parameters: Iterable[object]) -> None:
    """Raise `ValidationError` for a parameter that no row can be compared with."""
    for parameter in parameters:
        if isinstance(parameter, str):
            _check_text(parameter)
        elif isinstance(parameter, int) and not -_LARGEST <= parameter <= _LARGEST:
            raise ValidationError(
                "the number is beyond those of any store", mend="give one of at most 63 bits"
            )


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        wrong = text[error.start : error.end]
        raise ValidationError(
            f"the text has {wrong!a}, which is no character", mend="give text in UTF-8"
        ) from None
