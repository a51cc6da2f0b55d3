"""`python -m tests.golden`: write the golden log of this version into a new folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import anyio

import milepost
from milepost.domain.values import Json

from .reading import views_of
from .writing import write_plans

STORE = "plans.db"


def main() -> int:
    """Write the folder of this version; refuse if it is there."""
    folder = Path(__file__).parent / milepost.__version__
    if folder.exists():
        sys.stderr.write(f"{folder} is there; a golden log is never written again\n")
        return 2
    folder.mkdir()
    with _nobody():
        anyio.run(_write, folder)
    for left in folder.glob(f"{STORE}-*"):
        left.unlink()
    sys.stdout.write(f"{folder}\n")
    return 0


@contextmanager
def _nobody() -> Iterator[None]:
    """Keep this computer's names, and the paths in its stack traces, out of the log."""
    stack = ["Traceback (most recent call last):\n  …\nZeroDivisionError: division by zero\n"]
    with (
        mock.patch("traceback.format_exception", return_value=stack),
        mock.patch("socket.gethostname", return_value="computer"),
        mock.patch("getpass.getuser", return_value="somebody"),
    ):
        yield


async def _write(folder: Path) -> None:
    await write_plans(folder / STORE)
    views = await views_of(folder / STORE)
    (folder / "views.json").write_text(_written(views), encoding="utf-8")
    exports = folder / "exports"
    exports.mkdir()
    keeping = milepost.keep(folder / STORE)
    for plan in views["plans"]:
        lines = "".join(f"{line}\n" for line in await keeping.export(plan))
        (exports / f"{plan}.jsonl").write_text(lines, encoding="utf-8")


def _written(value: Json) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(main())
