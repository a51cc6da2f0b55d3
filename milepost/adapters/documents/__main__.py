"""`python -m milepost.adapters.documents [FOLDER]` writes the generated pages into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

from . import PAGES


def main(folder: str = "docs") -> None:
    """Write every generated page; the folder is made if it is not there."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (target / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"{target / name}\n")


if __name__ == "__main__":
    main(*sys.argv[1:2])
