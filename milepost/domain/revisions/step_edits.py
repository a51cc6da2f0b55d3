"""Steps added, removed, changed and moved in a plan."""

from __future__ import annotations

from collections.abc import Sequence

from milepost.domain.errors import DependencyError, ValidationError
from milepost.domain.nearest import listed, suggestion
from milepost.domain.steps import Dependency, StepKind, StepSpec

from .edits import AddStep, ChangeStep, MoveStep, RemoveStep
from .fields import rebuilt
from .scope import dependents, expect_step, meant
from .tree import TOP, Place, Steps, list_at, with_list, with_step


def add_step(steps: Steps, edit: AddStep) -> Steps:
    """Return the steps with a new one in the list that the edit names."""
    place = _named_list(steps, edit)
    siblings = list_at(steps, place)
    at = len(siblings) if edit.after is None else _behind(siblings, edit.after)
    return with_list(steps, place, inserted(siblings, edit.step, at))


def remove_step(steps: Steps, edit: RemoveStep) -> Steps:
    """Return the steps without one; its dependents take over its dependencies if so asked."""
    gone = expect_step(steps, edit.path)
    place = Place.of(edit.path)
    waiting = list(dependents(steps, edit.path, gone.id))
    if waiting and not edit.reconnect:
        raise DependencyError(
            f"others depend on step {edit.path!r}: {listed(path for path, _step in waiting)}",
            ids=[path for path, _step in waiting],
            mend="remove them or their edges first, or have them depend on what it depends on "
            "(`reconnect`, --reconnect)",
        )
    for path, _step in waiting:
        steps = _reconnected(steps, path, gone, place)
    left = [step for step in list_at(steps, place) if step.id != gone.id]
    if not left and place == TOP:
        raise ValidationError(
            f"step {edit.path!r} is the plan's only one", mend="add another one first"
        )
    return with_list(steps, place, left)


def change_step(steps: Steps, edit: ChangeStep) -> Steps:
    """Return the steps with other fields in one of them."""
    step = expect_step(steps, edit.path)
    changed = rebuilt(step, edit.fields, where=edit.path)
    if changed.id != step.id:
        _refuse_taken(list_at(steps, Place.of(edit.path)), changed.id)
    return with_step(steps, edit.path, changed)


def move_step(steps: Steps, edit: MoveStep) -> Steps:
    """Return the steps with one elsewhere among its siblings."""
    step = expect_step(steps, edit.path)
    place = Place.of(edit.path)
    others = [other for other in list_at(steps, place) if other is not step]
    at = 0 if edit.after is None else _behind(others, edit.after)
    return with_list(steps, place, inserted(others, step, at))


def inserted(siblings: Sequence[StepSpec], step: StepSpec, at: int) -> list[StepSpec]:
    """Return the siblings with a new one; raise `ValidationError` if its id is taken."""
    _refuse_taken(siblings, step.id)
    return [*siblings[:at], step, *siblings[at:]]


def _refuse_taken(siblings: Sequence[StepSpec], name: str) -> None:
    if any(step.id == name for step in siblings):
        raise ValidationError(f"there is a step {name!r} already", mend="give it another id")


def _behind(siblings: Sequence[StepSpec], name: str) -> int:
    ids = [step.id for step in siblings]
    if name not in ids:
        mend = suggestion(name, ids, kind="siblings")
        raise ValidationError(f"there is no sibling {name!r} to follow", mend=mend)
    return ids.index(name) + 1


def _named_list(steps: Steps, edit: AddStep) -> Place:
    """Return the list into which a step is to be added."""
    kind = expect_step(steps, edit.into).kind if edit.into else StepKind.SEQUENTIAL
    place = Place(edit.into, edit.case)
    if kind is StepKind.BRANCH and edit.case is None:
        raise ValidationError(f"step {edit.into!r} is a branch", mend="say which `case`, from 0")
    if list_at(steps, place):
        return place
    if edit.case is not None:
        raise ValidationError(f"step {edit.into!r} has no case {edit.case}", mend="name another")
    raise ValidationError(
        f"step {edit.into!r} is a {kind} step and has no children", mend="name a container"
    )


def _reconnected(steps: Steps, path: str, gone: StepSpec, place: Place) -> Steps:
    """Return the steps with the dependencies of `gone` given to the dependent at a path."""
    step = expect_step(steps, path)
    held = set(step.dependencies)
    edges: list[Dependency] = []
    for edge in step.depends_on:
        edges += (
            [edge] if edge.step != gone.id else [e for e in gone.depends_on if e.step not in held]
        )
    for edge in gone.depends_on:
        wanted, found = meant(steps, edge.step, place), meant(steps, edge.step, Place.of(path))
        if wanted != found:
            raise DependencyError(
                f"step {path!r} cannot depend on {wanted!r}: there {edge.step!r} means {found!r}",
                ids=[edge.step],
                mend="give one of the two another id first",
            )
    return with_step(steps, path, rebuilt(step, {"depends_on": edges}, where=path))
