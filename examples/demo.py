"""The demo: runs `data-analysis.yaml` and looks at what was recorded (`make demo`)."""

import os
import shlex
import sys
from pathlib import Path

from milepost.adapters.cli import main

ROOT = Path(__file__).resolve().parent.parent
STORE = Path("examples/output/demo.db")


def demo() -> int:
    """Run the workflow, draw its timeline, replay it; return the first exit code that is not 0."""
    os.chdir(ROOT)
    STORE.parent.mkdir(parents=True, exist_ok=True)
    workflow = ("examples/data-analysis.yaml", "--tools", "examples/analysis.py")
    store = ("--db", str(STORE))
    commands = (
        ("run", *workflow, "--folder", "examples", *store),
        ("timeline", "last", *store),
        ("replay", "last", *store),
        ("graph", "last", "--format", "svg", "--output", str(STORE.parent / "graph.svg"), *store),
    )
    for words in commands:
        print(f"\n$ {shlex.join(['milepost', *words])}", flush=True)
        code = main(words)
        if code:
            return code
    print(f"\nTry the commands under 'next' above; `milepost` is {program()}.")
    print("More workflows are in examples/*.yaml, all commands in `milepost --help`.")
    return 0


def program() -> str:
    """Return where the command is, from here if it lies below."""
    path = Path(sys.executable).parent / "milepost"
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(demo())
