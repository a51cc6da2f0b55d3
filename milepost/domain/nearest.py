"""What a misspelt name was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

MAX_COMPARED = 2_000
MAX_LISTED = 8


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, None when none is much like it."""
    by_lower = {candidate.lower(): candidate for candidate in islice(known, MAX_COMPARED)}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def suggestion(name: str, known: Iterable[str], *, kind: str) -> str:
    """Return how to mend a misspelt `name`: the nearest known one, else a list of them.

    `kind` names what they are in the plural, for example `tools`.
    """
    names = list(known)
    meant = nearest(name, names)
    if meant is not None:
        return f"did you mean `{meant}`?"
    if not names:
        return f"there are no {kind} here"
    return f"known {kind}: {listed(names)}"


def listed(names: Iterable[str]) -> str:
    """Return names for a message: the first few, shortened, and how many more there are."""
    known = list(names)
    shown = ", ".join(_short(name) for name in known[:MAX_LISTED])
    more = len(known) - MAX_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def _short(name: str, length: int = 40) -> str:
    return f"`{name}`" if len(name) <= length else f"`{name[: length - 1]}…`"
