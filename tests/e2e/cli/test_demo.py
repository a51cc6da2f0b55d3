"""`make demo` runs from a fresh copy and ends with answer, pictures, timeline and commands."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from .conftest import environment


def test_the_demo_runs_from_a_fresh_copy(tmp_path: Path, repository: Path) -> None:
    shutil.copytree(
        repository / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("output")
    )
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo"],
        cwd=tmp_path,
        env=environment(repository, PYTHONPATH=f"{tmp_path}:{repository}"),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "3,780 strikes were reported" in done.stdout
    for file in ("bird-strikes.svg", "bird-strikes.md", "graph.svg", "demo.db"):
        assert (tmp_path / "examples/output" / file).stat().st_size > 0
    assert "examples/output/bird-strikes.svg" in done.stdout
    assert re.search(r"^total \S+, one after the other", done.stdout, flags=re.MULTILINE)
    assert re.search(r"^equal: \d+ events", done.stdout, flags=re.MULTILINE)
    commands = re.findall(
        r"^  milepost (show|timeline|replay) p\w+ --db", done.stdout, re.MULTILINE
    )
    assert commands == ["show", "timeline", "replay"]
