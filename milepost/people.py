"""Who does something, when nobody says so."""

from __future__ import annotations


def me() -> str:
    """Return the name of the person at the computer."""
    import getpass  # noqa: PLC0415 - few plans need a name, and it loads the terminal

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
