"""The same expression gives the same bytes in every process."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROGRAM = "tests.unit.expressions.determinism_program"


def output(repository: Path, hash_seed: int) -> bytes:
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    return subprocess.check_output(
        [sys.executable, "-m", PROGRAM], cwd=repository, env=environment, timeout=200
    )


def test_twenty_processes_with_different_hash_seeds_write_the_same_bytes(repository: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        outputs = list(pool.map(lambda seed: output(repository, seed), range(20)))

    assert len(outputs[0].splitlines()) == 10
    assert b'"name0": 0, "name1": 1, "name10": 10' in outputs[0]
    assert set(outputs) == {outputs[0]}
