"""Dependencies added, removed, and divided by a new step."""

from __future__ import annotations

from milepost.domain.errors import DependencyError
from milepost.domain.nearest import suggestion
from milepost.domain.steps import Dependency

from .edits import AddEdge, InjectStep, RemoveEdge
from .fields import rebuilt
from .scope import expect_step, meant
from .step_edits import inserted
from .tree import Place, Steps, list_at, with_list, with_step


def add_edge(steps: Steps, edit: AddEdge) -> Steps:
    """Return the steps with one more dependency of one of them."""
    step = expect_step(steps, edit.step)
    edges = (*step.depends_on, edit.depends_on)
    return with_step(steps, edit.step, rebuilt(step, {"depends_on": edges}, where=edit.step))


def remove_edge(steps: Steps, edit: RemoveEdge) -> Steps:
    """Return the steps with one dependency less of one of them."""
    step = expect_step(steps, edit.step)
    edges = [edge for edge in step.depends_on if edge.step != edit.depends_on]
    if len(edges) == len(step.depends_on):
        raise DependencyError(
            f"step {edit.step!r} does not depend on {edit.depends_on!r}",
            ids=[edit.depends_on],
            mend=suggestion(edit.depends_on, step.dependencies, kind="dependencies"),
        )
    return with_step(steps, edit.step, rebuilt(step, {"depends_on": edges}, where=edit.step))


def inject_step(steps: Steps, edit: InjectStep) -> Steps:
    """Return the steps with a new one on an edge, in the list of the step that waits.

    It stands after the first of the two, or before the second where the first is in another list.
    The edge's attributes stay with the second; the new step waits for the first plainly, unless
    it says itself how.
    """
    first, second = edit.between
    edge = _edge_between(steps, first, second)
    waiting, place = expect_step(steps, second), Place.of(second)
    to_new = rebuilt(edge, {"step": edit.step.id}, where=second)
    edges = [to_new if one is edge else one for one in waiting.depends_on]
    steps = with_step(steps, second, rebuilt(waiting, {"depends_on": edges}, where=second))
    new = edit.step
    if edge.step not in new.dependencies:
        new = rebuilt(new, {"depends_on": (*new.depends_on, Dependency(step=edge.step))})
    siblings = list_at(steps, place)
    ids = [step.id for step in siblings]
    at = ids.index(edge.step) + 1 if Place.of(first) == place else ids.index(waiting.id)
    return with_list(steps, place, inserted(siblings, new, at))


def _edge_between(steps: Steps, first: str, second: str) -> Dependency:
    expect_step(steps, first)
    place = Place.of(second)
    known = {meant(steps, e.step, place): e for e in expect_step(steps, second).depends_on}
    for path, edge in known.items():
        if path == first:
            return edge
    raise DependencyError(
        f"step {second!r} does not depend on {first!r}, so nothing is between them",
        ids=[first, second],
        mend=suggestion(first, [path for path in known if path], kind="dependencies"),
    )
