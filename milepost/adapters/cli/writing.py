"""Files that commands write: whole or not at all, and never over the store."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path

from milepost.domain.errors import RefusedError

_DEVICES = ("/dev/", "/proc/")


def write_text(text: str, output: str | None, *, store: str) -> None:
    """Write a text to a file, or to standard output; raise `RefusedError` where it cannot be."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        _refuse_the_store(output, store)
        content = text.encode()
        if _takes_whole_files(output):
            _put(content, Path(output).resolve())
        else:
            Path(output).write_bytes(content)
    except OSError as error:
        raise unwritable(output, error) from error


def unwritable(path: str, error: OSError) -> RefusedError:
    """Return the refusal to write to a place."""
    return RefusedError(f"{path}: cannot be written ({error.strerror}); choose another place")


def _refuse_the_store(output: str, store: str) -> None:
    """Raise `RefusedError` for the store and the files beside it, by whatever name."""
    from milepost.adapters.store.beside import file_of_store

    found = file_of_store(Path(output), Path(store))
    if found is not None:
        what = "the store itself" if found == Path(store).resolve() else "a file of the store"
        raise RefusedError(f"{output}: is {what} and is not overwritten; choose another place")


def _takes_whole_files(output: str) -> bool:
    """Tell whether a file can be put there by its name; pipes and devices are written to."""
    path = Path(output)
    if path.exists() and not path.is_file():
        return False
    if os.path.abspath(output).startswith(_DEVICES):  # noqa: PTH100 - it must not follow links
        return False
    return os.access(path.resolve().parent, os.W_OK)


def _put(content: bytes, path: Path) -> None:
    """Write beside the file, then rename: at every moment the old or the new one is there whole."""
    old = path.stat() if path.exists() else None
    if old is not None:
        os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))  # a file kept from writing stays
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            if old is not None:
                _be_like(file.fileno(), old)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _be_like(file: int, old: os.stat_result) -> None:
    """Give a file the owner, as far as that is allowed, and the permissions of the old one."""
    with suppress(PermissionError):
        os.fchown(file, old.st_uid, old.st_gid)
    os.fchmod(file, stat.S_IMODE(old.st_mode))
