"""Files that commands write: whole or not at all, and never over the store."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .background import background
from .conftest import PATIENCE, Command, environment, program_words
from .courses import refused

Write = Callable[..., Path]

ONE = """
name: one
steps:
  - {id: only, type: tool, tool: calc.evaluate, input: {expression: "1 + 1"}}
"""


@pytest.fixture
def flow(milepost: Command, workflow: Write) -> Path:
    """Run a plan of one step; return its file."""
    path = workflow(ONE)
    assert milepost("run", path).code == 0
    return path


@contextmanager
def no_room_for_files() -> Iterator[None]:
    """Let every write to a file fail for the length of a block, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("words", [("export",), ("graph",)], ids=["export", "graph"])
@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-lock"])
def test_nothing_is_written_over_the_store(
    milepost: Command, flow: Path, tmp_path: Path, words: tuple[str, ...], ending: str
) -> None:
    del flow
    target = f"milepost.db{ending}"
    refused(milepost(*words, "last", "--output", target), target, "store", "choose another place")
    refused(milepost(*words, "last", "--output", tmp_path / target), "store")

    assert milepost("check").code == 0
    assert milepost("replay", "last").code == 0


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_nothing_is_written_over_the_store_by_another_name(
    milepost: Command, flow: Path, link: Callable[[str, str], None]
) -> None:
    link("milepost.db", "other.log")

    refused(milepost("export", "last", "--output", "other.log"), "other.log", "the store itself")
    refused(milepost("graph", flow, "--output", "other.log"), "other.log", "the store itself")
    assert milepost("check").code == 0


def test_where_there_is_no_room_the_old_file_stays_whole(
    milepost: Command, flow: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    with no_room_for_files():
        refused(milepost("graph", flow, "--output", "new.svg"), "new.svg", "cannot be written")
    assert sorted(tmp_path.iterdir()) == before

    (tmp_path / "old.svg").write_text("good")
    with no_room_for_files():
        refused(milepost("graph", flow, "--output", "old.svg"), "old.svg", "cannot be written")
    assert (tmp_path / "old.svg").read_text() == "good"
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "old.svg"])


def test_a_file_that_is_replaced_keeps_its_permissions_and_its_link(
    milepost: Command, flow: Path, tmp_path: Path
) -> None:
    real, link = tmp_path / "real.svg", tmp_path / "link.svg"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    milepost("graph", flow, "--output", link)

    assert link.is_symlink()
    assert "only" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_new_file_gets_the_permissions_that_other_programs_give(
    milepost: Command, flow: Path, tmp_path: Path
) -> None:
    milepost("graph", flow, "--output", "new.svg")

    assert (tmp_path / "new.svg").stat().st_mode == flow.stat().st_mode


def test_devices_and_pipes_are_written_to(
    milepost: Command, program: Command, flow: Path, tmp_path: Path, repository: Path
) -> None:
    del flow
    text = milepost("export", "last").out
    assert program("export", "last", "--output", "/dev/stdout").out == text

    os.mkfifo(tmp_path / "pipe")
    with background(tmp_path, repository, "export", "last", "--output", "pipe") as writing:
        assert (tmp_path / "pipe").read_text() == text
        assert writing.ended().code == 0
    assert (tmp_path / "pipe").is_fifo()
    refused(milepost("export", "last", "--output", "/dev/full"), "/dev/full", "cannot be written")


def test_standard_output_that_is_a_file_stays_that_file(
    milepost: Command, flow: Path, tmp_path: Path, repository: Path
) -> None:
    del flow
    target = tmp_path / "out.log"
    with target.open("wb") as file:
        number = target.stat().st_ino
        subprocess.run(
            program_words("export", "last", "--output", "/dev/stdout"),
            cwd=tmp_path,
            env=environment(repository),
            stdout=file,
            timeout=PATIENCE,
            check=True,
        )

    assert target.stat().st_ino == number
    assert target.read_text() == milepost("export", "last").out


def test_a_folder_is_no_place_for_a_file(milepost: Command, flow: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    refused(milepost("graph", flow, "--output", "folder"), "folder: cannot be written")
    refused(milepost("graph", flow, "--output", "none/x"), "none/x: cannot be written")
