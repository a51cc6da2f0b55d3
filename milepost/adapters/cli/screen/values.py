"""JSON values for people and for programs."""

from __future__ import annotations

import json
import re
from typing import Any

from milepost.domain.values import Json

from .terminal import clean, one_line

_RAW = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def document(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return JSON on several lines, with escapes for what could steer a terminal."""
    return harmless(json.dumps(value, ensure_ascii=False, indent=2))


def json_line(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return JSON on one line, with escapes for what could steer a terminal."""
    return harmless(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))


def brief(value: Json, most: int = 60) -> str:
    """Return a value on one line of at most `most` characters: text as it is, the rest as JSON."""
    if value is None:
        return ""
    return one_line(value if isinstance(value, str) else json_line(value), most)


def readable(value: Json) -> str:
    """Return a value in full: text as it is, the rest as JSON on several lines."""
    return clean(value) if isinstance(value, str) else document(value)


def harmless(text: str) -> str:
    """Escape what JSON allows and terminals obey; in JSON it only occurs inside of texts."""
    return _RAW.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
