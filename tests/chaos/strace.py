"""Children under `strace`, which follows their system calls and can make any of them fail."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .processes import PATIENCE, Child


def why_not() -> str | None:
    """Say why processes cannot be traced here, None if they can."""
    if shutil.which("strace") is None:
        return "strace is not installed (apt-get install strace)"
    tried = subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False
    )
    return None if tried.returncode == 0 else f"strace does not work here: {tried.stderr.strip()}"


@contextmanager
def traced(options: Sequence[str], child: Child) -> Iterator[subprocess.Popen[str]]:
    """Have strace follow a child that waits to be let go; leaving the block takes it off."""
    command = ["strace", "-f", *options, "-p", str(child.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        greeting = tracer.stderr.readline()
        try:
            if "attached" not in greeting:
                raise AssertionError(f"strace did not attach: {greeting}")
            yield tracer
        finally:
            if tracer.poll() is None:
                tracer.send_signal(signal.SIGTERM)
            tracer.stderr.read()


def run_traced(options: Sequence[str], program: Callable[..., None], *arguments: object) -> int:
    """Run a program in a traced child to its end and return the exit code."""
    child = Child(program, *arguments)
    with traced(options, child):
        child.go()
        return child.wait(PATIENCE)
