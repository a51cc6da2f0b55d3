"""Edits whose paths are written without the numbers of cases, with their full paths."""

from __future__ import annotations

from milepost.domain.path_names import meant_path

from .edits import Edit
from .tree import Steps, find, walk

_NAMES = ("path", "into", "step", "between")
"""Fields of edits that name steps by their paths."""


def in_full(edit: Edit, steps: Steps) -> Edit:
    """Return an edit with the full paths of the steps that it names."""
    given = {name: getattr(edit, name, None) for name in _NAMES}
    full = {name: _full(value, steps) for name, value in given.items() if value}
    other = {name: value for name, value in full.items() if value != given[name]}
    return edit.model_copy(update=other) if other else edit


def _full(value: object, steps: Steps) -> object:
    if isinstance(value, tuple):
        return tuple(_full(one, steps) for one in value)
    if not isinstance(value, str) or find(steps, value) is not None:
        return value
    return meant_path(value, (path for path, _step in walk(steps)))
