"""Paths of steps as people write them: numbers of cases and iterations may be left out."""

from __future__ import annotations

from collections.abc import Iterable

from .ids import static_path


def meant_path(path: str, known: Iterable[str]) -> str:
    """Return the known path that a path means: `route.approve` for `route[0].approve`.

    One that is known, that means none, or that may mean several, is returned as it is.
    """
    paths = list(known)
    if path in paths:
        return path
    found = [one for one in paths if _means(path, one)]
    return found[0] if len(found) == 1 else path


def _means(path: str, known: str) -> bool:
    written, there = path.split("."), known.split(".")
    return len(written) == len(there) and all(
        one in (other, static_path(other)) for one, other in zip(written, there, strict=True)
    )
