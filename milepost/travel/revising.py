"""Revisions of a plan: listed, read, and made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from milepost.adapters.workflow.given_fields import plan_fields
from milepost.domain.choices import choice
from milepost.domain.commands import Replan, Revise
from milepost.domain.course import content_of, other_workflow, revisions_of
from milepost.domain.errors import RefusedError
from milepost.domain.ids import PlanId
from milepost.domain.plans import PlanSpec
from milepost.domain.references import is_reference
from milepost.domain.replanning import RevisionStrategy, RevisionTrigger
from milepost.domain.revisions import Edit, apply_edits, apply_patch, read_edits
from milepost.domain.revisions.tree import walk
from milepost.domain.values import Json
from milepost.engine.coordinator import Watch

from .asking import Asking

if TYPE_CHECKING:
    from milepost.adapters.workflow.preparation import Runnable
    from milepost.domain.course import RevisionRecord

EditLike: TypeAlias = Edit | Mapping[str, Json]
"""An edit of `milepost.domain.revisions`, or its JSON: `{"op": "remove_step", "path": "a"}`."""


class Revising(Asking):
    """Gives plans other content while they run."""

    async def revisions(self, plan_id: str) -> list[RevisionRecord]:
        """Return a plan's revisions, the first one first, with author, trigger and parent."""
        return revisions_of(await self._moments.events(PlanId(plan_id)))

    async def revise(  # noqa: PLR0913 - each is given by its name
        self,
        plan_id: str,
        plan: Runnable | None = None,
        *,
        edits: Sequence[EditLike] = (),
        patch: Sequence[Mapping[str, Json]] | None = None,
        again: Sequence[str] = (),
        strategy: str | None = None,
        evidence: Sequence[str] = (),
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> int:
        """Give a running plan another content and return the number of the new revision.

        `plan` is the whole content; else the present one is changed, by `edits` in order, or by a
        `patch` of RFC 6902 on its JSON. Finished steps and those under way must stay as they are;
        failed steps that are written anew, or are named in `again`, run. `strategy` is recorded;
        None records what the contents show. Raises
        `ValidationError` or `RefusedError`, with nothing stored, for content that cannot be.
        """
        events = await self._moments.events(PlanId(plan_id))
        before = await self._spec_of(events)
        prepared = await self._prepared(_changed(before, plan, edits, patch))
        if prepared.content == content_of(events) and not again:
            raise RefusedError(f"plan {plan_id}: nothing would change")
        base = revisions_of(events)[-1]
        command = Revise(
            content=prepared.content,
            base=base.number,
            again=tuple(again),
            strategy=_shown_by(before, prepared.spec, whole=plan is not None)
            if strategy is None
            else choice(strategy, RevisionStrategy, where="strategy", kind="strategies"),
            evidence=tuple(evidence),
            workflow=other_workflow(base.workflow, plan) if is_reference(plan) else None,
        )
        await self._ask(plan_id, "revise", command, prepared, why=why, who=who, watch=watch)
        return base.number + 1

    async def replan(
        self,
        plan_id: str,
        *,
        trigger: str = "user",
        step: str | None = None,
        feedback: Json = None,
        resources: Mapping[str, int] | None = None,
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> None:
        """Have a running plan's planner asked for another content; return once it is asked.

        `step` is what it is about, `feedback` what the planner is to know, `resources` how much
        there is of each from now on. Raises `RefusedError`, with nothing stored, for a plan whose
        settings do not have it replanned for that trigger.
        """
        command = Replan(
            trigger=choice(trigger, RevisionTrigger, where="trigger", kind="triggers"),
            step=step,
            feedback=feedback,
            resources=dict(resources) if resources is not None else None,
        )
        await self._ask(plan_id, "replan", command, why=why, who=who, watch=watch)

    async def move(
        self,
        plan_id: str,
        reference: str,
        *,
        why: str = "",
        who: str | None = None,
        watch: Watch | None = None,
    ) -> int:
        """Have a running plan go on by another published version of its workflow.

        Returns the number of the new revision. Raises `RefusedError`, with nothing stored, if
        finished steps would change.
        """
        if not is_reference(reference):
            raise RefusedError(f"{reference!r} is no version of a workflow; write NAME@VERSION")
        name, own = reference.rpartition("@")[0], (await self.content(plan_id)).name
        if own != name:
            raise RefusedError(
                f"plan {plan_id} is of the workflow {own!r}, not of {name!r}; "
                "to give it other content use `revise`"
            )
        why = why or f"moved to {reference}"
        return await self.revise(plan_id, reference, why=why, who=who, watch=watch)


def _shown_by(before: PlanSpec, after: PlanSpec, *, whole: bool) -> RevisionStrategy:
    """Return what a revision does: all anew if a `whole` content was given, else by the steps."""
    if after == before:
        return RevisionStrategy.RETRY
    if whole:
        return RevisionStrategy.COMPLETE
    old, new = ({path for path, _step in walk(spec.steps)} for spec in (before, after))
    return RevisionStrategy.PARTIAL if new < old else RevisionStrategy.ALTERNATIVE


def _changed(
    before: PlanSpec,
    plan: Runnable | None,
    edits: Sequence[EditLike],
    patch: Sequence[Mapping[str, Json]] | None,
) -> Runnable:
    """Return the new content; raise `RefusedError` when it is given in several ways."""
    if sum((plan is not None, bool(edits), patch is not None)) > 1:
        raise RefusedError("give a whole plan, edits or a patch, only one of them")
    if plan is not None:
        return plan
    if patch is not None:
        return apply_patch(before, patch)
    if not edits:
        return before
    return apply_edits(before, read_edits(list(edits)), translate=plan_fields)
