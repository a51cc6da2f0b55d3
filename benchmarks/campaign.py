"""All systems over all workloads in turns, so that a noisy minute hits each of them alike."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from .programs import OURS, Document, Program, RunnerFailedError
from .workloads import Workload

WIDE: Final = 10_000
"""The fan-out that only Milepost is asked for as well."""


@dataclass(slots=True)
class Results:
    """Documents in the order of the table, and what failed."""

    documents: list[Document] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Who is measured, how often, and how large."""

    systems: Sequence[Program]
    workloads: Sequence[Workload]
    times: int = 3
    quick: bool = False

    def run(self) -> Results:
        """Measure everything; a system that fails is reported and left out of its workload."""
        results = Results()
        for workload in self.workloads:
            for document in self._measure(workload.name, results.failures):
                results.documents.append(document)
            if workload.name == "W3" and not self.quick:
                results.documents.extend(self._wide_fan_out(results.failures))
        return results

    def _measure(self, workload: str, failures: list[str]) -> Iterator[Document]:
        """Take turns: each round runs every system once, from another one on each time.

        W4 is one process per system: storing a million events three times would show nothing.
        """
        parts: dict[str, list[Document]] = {each.name: [] for each in self.systems}
        broken: set[str] = set()
        rounds, times = (1, self.times) if workload == "W4" else (self.times, 1)
        for turn in range(rounds):
            for system in self._order(turn):
                if system.name in broken:
                    continue
                try:
                    parts[system.name].append(self._run(system, workload, ["--runs", str(times)]))
                except RunnerFailedError as error:
                    failures.append(str(error))
                    broken.add(system.name)
        for name, documents in parts.items():
            if documents and name not in broken:
                yield merge(documents)

    def _wide_fan_out(self, failures: list[str]) -> Iterator[Document]:
        for system in self.systems:
            if system.name != OURS:
                continue
            arguments = ["--runs", "1", "--width", str(WIDE)]
            try:
                documents = [self._run(system, "W3", arguments) for _ in range(self.times)]
            except RunnerFailedError as error:
                failures.append(str(error))
            else:
                yield {**merge(documents), "workload": f"W3 x {WIDE:,}"}

    def _run(self, system: Program, workload: str, arguments: list[str]) -> Document:
        sys.stderr.write(f"{workload} {system.name} …\n")
        return system.run(workload, [*arguments, *(["--quick"] if self.quick else [])])

    def _order(self, turn: int) -> list[Program]:
        first = turn % len(self.systems)
        return [*self.systems[first:], *self.systems[:first]]


def merge(documents: Sequence[Document]) -> Document:
    """Make one document of several runs of one system in one workload."""
    runs = [run for document in documents for run in document["runs"]]
    medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {**documents[0], "runs": runs, "medians": medians}
