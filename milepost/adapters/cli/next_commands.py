"""Commands to try next, written so that they can be copied."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from .opening import Equipment
from .options import DEFAULT_STORE
from .screen.terminal import clean


def command(store: str, name: str, *words: str, equipment: Equipment | None = None) -> str:
    """Return a `milepost` command for a store, with `--db` only where it is needed.

    One that carries a plan on is given the same `equipment`.
    """
    told = store != os.environ.get("MILEPOST_DB", DEFAULT_STORE)
    parts = ["milepost", name, *words, *(["--db", store] if told else [])]
    return clean(shlex.join([*parts, *(_options(equipment) if equipment else ())]))


def _options(equipment: Equipment) -> Iterator[str]:
    """Yield the options that give a command the same tools and models."""
    if equipment.folder != os.environ.get("MILEPOST_FOLDER", Equipment().folder):
        yield from ("--folder", equipment.folder)
    for module in equipment.tools:
        yield from ("--tools", module)
    if equipment.models is not None:
        yield from ("--models", equipment.models)
    if equipment.allow_private_addresses:
        yield "--allow-private-addresses"
    if equipment.allow_sql_write:
        yield "--allow-sql-write"
