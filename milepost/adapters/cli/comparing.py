"""Comparisons for commands: of revisions, plans, runs with their plans, and which did best."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from milepost.domain.errors import UnknownNameError, ValidationError
from milepost.projections.views import as_json as plain

from .given_numbers import number_of
from .next_commands import command
from .opening import opened
from .plan_names import find_plan
from .screen.terminal import show
from .screen.values import document
from .showing import MOST_STEPS

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.domain.revisions import PlanDiff
    from milepost.projections.best_revision import Ranking


class DiffFormat(StrEnum):
    """How a comparison is written."""

    TEXT = "text"
    JSON = "json"
    PATCH = "patch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is compared with what: arguments of `Milepost.diff`."""

    plan: str
    before: int | None = None
    after: int | None = None
    other: str | None = None

    def arguments(self) -> dict[str, Any]:
        """Return them all."""
        return {
            "plan_id": self.plan,
            "before": self.before,
            "after": self.after,
            "other": self.other,
        }


def print_diff(found: PlanDiff) -> None:
    """Print a comparison as lines, in colours on a terminal."""
    from .screen.revisions import diff_lines

    show(diff_lines(found))


async def print_comparison(
    store: str, words: tuple[str, str | None, str | None], other: str | None, how: DiffFormat
) -> int:
    """Print what differs between two contents."""
    async with opened(store) as milepost:
        pair = (await _pair(milepost, words, other)).arguments()
        if how is DiffFormat.PATCH:
            sys.stdout.write(document(await milepost.patch(**pair)) + "\n")
            return 0
        found = await milepost.diff(**pair)
    if how is DiffFormat.JSON:
        told = found.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        sys.stdout.write(document(told) + "\n")
    else:
        print_diff(found)
    return 0


async def print_run_diff(store: str, name: str, *, as_json: bool) -> int:
    """Print how a plan's run differs from its plan."""
    from .screen.runs import run_diff_parts

    async with opened(store) as milepost:
        found = await milepost.run_diff(await find_plan(milepost, name))
    if as_json:
        sys.stdout.write(document(plain(found)) + "\n")
        return 0
    show(run_diff_parts(found, most=MOST_STEPS))
    if len(found.steps) + len(found.removed) > MOST_STEPS:
        more = command(store, "diff", found.plan, "--run", "--json")
        sys.stderr.write(f"there are more steps: {more}\n")
    return 0


async def print_ranking(store: str, name: str, least_runs: int, *, as_json: bool) -> int:
    """Print which revision of a plan, or content of a workflow, did best."""
    from .screen.runs import ranking_table

    async with opened(store) as milepost:
        ranking = await _ranking(milepost, name, least_runs)
    if as_json:
        sys.stdout.write(document(plain(ranking)) + "\n")
    else:
        show([ranking_table(ranking)])
    return 0


async def _ranking(milepost: Milepost, name: str, least_runs: int) -> Ranking:
    try:
        name = await find_plan(milepost, name)
    except UnknownNameError:
        """It may be the name of a workflow."""
    return await milepost.best_revision(name, least_runs=least_runs)


async def _pair(
    milepost: Milepost, words: tuple[str, str | None, str | None], other: str | None
) -> Pair:
    """Return what the words of a command compare.

    One plan: two revisions, one and the present one, or the present one and its parent.
    """
    first, *numbers = words
    if "@" in first or (numbers[0] is not None and "@" in numbers[0]):
        return _versions(words, other)
    plan = await find_plan(milepost, first)
    before, after = (_number(word) for word in numbers)
    if other is not None:
        if before is not None:
            raise ValidationError("give revisions or another plan, not both", where="--with")
        named = other if "@" in other else await find_plan(milepost, other)
        return Pair(plan=plan, other=named)
    if before is None:
        last = (await milepost.revisions(plan))[-1]
        if last.parent is None:
            raise ValidationError(f"plan {plan} has only one revision", where="diff")
        return Pair(plan=plan, before=last.parent, after=last.number)
    return Pair(plan=plan, before=before, after=after)


def _versions(words: tuple[str, str | None, str | None], other: str | None) -> Pair:
    first, second, third = words
    if third is not None or (second is None) == (other is None):
        raise ValidationError("give two versions of workflows", where="diff", mend="NAME@1 NAME@2")
    return Pair(plan=first, other=second or other)


def _number(word: str | None) -> int | None:
    if word is None:
        return None
    number = number_of(word, where="diff")
    if number is None:
        raise ValidationError(f"{word!r} is no number of a revision", where="diff")
    return number
