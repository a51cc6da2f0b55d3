"""One store, the ledger of its world, and what the oracle says of both after each life."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .invariants import violations
from .ledger import read_ledger
from .programs import carry_on, carry_on_until
from .record import Record, read_record
from .strace import run_traced

KILLED = -9
AT_MOST_LATER = 10
"""Events more than those after which a process is to be killed: then it waits for that."""
END = {
    "each": [200, 202, 204, 206, 208, 210],
    "chain": 106,
    "again": "done",
    "chosen": 4,
    "spread": {"s1": 2, "s2": 102, "s3": 9, "s4": 104, "s5": 10},
    "approved": True,
    "last": 109,
    "third": 6,
}
"""What the plan of fifty steps answers, however often it is cut off."""
Program = Callable[..., None]


@dataclass(frozen=True)
class Scene:
    """A folder with a store in a folder of its own, and a ledger outside of it."""

    folder: Path

    @classmethod
    def new(cls, folder: Path) -> "Scene":
        """Make an empty scene."""
        (folder / "store").mkdir(parents=True)
        return cls(folder)

    @property
    def store(self) -> Path:
        return self.folder / "store" / "plans.db"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    def live(self, program: Program = carry_on, *, strace: Sequence[str] = ()) -> int:
        """Let a process carry the plan on, traced if there are options; return its exit code."""
        if not strace:
            return processes.run(program, self.store, self.ledger)
        options = ["-o", str(self.folder / "trace"), *strace]
        return run_traced(options, program, self.store, self.ledger)

    def live_for(self, seconds: float, program: Program = carry_on) -> int:
        """Let a process carry the plan on and kill it after a while; return its exit code."""
        return processes.kill_after(seconds, program, self.store, self.ledger)

    def live_until(self, seen: int) -> int:
        """Let a process carry the plan on; kill it when it was told of so many events or more."""
        child = processes.Child(carry_on_until, self.store, self.ledger, seen + AT_MOST_LATER)
        child.go()
        while child.is_alive() and len(read_ledger(self.ledger, "seen")) < seen:
            time.sleep(0.002)
        child.signal(signal.SIGKILL)
        return child.wait()

    def record(self) -> Record:
        return read_record(self.store)

    def problems(self) -> list[str]:
        """Return what the oracle finds wrong with the store and the ledger as they stand."""
        return violations(self.record(), read_ledger(self.ledger))

    def problems_at_the_end(self) -> list[str]:
        """Return what is wrong with the end, also where it is told again in the next life."""
        ends = read_ledger(self.ledger, "end")
        found = [] if ends else ["there was no end"]
        for end in ends:
            if (end["status"], end["output"]) != ("completed", END):
                found.append(f"another end: {end['status']} {end['output']}")
            if end["replay"] != "None":
                found.append(f"replay differs: {end['replay']}")
        return found
