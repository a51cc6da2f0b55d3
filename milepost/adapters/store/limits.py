"""How much the store takes at once, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass, field

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CommitLimits:
    """Sizes in events, times in seconds."""

    queued: int = 8_192
    """More than these wait outside the queue."""
    in_place: int = 512
    """Most in one commit of the loop's own thread, unless one save alone is larger: the loop
    stands still for as long as it takes, some 15 microseconds an event."""
    batch: int = 2_048
    """Most in one commit of the second thread."""
    patience: float = 0.05
    """How long the loop may leave its queue before the thread takes over."""
    busy_timeout: float = 5.0
    """How long a save waits for another process or program before it fails."""


@dataclass(frozen=True, slots=True)
class WalLimits:
    """When the write-ahead log is moved into the file, in pages of 2 KiB, and its size on disk."""

    commits: int = 64
    """Commits between two checkpoints, as long as the bounds on pages hold."""
    least_pages: int = 450
    most_pages: int = 16_000
    reserved: int = _MEBIBYTE
    """Bytes that a busy process gives the log at once, enough for the least pages: writing over
    them is twice as fast as making the file longer at every commit."""
    most_bytes: int = 64 * _MEBIBYTE
    """A log file that grew beyond this is cut as soon as no reader needs it."""


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """All limits of a store."""

    commits: CommitLimits = field(default_factory=CommitLimits)
    wal: WalLimits = field(default_factory=WalLimits)
