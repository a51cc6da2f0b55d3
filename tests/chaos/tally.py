"""What a campaign tried and found: the lines of the table in docs/reliability.md."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

FIGURE = "chaos figure"
"""Under this name a test reports its line to pytest."""


@dataclass
class Tally:
    """Trials of one fault; `wrong` holds each violation with how to repeat it."""

    fault: str
    trials: int = 0
    wrong: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def add(self, problems: Sequence[str], where: object) -> None:
        """Count one trial and keep what it violated."""
        self.trials += 1
        self.wrong += [f"{where}: {problem}" for problem in problems]

    def remark(self, text: str) -> None:
        """Add a figure to the line."""
        self.remarks.append(text)

    def line(self) -> str:
        """Return the table's line, without seed and command, which are the whole run's."""
        seconds = time.monotonic() - self.begun
        remarks = f" ({'; '.join(self.remarks)})" if self.remarks else ""
        return f"| {self.fault}{remarks} | {self.trials:,} | {seconds:.0f} | {len(self.wrong)} |"
