"""Values as error messages show them: short, whatever they are."""

from __future__ import annotations

from reprlib import Repr

LONGEST = 60


class _Short(Repr):
    """A `repr` of bounded length and depth."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = LONGEST
        self.maxlevel = 3

    def repr_int(self, number: int, _level: int) -> str:
        """Show a number; Python refuses to write one of thousands of digits."""
        return str(number) if abs(number) < 10**18 else "a number of that many digits"


_short = _Short()


def quoted(value: object) -> str:
    """Return a value for a message, shortened when it is long."""
    text = _short.repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
