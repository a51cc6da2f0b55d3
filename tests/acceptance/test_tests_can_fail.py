"""The tests of requirements fail when the feature they are about is disabled."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .sabotage import SABOTAGES, VARIABLE


def run(repository: Path, test: str, feature: str | None) -> tuple[int, str]:
    """Run one test in a process of its own, with a feature disabled if one is named."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    sabotage = () if feature is None else ("-p", "tests.acceptance.sabotage")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"),
            *("-p", "no:xdist", *sabotage, test),
        ],
        cwd=repository,
        env=environment | ({VARIABLE: feature} if feature else {}),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_at_least_ten_rows_are_shown_to_be_tested() -> None:
    assert len({sabotage.row for sabotage in SABOTAGES.values()}) >= 10


@pytest.mark.parametrize("feature", SABOTAGES)
def test_the_test_of_a_row_fails_without_the_feature(repository: Path, feature: str) -> None:
    code, said = run(repository, SABOTAGES[feature].test, feature)

    assert code == 1, said
    assert re.search(r"^FAILED ", said, flags=re.MULTILINE), said
    assert re.search(r"^E +(AssertionError|assert |Failed: |Exception)", said, re.MULTILINE), said


def test_a_test_in_a_process_of_its_own_passes_with_every_feature(repository: Path) -> None:
    code, said = run(repository, SABOTAGES["retries"].test, None)

    assert code == 0, said
