"""A folder that tools may not leave: every path is opened part by part, below its root."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from milepost.domain.errors import ExecutionError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: its path in the folder, its size and its SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


class ConfinedFolder:
    """Reads and writes files under `root`; links are followed only where they stay inside.

    Files of which `is_withheld` says so by their real path are as if outside.
    Opening goes folder by folder without following links after the check, so a link that is
    swapped in meanwhile is refused and not followed. Raises `ExecutionError` with the codes
    forbidden, not_found, too_large, exists and io.
    """

    def __init__(self, root: Path, *, is_withheld: Callable[[Path], bool]) -> None:
        self.root = root
        self._is_withheld = is_withheld

    def locate(self, path: str) -> Path:
        """Return the real place of `path`, links resolved; raise when it is outside or withheld."""
        if not path or "\0" in path:
            raise _refused(path, "is not a path", "give a path inside the folder")
        root = Path(os.path.realpath(self.root))
        try:
            real = Path(os.path.realpath(root / path))
            if not real.is_relative_to(root):
                raise _refused(path, "is outside the folder", "give a path inside the folder")
            if self._is_withheld(real):
                raise _refused(path, "belongs to Milepost's store", "choose another file")
        except OSError as error:
            raise _translated(path, error) from error
        return real

    def read(self, path: str, *, max_bytes: int) -> bytes:
        """Return a file's bytes."""
        with self._parent(path, make=False) as (parent, name):
            try:
                descriptor = os.open(name, _FILE, dir_fd=parent)
            except OSError as error:
                raise _translated(path, error) from error
            try:
                return _content(descriptor, path, max_bytes=max_bytes)
            except OSError as error:
                raise _translated(path, error) from error
            finally:
                os.close(descriptor)

    def write(self, path: str, content: bytes, *, replace: bool = True) -> Written:
        """Write a file whole or not at all, with its folders; fsynced before it gets its name."""
        with self._parent(path, make=True) as (parent, name):
            temporary = f".{secrets.token_hex(8)}.part"
            try:
                _write_new(temporary, content, parent=parent)
                _rename(temporary, name, parent=parent, replace=replace)
            except OSError as error:
                _remove(temporary, parent=parent)
                raise _translated(path, error) from error
        shown = self.locate(path).relative_to(os.path.realpath(self.root)).as_posix()
        return Written(shown, len(content), hashlib.sha256(content).hexdigest())

    @contextmanager
    def _parent(self, path: str, *, make: bool) -> Iterator[tuple[int, str]]:
        """Open the folder that holds `path`; yield its descriptor and the file's own name."""
        real = self.locate(path)
        root = Path(os.path.realpath(self.root))
        *folders, name = real.relative_to(root).parts or ("",)
        if not name:
            raise _refused(path, "is the folder itself", "name a file in it")
        try:
            if make:
                root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(root, _FOLDER)
        except OSError as error:
            raise _translated(path, error) from error
        try:
            for part in folders:
                descriptor = _entered(descriptor, part, make=make, path=path)
            yield descriptor, name
        finally:
            os.close(descriptor)


def _content(descriptor: int, path: str, *, max_bytes: int) -> bytes:
    """Read a regular file whole, even if it grows meanwhile; refuse pipes, devices and folders."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise _refused(path, "is not a file", "name a regular file")
    if status.st_size > max_bytes:
        raise _too_large(path, status.st_size, max_bytes)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise _too_large(path, len(content), max_bytes)
    return content


def _entered(parent: int, part: str, *, make: bool, path: str) -> int:
    """Open a folder in a folder and close the outer one; on failure the outer stays open."""
    try:
        if make:
            _make_folder(part, parent=parent)
        inner = os.open(part, _FOLDER, dir_fd=parent)
    except OSError as error:
        raise _translated(path, error) from error
    os.close(parent)
    return inner


def _make_folder(name: str, *, parent: int) -> None:
    try:
        os.mkdir(name, dir_fd=parent)
    except FileExistsError:
        return


def _write_new(name: str, content: bytes, *, parent: int) -> None:
    descriptor = os.open(name, _NEW, 0o666, dir_fd=parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _rename(temporary: str, name: str, *, parent: int, replace: bool) -> None:
    if replace:
        os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
    else:
        os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
        os.unlink(temporary, dir_fd=parent)
    os.fsync(parent)


def _remove(name: str, *, parent: int) -> None:
    try:
        os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return


def _refused(path: str, problem: str, mend: str) -> ExecutionError:
    return ExecutionError(f"path {path!r}: {problem}; {mend}", code="forbidden", retryable=False)


def _too_large(path: str, size: int, limit: int) -> ExecutionError:
    message = f"path {path!r}: is {size} bytes or more, at most {limit} are read"
    return ExecutionError(message, code="too_large", retryable=False)


def _translated(path: str, error: OSError) -> ExecutionError:
    if error.errno in (errno.ELOOP, errno.EXDEV):
        return _refused(path, "changed into a link while it was opened", "try another path")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        message = f"path {path!r}: is not there; check the name"
        return ExecutionError(message, code="not_found", retryable=False)
    if error.errno == errno.EEXIST:
        message = f"path {path!r}: is there already; choose another or allow replacing it"
        return ExecutionError(message, code="exists", retryable=False)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EISDIR, errno.EROFS, errno.ENAMETOOLONG):
        return _refused(path, os.strerror(error.errno).lower(), "choose another path")
    return ExecutionError(f"path {path!r}: {error.strerror or error}", code="io")
