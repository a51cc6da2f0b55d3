"""A disk that is full or fails: nothing is acknowledged, it is said clearly, and work goes on."""

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

from .conftest import Tallying
from .ledger import Entry, read_ledger
from .processes import Child
from .programs import insist
from .scene import Scene
from .strace import traced
from .waiting import wait_for

pytestmark = [pytest.mark.chaos]
NewScene = Callable[[], Scene]
FAULTS = (("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"))
SURVIVALS = 5
"""So many lives without a fault show that no thread makes more such calls."""
_STEP = {"fdatasync": 1, "pwrite64": 7}
_SPAN = {"fdatasync": 44, "pwrite64": 640}
_WORDS = {
    "EIO": ("StoreError", "the disk failed"),
    "ENOSPC": ("StoreFullError", "free space"),
}


@pytest.mark.strace
@pytest.mark.parametrize(("call", "error"), FAULTS)
@pytest.mark.timeout(7200)
def test_a_disk_that_fails_once_is_told_and_survived(
    call: str,
    error: str,
    new_scene: NewScene,
    campaign: bool,
    luck: random.Random,
    tally: Tallying,
) -> None:
    with tally(f"{error} from `{call}` number K, once") as figures:
        survived = 0
        for number in _points(call, campaign=campaign, luck=luck):
            scene = new_scene()
            inject = f"inject={call}:error={error}:when={number}"
            code = scene.live(insist, strace=["-e", f"trace={call}", "-e", inject])
            if "INJECTED" not in (scene.folder / "trace").read_text():
                survived += 1
                if survived == SURVIVALS:
                    break
                continue
            if read_ledger(scene.ledger, "unopened"):  # each opening is the K-th call of a thread
                code = scene.live(insist)
            found = [f"it ended with {code}"] if code else []
            found += scene.problems() + scene.problems_at_the_end()
            found += _unclear(read_ledger(scene.ledger, "refused"), error)
            figures.add(found, f"{call} {number}")


def _points(call: str, *, campaign: bool, luck: random.Random) -> Iterator[int]:
    """Yield every number, of the many writes each seventh, or two."""
    if campaign:
        step = _STEP[call]
        yield from count(luck.randint(1, step), step)
    yield from sorted(luck.sample(range(1, _SPAN[call]), 2))


def _unclear(refused: Sequence[Entry], error: str) -> Iterator[str]:
    """Yield the refusals that do not say where, what and how to mend it."""
    name, words = _WORDS[error]
    for one in refused:
        if one["error"] != name or words not in one["message"] or "plans.db" not in one["message"]:
            yield f"unclear: {one['error']}: {one['message']}"


@pytest.mark.strace
def test_a_full_disk_refuses_until_there_is_space(
    scene: Scene, luck: random.Random, tally: Tallying
) -> None:
    """The tracer makes every write fail from some point on, then lets go: there is space again."""
    child = Child(insist, scene.store, scene.ledger)
    inject = f"inject=pwrite64:error=ENOSPC:when={luck.randint(150, 500)}+"
    with tally("disk full from write K on, then space again") as figures:
        with traced(["-o", "/dev/null", "-e", "trace=pwrite64", "-e", inject], child):
            child.go()
            wait_for(scene, "refused", 3)
        figures.add(_problems_once_there_is_space(scene, child), inject)


def test_a_small_disk_that_is_full_refuses_until_it_grows(tmp_path: Path, tally: Tallying) -> None:
    scene = Scene.new(tmp_path / "scene")
    disk = scene.store.parent
    _mount("-t", "tmpfs", "-o", "size=560k", "tmpfs", str(disk))
    try:
        child = Child(insist, scene.store, scene.ledger)
        with tally("a tmpfs of 560 KiB full, then grown") as figures:
            child.go()
            wait_for(scene, "refused", 3)
            assert shutil.disk_usage(disk).free < 64 * 1024
            _mount("-o", "remount,size=64m", str(disk))
            figures.add(_problems_once_there_is_space(scene, child), "tmpfs")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _mount(*arguments: str) -> None:
    mounting = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if mounting.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounting.stderr.strip()}")


def _problems_once_there_is_space(scene: Scene, child: Child) -> list[str]:
    code = child.wait()
    found = [f"it ended with {code}"] if code else []
    reads = read_ledger(scene.ledger, "read")
    if not reads or any(read["difference"] != "None" for read in reads):
        found.append(f"reads while the disk was full gave {reads}")
    found += _unclear(read_ledger(scene.ledger, "refused"), "ENOSPC")
    return found + scene.problems() + scene.problems_at_the_end()
