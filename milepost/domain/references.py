"""`NAME@VERSION`: how a version of a published workflow is named."""

from __future__ import annotations

import re
from typing import TypeGuard

from .errors import ValidationError
from .quoting import quoted

_NAME = re.compile(r"[^/\\{\n]+")
_VERSION = re.compile(r"(?!.*\.(?:ya?ml|json)$)[^@/\\\s]+")
_REFERENCE = re.compile(f"{_NAME.pattern}@{_VERSION.pattern}")


def is_reference(source: object) -> TypeGuard[str]:
    """Tell whether a source names a published version; a file's name is told by its ending."""
    return isinstance(source, str) and _REFERENCE.fullmatch(source) is not None


def publishable_name(name: str | None, version: str, *, where: str = "") -> str:
    """Return the name; raise `ValidationError` if no reference could name the version."""
    if not name:
        raise ValidationError(
            "a workflow without a name cannot be published", where=where, mend="give it a `name`"
        )
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"a workflow named {quoted(name)} cannot be published",
            where=where,
            mend=r"choose a `name` of one line without `/`, `\` and `{`",
        )
    if not _VERSION.fullmatch(version):
        raise ValidationError(
            f"a workflow of version {quoted(version)} cannot be published",
            where=where,
            mend="write a `version` like 1.0.0",
        )
    return name
