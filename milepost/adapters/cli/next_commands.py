"""Commands to try next, written so that they can be copied."""

from __future__ import annotations

import os
import shlex

from .options import DEFAULT_STORE
from .screen.terminal import clean


def command(store: str, name: str, *words: str) -> str:
    """Return a `milepost` command for a store, with `--db` only where it is needed."""
    told = store != os.environ.get("MILEPOST_DB", DEFAULT_STORE)
    parts = ["milepost", name, *words, *(["--db", store] if told else [])]
    return clean(shlex.join(parts))
