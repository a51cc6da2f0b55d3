"""The runner programs: which systems there are, and how one run of one of them is started."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from .environment import ROOT, peer_python

Document: TypeAlias = dict[str, Any]
"""What a runner prints; see `runner._document`."""

OURS: Final = "milepost"
PEERS: Final = ("eventsourcing", "langgraph", "dbos")
RUN_TIMEOUT_SECONDS: Final = 1_800


class RunnerFailedError(Exception):
    """A runner ended without a document; its last words are in the message."""


@dataclass(frozen=True, slots=True)
class Program:
    """One system's runner, with the interpreter that has the system installed."""

    name: str
    python: Path
    module: str

    def run(self, workload: str, arguments: Sequence[str]) -> Document:
        """Run one workload in a process of its own; raise `RunnerFailedError` if it fails."""
        output = self.output_of([], workload, arguments)
        document: Document = json.loads(output.splitlines()[-1])
        return document

    def output_of(self, wrapper: Sequence[str], workload: str, arguments: Sequence[str]) -> str:
        """Return what the runner printed, run under `wrapper` (a tracer) when there is one."""
        command = [*wrapper, str(self.python), "-m", self.module, workload, *arguments]
        try:
            ended = subprocess.run(
                command,
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
                timeout=RUN_TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            message = f"{self.name} {workload}: no end after {RUN_TIMEOUT_SECONDS} s"
            raise RunnerFailedError(message) from error
        if ended.returncode != 0 or not ended.stdout:
            words = (ended.stderr.strip().splitlines() or ["nothing on stderr"])[-1]
            message = f"{self.name} {workload}: exit {ended.returncode}: {words}"
            raise RunnerFailedError(message)
        return ended.stdout


def programs(peers: Sequence[str]) -> list[Program]:
    """Return Milepost's runner and those of `peers`, Milepost first."""
    ours = Program(OURS, Path(sys.executable), "benchmarks.milepost_runner")
    theirs = (Program(each, peer_python(), f"benchmarks.peers.{each}_peer") for each in peers)
    return [ours, *theirs]
