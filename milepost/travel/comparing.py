"""Plans, revisions and runs compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from milepost.domain.census import result_of
from milepost.domain.course import revisions_of
from milepost.domain.errors import UnknownNameError
from milepost.domain.events import Event
from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanResult, PlanSpec
from milepost.domain.revisions import PlanDiff, diff, patch_of
from milepost.domain.values import ContentHash
from milepost.engine.core.state import fold_plan
from milepost.engine.what_if import Recorded, StepDifference, step_differences
from milepost.projections.against_plan import RunDiff, against_plan
from milepost.projections.best_revision import LEAST_RUNS, Ranking, Run, ranked, runs_of
from milepost.projections.reader import PlanFilter

from .asking import Asking

MOST_PLANS = 10_000
"""The newest plans of a name that a ranking looks at."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of two plans, and the steps that came out otherwise."""

    before: PlanResult
    after: PlanResult
    differences: tuple[StepDifference, ...]


class Comparing(Asking):
    """Compares contents of plans, runs of plans, and runs with their plans."""

    async def diff(
        self,
        plan_id: str,
        before: int | None = None,
        after: int | None = None,
        *,
        other: str | None = None,
    ) -> PlanDiff:
        """Return what turns the content of revision `before` into that of revision `after`.

        None means the revision that holds. With `other` the second is that plan's. In place of
        a plan, `NAME@VERSION` means what was published.
        """
        return diff(*await self._pair(plan_id, before, after, other))

    async def patch(
        self,
        plan_id: str,
        before: int | None = None,
        after: int | None = None,
        *,
        other: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return what `diff` does, as a patch of RFC 6902."""
        return patch_of(*await self._pair(plan_id, before, after, other))

    async def run_diff(self, plan_id: str, *, at: int | str | None = None) -> RunDiff:
        """Return how a plan's run differs from its plan, now or as of a position or event."""
        moment = await self._moments.find(PlanId(plan_id), at=at)
        spec = await self._spec_of(moment.before)
        return against_plan(*moment.fold(), spec, moment.before)

    async def compare(self, plan_id: str, other: str) -> Comparison:
        """Compare what came of two plans, for example of a plan and its fork."""
        one, two = await self._recorded(plan_id), await self._recorded(other)
        before, after = (result_of(plan, spec, steps) for plan, steps, spec in (one, two))
        return Comparison(before, after, tuple(step_differences(one, two)))

    async def best_revision(self, name: str, *, least_runs: int = LEAST_RUNS) -> Ranking:
        """Rank the revisions of a plan, or the contents that a workflow's name has had.

        All runs of the same content count, in whatever plan of that name. Raises `RefusedError`
        where no content has enough runs, `UnknownNameError` for neither plan nor workflow.
        """
        try:
            events = await self._moments.events(PlanId(name))
        except UnknownNameError:
            return await self._best_of_name(name, least_runs)
        names: defaultdict[ContentHash, list[str]] = defaultdict(list)
        for record in revisions_of(events):
            names[record.content].append(f"revision {record.number}")
        own = fold_plan(name, events)[0].name
        runs = runs_of(events) if own is None else []
        if own is not None:
            async for found in self._plans_named(own):
                runs = [*runs_of(found), *runs]
        return ranked(f"plan {name}", names, runs, least_runs=least_runs)

    async def _best_of_name(self, name: str, least_runs: int) -> Ranking:
        names: defaultdict[ContentHash, list[str]] = defaultdict(list)
        for version in await self._published.versions(name):
            names[ContentHash(version.content)].append(f"{version.name}@{version.version}")
        runs: list[Run] = []
        async for events in self._plans_named(name):
            for record in revisions_of(events):
                names.setdefault(record.content, [f"{name} {record.content[:15]}"])
            runs = [*runs_of(events), *runs]
        if not names:
            raise UnknownNameError(f"there is no plan and no workflow {name!r}")
        return ranked(f"workflow {name}", names, runs, least_runs=least_runs)

    async def _plans_named(self, name: str) -> AsyncIterator[list[Event]]:
        """Yield the events of the newest plans of a name, newest first."""
        seen = 0
        async for plan in self._found(PlanFilter(name=name)):
            yield await self._moments.events(plan)
            seen += 1
            if seen == MOST_PLANS:
                return

    async def _pair(
        self, plan_id: str, before: int | None, after: int | None, other: str | None
    ) -> tuple[PlanSpec, PlanSpec]:
        return await self.content(plan_id, before), await self.content(other or plan_id, after)

    async def _recorded(self, plan_id: str) -> Recorded:
        events = await self._moments.events(PlanId(plan_id))
        return Recorded(*fold_plan(plan_id, events), await self._spec_of(events))
