"""Storing a plan's log that another store exported: all of it, or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from milepost.domain.errors import MilepostError, RefusedError, VersionConflictError
from milepost.domain.ids import PlanId
from milepost.engine.journal import Save

from .codec import with_time
from .inline import ProjectedRows
from .kinds import Kinds
from .limits import StoreLimits
from .log_lines import read_log
from .store_file import StoreFile
from .work import SaveWork, save_work


@dataclass(frozen=True, slots=True)
class Imported:
    """What was stored."""

    plan: PlanId
    events: int
    position: int


def import_log(
    store: Path, lines: Iterable[bytes], *, name: str, kinds: Kinds | None = None
) -> Imported:
    """Store the log in the lines of the file `name`; it blocks, so call it in a thread.

    The events keep their ids and times, and get positions of this store. Raises `ValidationError`
    with file and line for the first thing that is wrong, `RefusedError` if the plan is here
    already, `StoreError`; then nothing was stored.
    """
    kinds = kinds or Kinds()
    log = read_log(lines, name=name, kinds=kinds)
    like = dict(pairwise(reversed(log.contents)))
    save = Save(log.plan, log.events, new=True, release=True, contents=log.contents, like=like)
    file = StoreFile(store, inline=ProjectedRows(), kinds=kinds, limits=StoreLimits())
    with closing(file):
        now = time.time_ns() // 1000
        work = save_work(save, file.codec, file.reader.known)
        rows = [with_time(row, "timestamp", row.time)._replace(time=now) for row in work.rows]
        work = work._replace(rows=rows)
        position = _stored(file, work, name)
    return Imported(log.plan, len(log.events), position)


def _stored(file: StoreFile, work: SaveWork, name: str) -> int:
    file.writer.begin()
    (outcome,) = file.writer.finish([work])
    if isinstance(outcome, VersionConflictError):
        plan = work.save.plan
        raise RefusedError(f"{name}: plan {plan} is in this store already; nothing was stored")
    if isinstance(outcome, MilepostError):
        raise outcome
    return outcome
