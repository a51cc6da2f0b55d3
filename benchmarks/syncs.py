"""Counts the fsyncs that a step costs, from outside, by tracing system calls.

The pragma says what SQLite was told; the count says what reached the kernel.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from .programs import Program
from .scratch import scratch_folder
from .workloads import STEPS_PER_PLAN

FEW: Final = 5
MANY: Final = 25
_CALL: Final = re.compile(r"\b(?:fsync|fdatasync)\(")


def is_possible() -> bool:
    """Tell whether a tracer is installed."""
    return shutil.which("strace") is not None


def syncs_per_step(program: Program) -> float:
    """Return the fsyncs and fdatasyncs per step in W1, without those of opening and closing.

    Two runs of different length are traced; the difference is what the steps cost.
    """
    with scratch_folder() as folder:
        few = _count(program, FEW, folder / "few")
        many = _count(program, MANY, folder / "many")
    return (many - few) / ((MANY - FEW) * STEPS_PER_PLAN)


def _count(program: Program, plans: int, trace: Path) -> int:
    tracer = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(trace)]
    program.output_of(tracer, "W1", ["--runs", "1", "--plans", str(plans)])
    return len(_CALL.findall(trace.read_text()))
