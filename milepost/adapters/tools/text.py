"""`text.join`: texts put together."""

from __future__ import annotations

import orjson

from milepost.domain.values import Json
from milepost.engine.tooling import Tool

from .decorator import tool


def text_tools() -> list[Tool]:
    """Return the text tools."""

    @tool(name="text.join", effect="read")
    async def join_texts(parts: list[Json], separator: str = "\n") -> str:
        """Join values into one text; what is not text is written as JSON."""
        return separator.join(map(_text, parts))

    return [join_texts]


def _text(value: Json) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
