"""Stores: a SQLite file shared by processes, and memory; both behind the engine's journal."""

from .journal import SqliteJournal, open_journal
from .limits import CommitLimits, StoreLimits, WalLimits
from .memory import MemoryJournal, MemoryStore, open_memory_journal

__all__ = [
    "CommitLimits",
    "MemoryJournal",
    "MemoryStore",
    "SqliteJournal",
    "StoreLimits",
    "WalLimits",
    "open_journal",
    "open_memory_journal",
]
