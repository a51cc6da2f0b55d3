"""A disk that keeps what was synced and may keep any part of the rest: its states after a crash."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .syscalls import Create, Note, Operation, Sync, Truncate, Unlink, Write

SECTORS = (512, 4096)
Change = Write | Truncate
Names = dict[Path, "_File"]


@dataclass
class _File:
    """A file's synced bytes, and what was done to it since, each with its number."""

    durable: bytes = b""
    pending: list[tuple[int, Change]] = field(default_factory=list)

    def sync(self, before: int, *, failed: bool) -> None:
        """Keep what was done before; what a failed sync was to keep is lost for good."""
        if not failed:
            done = [change for number, change in self.pending if number < before]
            self.durable = _applied(self.durable, done)
        self.pending = [entry for entry in self.pending if entry[0] >= before]

    def changes(self) -> list[Change]:
        return [change for _number, change in self.pending]


@dataclass(frozen=True)
class CrashState:
    """What is on the disk, and what the world had been told, when the power went."""

    after: int
    """Operations that had been begun."""
    fate: str
    files: dict[Path, bytes]
    told: bytes

    def restore(self, folder: Path) -> None:
        """Write the files into a folder."""
        for path, data in self.files.items():
            (folder / path.name).write_bytes(data)


class Disk:
    """Follows operations, and tells what a crash could leave."""

    def __init__(self, luck: random.Random) -> None:
        self._luck = luck
        self._names: Names = {}
        self._durable_names: Names = {}
        self._name_changes: list[tuple[int, Path, _File | None]] = []
        self._told = b""
        self._number = 0

    def follow(self, operation: Operation) -> None:
        """Take one more operation into account."""
        match operation:
            case Write(path) | Truncate(path):
                self._names[path].pending.append((self._number, operation))
            case Create(path):
                if path not in self._names:
                    self._rename(path, _File())
            case Unlink(path):
                self._rename(path, None)
            case Sync(path, begun, failed):
                self._sync(path, begun, failed=failed)
            case Note(text):
                self._told += text
        self._number += 1

    def crashes(self) -> Iterator[CrashState]:
        """Yield the state for each fate of what is not synced yet."""
        yield self._state("dropped", self._durable_names, lambda _changes: [])
        yield self._state("kept", self._names, lambda changes: changes)
        yield self._state("half", self._some_names(), self._half)
        for size in SECTORS:
            yield self._state(
                f"torn at {size}", self._names, lambda changes, size=size: self._torn(changes, size)
            )

    def _state(self, fate: str, names: Names, survive: "_Survival") -> CrashState:
        files = {
            path: _applied(file.durable, survive(file.changes())) for path, file in names.items()
        }
        return CrashState(self._number, fate, files, self._told)

    def _rename(self, path: Path, file: _File | None) -> None:
        self._name_changes.append((self._number, path, file))
        _name(self._names, path, file)

    def _sync(self, path: Path, begun: int, *, failed: bool) -> None:
        if path in self._names:
            self._names[path].sync(begun, failed=failed)
        elif not failed:
            for number, name, file in self._name_changes:
                if number < begun:
                    _name(self._durable_names, name, file)
            self._name_changes = [one for one in self._name_changes if one[0] >= begun]

    def _some_names(self) -> Names:
        """Return the names after some of the changes: a folder is journalled, in order."""
        names = dict(self._durable_names)
        for _number, path, file in self._name_changes[: self._luck.randint(0, 9)]:
            _name(names, path, file)
        return names

    def _half(self, changes: list[Change]) -> list[Change]:
        kept = [change for change in changes if self._luck.random() < 0.5]
        return [
            _cut(change, self._luck.choice(SECTORS), self._luck)
            if isinstance(change, Write) and self._luck.random() < 0.2
            else change
            for change in kept
        ]

    def _torn(self, changes: list[Change], size: int) -> list[Change]:
        if not changes or not isinstance(changes[-1], Write):
            return changes
        return [*changes[:-1], _cut(changes[-1], size, self._luck)]


class _Survival:
    """What of the changes since the last sync survives."""

    def __call__(self, changes: list[Change], /) -> list[Change]: ...


def crash_states(
    operations: Sequence[Operation], luck: random.Random, points: frozenset[int] | None = None
) -> Iterator[CrashState]:
    """Yield every distinct state after a crash at the given points, or at every one."""
    disk = Disk(luck)
    seen: set[int] = set()
    for number, operation in enumerate(operations):
        disk.follow(operation)
        if points is not None and number not in points:
            continue
        for state in disk.crashes():
            identity = hash((tuple(sorted(state.files.items())), state.told))
            if identity not in seen:
                seen.add(identity)
                yield state


def _name(names: Names, path: Path, file: _File | None) -> None:
    if file is None:
        names.pop(path, None)
    else:
        names[path] = file


def _cut(write: Write, size: int, luck: random.Random) -> Write:
    """Keep a write's bytes up to a sector's boundary."""
    end = write.offset + len(write.data)
    boundaries = range((write.offset // size + 1) * size, end, size)
    place = luck.choice([write.offset, *boundaries])
    return Write(write.path, write.offset, write.data[: place - write.offset])


def _applied(data: bytes, changes: Sequence[Change]) -> bytes:
    content = bytearray(data)
    for change in changes:
        if isinstance(change, Truncate):
            del content[change.size :]
            content.extend(bytes(change.size - len(content)))
        elif change.data:
            content.extend(bytes(max(change.offset - len(content), 0)))
            content[change.offset : change.offset + len(change.data)] = change.data
    return bytes(content)
