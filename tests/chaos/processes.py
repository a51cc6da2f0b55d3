"""Child processes that can be killed: forked from one that has imported everything."""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.chaos.programs"])
_SET_PTRACER, _ANYBODY = 0x59616D61, -1
_STARTED: "list[Child]" = []
PATIENCE = 200.0
"""Seconds after which a child that should have ended counts as hung."""


class Child:
    """A process that runs a function, once it is let go."""

    def __init__(self, program: Callable[..., None], *arguments: object) -> None:
        self._gate, there = _CONTEXT.Pipe()
        self._process: BaseProcess = _CONTEXT.Process(
            target=_held, args=(there, program, arguments), daemon=True
        )
        self._process.start()
        there.close()
        assert self._process.pid is not None
        self.pid: int = self._process.pid
        _STARTED.append(self)

    def go(self) -> None:
        """Let the program begin."""
        self._gate.send("go")

    def wait(self, patience: float = PATIENCE) -> int:
        """Return the exit code, negative for a signal; fail if the child hangs."""
        self._process.join(patience)
        code = self._process.exitcode
        if code is None:
            state = self.state()
            self.signal(signal.SIGKILL)
            raise AssertionError(f"the child still runs after {patience} s, state {state}")
        return code

    def is_alive(self) -> bool:
        """Tell whether the process has not ended."""
        return self._process.is_alive()

    def state(self) -> str:
        """Return the letter for what the process does, `T` or `t` when it is stopped."""
        status = Path(f"/proc/{self.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0]

    def signal(self, number: int) -> None:
        """Send a signal; a process that has ended gets none."""
        if self._process.is_alive():
            os.kill(self.pid, number)


def leave_none() -> None:
    """Kill every child that still lives."""
    while _STARTED:
        child = _STARTED.pop()
        if child.is_alive():
            child.signal(signal.SIGKILL)
            child.wait()


def run(program: Callable[..., None], *arguments: object) -> int:
    """Run a program in a child to its end and return the exit code."""
    child = Child(program, *arguments)
    child.go()
    return child.wait()


def kill_after(seconds: float, program: Callable[..., None], *arguments: object) -> int:
    """Run a program and kill it after that time; return the exit code."""
    child = Child(program, *arguments)
    child.go()
    time.sleep(seconds)
    child.signal(signal.SIGKILL)
    return child.wait()


def _held(gate: Connection, program: Callable[..., None], arguments: tuple[object, ...]) -> None:
    """Allow being traced, wait to be let go, then run."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PTRACER, _ANYBODY, 0, 0, 0)
    gate.recv()
    program(*arguments)
