"""Chunks of a running plan, gathered from its runners and given to whoever listens."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import NamedTuple

import anyio

from milepost.domain.values import Json

LONGEST_BACKLOG = 1000
"""Passing chunks that a slow listener may fall behind by; older ones are dropped for it."""


class ChunkKind(StrEnum):
    """What a chunk carries. Status and final chunks are never dropped; the others pass by."""

    TOKEN = "token"  # noqa: S105 - a piece of a model's text
    TOOL_CALL = "tool_call"
    JSON_PARTIAL = "json_partial"
    STATUS = "status"
    FINAL = "final"


LASTING = frozenset({ChunkKind.STATUS, ChunkKind.FINAL})


class Chunk(NamedTuple):
    """One piece of a run; `sequence` counts the plan's chunks from 1, without gaps."""

    plan: str
    step: str | None
    sequence: int
    kind: ChunkKind
    value: Json


class StreamingAggregator:
    """Numbers the chunks of one plan and hands them to every listener in order."""

    def __init__(self, plan: str) -> None:
        self._plan = plan
        self._sequence = 0
        self._listeners: list[_Listener] = []
        self._closed = False

    def emit(self, kind: ChunkKind, value: Json, step: str | None = None) -> None:
        """Give a chunk to the listeners."""
        self._sequence += 1
        if self._listeners:
            chunk = Chunk(self._plan, step, self._sequence, kind, value)
            for listener in self._listeners:
                listener.put(chunk)

    def close(self) -> None:
        """Let every listener come to its end."""
        self._closed = True
        for listener in self._listeners:
            listener.wake.set()

    async def chunks(self) -> AsyncIterator[Chunk]:
        """Yield chunks from now on until the plan's run ends."""
        listener = _Listener()
        self._listeners.append(listener)
        try:
            while True:
                while listener.backlog:
                    yield listener.backlog.popleft()
                if self._closed:
                    return
                listener.wake = anyio.Event()
                await listener.wake.wait()
        finally:
            self._listeners.remove(listener)


class _Listener:
    def __init__(self) -> None:
        self.backlog: deque[Chunk] = deque()
        self.wake = anyio.Event()

    def put(self, chunk: Chunk) -> None:
        if len(self.backlog) >= LONGEST_BACKLOG:
            self._drop_oldest_passing()
        self.backlog.append(chunk)
        self.wake.set()

    def _drop_oldest_passing(self) -> None:
        for place, chunk in enumerate(self.backlog):
            if chunk.kind not in LASTING:
                del self.backlog[place]
                return
