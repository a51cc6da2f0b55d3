"""How the project is put together and documented: rows B22, AE5, AI5, AI8."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

GROUPS = {
    "unit": "tests/unit",
    "scenario": "tests/acceptance/scenarios",
    "performance": "tests/acceptance/performance",
    "error case": "tests/acceptance/error_cases",
}


def collected(repository: Path, *folders: str) -> list[str]:
    """Return the ids of the tests in some folders."""
    output = subprocess.check_output(
        [
            *(sys.executable, "-m", "pytest", "--collect-only", "-q"),
            *("-p", "no:cacheprovider", *folders),
        ],
        cwd=repository,
        text=True,
        timeout=200,
    )
    return [line for line in output.splitlines() if "::" in line]


def test_four_groups_of_tests_run_by_the_names_that_are_documented(repository: Path) -> None:
    page = (repository / "docs/requirements.md").read_text(encoding="utf-8")
    documented = dict(
        re.findall(r"^\| ([\w ]+) \| `make test ARGS=([\w/]+)` \|", page, re.MULTILINE)
    )
    tests = collected(repository, *GROUPS.values())

    assert documented == GROUPS
    for folder in GROUPS.values():
        assert any(test.startswith(f"{folder}/") for test in tests), folder


@pytest.mark.parametrize(
    ("name", "test", "place"),
    [
        ("StepSpec", "tests/unit/domain/test_steps_and_plans.py", "milepost"),
        ("Plan", "tests/unit/domain/test_seed_plans.py", "milepost"),
        ("RetryPolicy", "tests/unit/domain/test_policies.py", "milepost"),
        ("PlanBuilder", "tests/unit/domain/test_builder.py", "milepost"),
        ("validate_execution_order", "tests/unit/domain/test_graph.py", "milepost.Plan"),
    ],
)
def test_each_part_of_a_plan_has_code_tests_and_a_page(
    repository: Path, name: str, test: str, place: str
) -> None:
    import milepost

    owner = milepost.Plan if place == "milepost.Plan" else milepost
    page = (repository / "docs/getting-started.md").read_text(encoding="utf-8")

    assert hasattr(owner, name)
    assert (repository / test).read_text(encoding="utf-8").count("def test_") > 0
    assert f"`{name}" in page or f".{name}" in page


def test_what_is_built_first_needs_nothing_of_what_comes_later(repository: Path) -> None:
    """Step runner, coordinator and state manager stand without tools, stores and files."""
    program = (
        "import sys, milepost.engine.runners, milepost.engine.coordinator;"
        "import milepost.engine.core.state;"
        "print([name for name in sys.modules if name.startswith('milepost.adapters')])"
    )
    output = subprocess.check_output([sys.executable, "-c", program], cwd=repository, text=True)

    assert output.strip() == "[]"


def test_every_module_that_the_architecture_names_is_there(repository: Path) -> None:
    page = (repository / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("| name | module |")[2]
    named = set(
        re.findall(r"`((?:domain|projections|engine|adapters|testing|schemas)/[\w/.]*)`?", table)
    )

    assert len(named) > 20
    for path in named:
        assert (repository / "milepost" / path).exists(), path
