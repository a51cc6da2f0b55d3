"""What a process did to its files, read from a trace of its system calls."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CALLS = (
    "openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink,unlinkat,rename,renameat,renameat2,"
    "pwritev,pwritev2,writev,fallocate,sync_file_range,copy_file_range,mmap"
)
"""Everything that could change a file; what the model does not know makes reading fail."""
_KNOWN = {"openat", "pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink", "mmap"}
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
_UNFINISHED = re.compile(r"^(\d+) +(\w+\(.*?),? *<unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(?:, )?(.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_HANDLE = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True)
class Write:
    """Bytes put into a file."""

    path: Path
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    """A file given a length."""

    path: Path
    size: int


@dataclass(frozen=True)
class Create:
    """A file opened that is made if it is not there."""

    path: Path


@dataclass(frozen=True)
class Unlink:
    """A name taken away."""

    path: Path


@dataclass(frozen=True)
class Sync:
    """A file or a folder synced: what was done to it before operation number `begun`."""

    path: Path
    begun: int
    failed: bool = False


@dataclass(frozen=True)
class Note:
    """Text appended to the ledger, which stands outside of the computer."""

    text: bytes


Operation = Write | Truncate | Create | Unlink | Sync | Note


def options(trace: Path, *, store: Path, ledger: Path) -> list[str]:
    """Return strace's options that write down what is done to a store and a ledger."""
    paths = [ledger, store.parent, *(store.with_name(store.name + end) for end in _ENDINGS)]
    followed = [word for path in paths for word in ("-P", str(path))]
    return ["-o", str(trace), "-xx", "-y", "-s", "100000000", "-e", f"trace={CALLS}", *followed]


_ENDINGS = ("", "-wal", "-journal", "-shm")


def read_trace(trace: Path, *, ledger: Path) -> list[Operation]:
    """Return the operations in the order in which they were begun, syncs when they ended."""
    operations: list[Operation] = []
    for begun, call, arguments, result in _calls(trace.read_text().splitlines(), operations):
        operation = _operation(call, arguments, result, ledger=ledger, begun=begun)
        if operation is not None:
            operations.append(operation)
    return operations


def _calls(
    lines: Iterable[str], operations: list[Operation]
) -> Iterator[tuple[int, str, str, int]]:
    """Yield calls with the number of operations when each was begun; only syncs may be cut."""
    open_calls: dict[str, tuple[int, str]] = {}
    for line in lines:
        if cut := _UNFINISHED.match(line):
            open_calls[cut[1]] = len(operations), f"{cut[1]} {cut[2]}"
            continue
        begun, whole = len(operations), line
        if resumed := _RESUMED.match(line):
            begun, head = open_calls.pop(resumed[1])
            whole = head + resumed[2]
        if match := _LINE.match(whole):
            yield begun, match[2], match[3], int(match[4])


def _operation(
    call: str, arguments: str, result: int, *, ledger: Path, begun: int
) -> Operation | None:
    if call not in _KNOWN:
        raise AssertionError(f"{call} was called, and the model does not know what it does")
    path = _path(call, arguments)
    if call in ("fdatasync", "fsync"):
        return None if path == ledger else Sync(path, begun, failed=result < 0)
    if result < 0 or path.name.endswith("-shm") or call == "mmap":
        return None
    if call in ("write", "pwrite64"):
        data = _bytes(arguments)[:result]
        return (
            Note(data) if path == ledger else Write(path, int(arguments.rpartition(" ")[2]), data)
        )
    if call == "ftruncate":
        return Truncate(path, int(arguments.rpartition(" ")[2]))
    if call == "unlink":
        return Unlink(path)
    return Create(path) if "O_CREAT" in arguments and path != ledger else None


def _path(call: str, arguments: str) -> Path:
    handle = _HANDLE.match(arguments)
    if call in ("openat", "unlink") or handle is None:
        return Path(_bytes(arguments).decode())
    return Path(bytes.fromhex(handle[1].replace("\\x", "")).decode())


def _bytes(arguments: str) -> bytes:
    quoted = _TEXT.search(arguments)
    return bytes.fromhex(quoted[1].replace("\\x", "")) if quoted else b""
