"""A plan changed as a comparison says."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from milepost.domain.ids import StepPath
from milepost.domain.plans import PlanSpec
from milepost.domain.steps import StepSpec

from .apply_edges import edges_after
from .changes import AddedStep, Change, MovedStep, PlanDiff
from .fields import after, misfit, rebuilt, value_after
from .order import arranged
from .told import Edges, Members, Told
from .tree import TOP, Place, Steps, lists_of


def apply(old: PlanSpec, changes: PlanDiff) -> PlanSpec:
    """Return the plan after these changes: `apply(old, diff(old, new)) == new`.

    Steps that nothing is told of are the same objects as before. Whether dependencies exist and
    are acyclic is not checked. Raises `ValidationError` when the changes were found on another
    plan.
    """
    if changes.is_empty:
        return old
    fields = after(old, changes.fields, where="the plan")
    settings = after(old.settings, changes.settings, where="settings")
    if settings:
        fields["settings"] = rebuilt(old.settings, settings, where="settings")
    fields["steps"] = _Application(Told(changes)).steps_after(old.steps)
    return rebuilt(old, fields, where="the plan")


class _Application:
    """Walks down to where something changes; `left` are the paths it has not come to."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.left = set(told.named)

    def steps_after(self, steps: Steps) -> Steps:
        """Return the plan's steps after all changes."""
        changed = self.list_after(steps, TOP)
        if self.left:
            raise misfit("there is no such step to change", where=min(self.left))
        return changed

    def list_after(self, steps: Steps, place: Place) -> Steps:
        """Return the siblings at a place after the changes in and below their list."""
        if place not in self.told.touched:
            return steps
        members = self.told.members.get(place, Members())
        held = {step.id: step for step in steps}
        order = _order_after(held.keys(), members, place)
        self.left.difference_update(map(place.path, members.names))
        return tuple(
            members.added[name].step
            if name in members.added
            else self.step_after(held[name], place.path(name))
            for name in order
        )

    def step_after(self, step: StepSpec, path: StepPath) -> StepSpec:
        """Return the step after the changes of itself and of all in it."""
        if path not in self.told.touched:
            return step
        self.left.discard(path)
        told = self.told.fields.get(path, {})
        plain = {name: change for name, change in told.items() if name not in _ONLY_NAMED}
        fields = after(step, plain, where=path)
        edges = self.told.edges.get(path, Edges())
        fields["depends_on"] = edges_after(step, edges, told.get("depends_on"), where=path)
        fields |= self.children_after(step, path, told.get("cases"))
        return rebuilt(step, fields, where=path)

    def children_after(
        self, step: StepSpec, path: StepPath, change: Change | None
    ) -> dict[str, Any]:
        """Return the fields that hold a step's children; `change` is of a branch's conditions."""
        held = [case.when for case in step.cases]
        conditions = value_after("cases", held, change, where=path)
        if not isinstance(conditions, list):
            raise misfit("`cases` must list conditions", where=path)
        lists = dict(lists_of(step, path))
        cases = [Place(path, number) for number in range(max(len(held), len(conditions)))]
        after_all = {at: self.list_after(lists.get(at, ()), at) for at in (Place(path), *cases)}
        if any(after_all[case] for case in cases[len(conditions) :]):
            raise misfit("a case would go but not its steps", where=path)
        return {
            "steps": after_all[Place(path)],
            "cases": [
                {"when": when, "steps": after_all[case]}
                for when, case in zip(conditions, cases, strict=False)
            ],
        }


_ONLY_NAMED = {"depends_on", "cases"}
"""Fields of which a change tells no more than ids and conditions."""


def _order_after(held: Collection[str], members: Members, place: Place) -> list[str]:
    """Return the ids of a list of siblings after its members came, went and moved."""
    for name in (*members.removed, *members.moved):
        if name not in held:
            raise misfit("there is no such step to change", where=place.path(name))
    for name in members.added:
        if name in held:
            raise misfit("there is such a step already", where=place.path(name))
    leaving = members.removed.keys() | members.moved.keys()
    coming: dict[str, AddedStep | MovedStep] = {**members.added, **members.moved}
    staying = [name for name in held if name not in leaving]
    order = arranged(staying, {entry.after: name for name, entry in coming.items()})
    if len(order) < len(staying) + len(coming):
        lost = min(coming.keys() - set(order))
        raise misfit("the step that it should follow is not there", where=place.path(lost))
    return order
