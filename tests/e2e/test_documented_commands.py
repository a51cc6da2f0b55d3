"""The commands and programs in the README and the documents do what is written beside them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.domain import errors

from .documented import File, Run, blocks, missing, plain

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"))
    if any(isinstance(block, Run) for block in blocks(path.read_text(encoding="utf-8")))
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder with the examples, as they are in a clone."""
    clean = shutil.ignore_patterns("output", "__pycache__")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=clean)
    return tmp_path


def printed(line: str, folder: Path) -> str:
    """Run a command like a user in that folder; return what it prints, errors last."""
    beside = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env={
            **{name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ},
            "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_readme_and_the_guides_have_commands_that_are_run() -> None:
    assert {"README.md", "docs/getting-started.md", "docs/troubleshooting.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_prints_what_stands_below_it(page: str, folder: Path) -> None:
    differences = []
    for block in blocks((ROOT / page).read_text(encoding="utf-8")):
        if isinstance(block, File):
            (folder / block.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.name).write_text(block.text, encoding="utf-8")
            continue
        output = printed(block.line, folder)
        lacking = missing(block.printed, output)
        if lacking:
            differences.append(f"$ {block.line}\nlacks {lacking!r} in\n{output}")

    assert differences == []


def test_every_kind_of_error_is_in_the_troubleshooting_page() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d) \|", page, flags=re.MULTILINE))
    kinds = {
        error.kind: str(error.exit_code)
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.MilepostError)
    }

    assert rows == {kind: code for kind, code in kinds.items() if kind != "error"}


def test_links_between_pages_lead_somewhere() -> None:
    for path in (ROOT / "README.md", *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_a_line_that_is_not_printed_is_missed() -> None:
    output = "a\nplan p01m7yf45dxerm8qawaz46xjka6 took 12.5ms\nchart  + ####   1.5s\nend\n"

    assert missing(["a", "…", "end"], output) == []
    assert missing(["plan p01m7ygy8gre09ac44c8gcy8kxt took 3s", "chart + ## 20ms"], output) == []
    assert missing(["plan PLAN…"], output) == []
    assert missing(["b"], output) == ["b"]
    assert missing(["a", "end"], output) == ["end"]
    assert missing(["end", "…", "a"], output) == ["a"]
    assert plain("took 12ms") != plain("took 12")
    assert plain("took 12ms") == plain("took 1m 02s")
