"""The repository says nothing of itself that is not so."""

import ast
import csv
import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from .ledger import Evidence, missing, read_ledger

# Each costs more than all of `import milepost` may.
HEAVY = {
    *("aiosqlite", "cel_expr_python", "eventsourcing", "httpx2", "jsonschema", "matplotlib"),
    *("numpy", "rich", "ruamel", "structlog", "transitions", "typer"),
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(repository: Path, *extras: str) -> set[str]:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return {normal(re.split(r"[<>=!~;\[ ]", text, maxsplit=1)[0]) for text in wanted}


def imported_packages(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((alias.name.partition(".")[0], path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module.partition(".")[0], path


def test_importing_milepost_loads_no_heavy_library(repository: Path) -> None:
    program = "import sys, milepost; print(*{name.partition('.')[0] for name in sys.modules})"
    output = subprocess.check_output([sys.executable, "-c", program], cwd=repository, text=True)

    assert "milepost" in output.split()
    assert HEAVY & set(output.split()) == set()


def test_what_is_only_read_is_not_loaded_to_run_plans(repository: Path) -> None:
    program = "import sys, milepost; milepost.open; print(*sys.modules)"
    output = subprocess.check_output([sys.executable, "-c", program], cwd=repository, text=True)

    views = {f"milepost.projections.{name}" for name in ("plan_views", "report", "timeline")}
    assert "milepost.composition" in output.split()
    assert views & set(output.split()) == set()


@pytest.mark.parametrize("collects", ["enable", "disable"])
def test_loading_a_name_leaves_the_collector_as_it_was(repository: Path, collects: str) -> None:
    program = f"import gc, milepost; gc.{collects}(); milepost.open; print(gc.isenabled())"
    output = subprocess.check_output([sys.executable, "-c", program], cwd=repository, text=True)

    assert output.split() == [str(collects == "enable")]


def test_every_library_that_the_package_imports_is_declared(repository: Path) -> None:
    declared = required(repository, "chart", "trio")
    distributions = packages_distributions()

    undeclared = {
        f"{path.relative_to(repository)}: {name}"
        for name, path in imported_packages(repository / "milepost")
        if name not in sys.stdlib_module_names
        and name != "milepost"
        and not declared & {normal(owner) for owner in distributions.get(name, [])}
    }

    assert undeclared == set()


def test_constraints_pin_every_requirement_exactly_and_name_no_address(repository: Path) -> None:
    lines = (repository / "constraints.txt").read_text().splitlines()
    names = [normal(line.partition("==")[0]) for line in lines]

    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9a-z.]+", line)] == []
    assert names == sorted(set(names))
    assert sorted(required(repository, "chart", "dev", "trio") - set(names)) == []


def test_the_wheel_holds_the_package_with_its_schemas_and_nothing_else(
    repository: Path, tmp_path: Path
) -> None:
    built = next(WheelBuilder(str(repository)).build(directory=str(tmp_path)))
    with zipfile.ZipFile(built) as wheel:
        files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    sources = {str(path.relative_to(repository)) for path in repository.glob("milepost/**/*.py")}
    schemas = {path.name for path in repository.glob("milepost/schemas/*.json")}

    assert schemas
    assert sources | {f"milepost/schemas/{name}" for name in schemas} <= files
    assert {name.partition("/")[0] for name in files} == {"milepost"}


def test_example_data_are_what_their_source_page_says(repository: Path) -> None:
    page = (repository / "examples/data/SOURCE.md").read_text(encoding="utf-8")
    content = (repository / "examples/data/bird_strikes.csv").read_bytes()
    header, *rows = csv.reader(content.decode().splitlines())

    assert hashlib.sha256(content).hexdigest() in page
    assert page.splitlines()[2].startswith(f"{len(rows):,} ")
    assert re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE) == header
    assert {len(row) for row in rows} == {len(header)}


def test_every_row_of_the_requirements_ledger_names_what_exists(repository: Path) -> None:
    rows = read_ledger((repository / "docs/requirements.md").read_text(encoding="utf-8"))

    assert rows
    assert missing(rows, Evidence(repository)) == []


@pytest.mark.parametrize(
    "claim",
    [
        "`tests/unit/test_repository.py::test_that_nobody_wrote`",
        "`tests/unit/test_no_such_file.py::test_something`",
        "`make coffee`",
        "`milepost brew`",
        "`a look at the code`",
        "it is obvious",
    ],
)
def test_the_ledger_check_finds_a_claim_that_is_not_so(repository: Path, claim: str) -> None:
    rows = read_ledger(f"| id | what | shown by |\n|---|---|---|\n| A1 | has ids | {claim} |")

    assert [line.partition(":")[0] for line in missing(rows, Evidence(repository))] == ["A1"]


def test_the_ledger_check_finds_a_row_that_is_there_twice(repository: Path) -> None:
    row = "| A1 | steps have ids | `make test` |\n"

    assert missing(read_ledger(row * 2), Evidence(repository)) == ["A1: is there twice"]


def test_the_tree_in_the_architecture_page_is_that_of_the_package(repository: Path) -> None:
    page = (repository / "docs/architecture.md").read_text(encoding="utf-8")
    tree = re.search(r"```\nmilepost/\n(.*?)```", page, flags=re.DOTALL)
    assert tree is not None
    told: set[str] = set()
    folders = [""]
    for line in tree[1].splitlines():
        depth, name = (len(line) - len(line.lstrip())) // 2, line.split()[0]
        folders[depth:] = [f"{folders[depth - 1]}{name}"]
        told.add(folders[depth])
    package = repository / "milepost"
    modules = {path.parent for path in package.rglob("*.py")} | {package / "schemas"}
    there = {f"{path.relative_to(package)}/" for path in modules if path != package}
    there |= {path.name for path in package.glob("[!_]*.py")}

    assert there - told == {"adapters/cli/commands/", "adapters/cli/screen/"}
    assert {name for name in told - there if not (package / name).exists()} == {"engine/*.py"}


def test_modules_that_the_architecture_page_names_are_there(repository: Path) -> None:
    page = (repository / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"`((?:adapters|domain|engine|projections|schemas|testing)/[^`: ]*)", page)
    )
    core = {f"engine/{name}" for name in re.findall(r"`(core/[^`: ]*)", page)}

    assert len(named) > 30
    assert {name for name in named | core if not (repository / "milepost" / name).exists()} == set()
