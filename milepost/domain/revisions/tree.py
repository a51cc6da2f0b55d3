"""Steps found and replaced by their paths; what is not replaced is not made anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from milepost.domain.ids import StepPath, child_path, decode_segment
from milepost.domain.steps import StepSpec

from .fields import rebuilt

_CASE = re.compile(r"(.+)\[(\d{1,9})\]", re.DOTALL)

Steps = tuple[StepSpec, ...]


class Place(NamedTuple):
    """A list of siblings: a container's children, those of a branch's case, or the plan's own."""

    container: str
    case: int | None = None

    @classmethod
    def of(cls, path: str) -> Place:
        """Return where the step at a path stands."""
        return cls.named(path.rpartition(".")[0])

    @classmethod
    def named(cls, name: str) -> Place:
        """Return the place that a path shows before its last dot: `p`, `choose[1]`, nothing."""
        case = _CASE.fullmatch(name)
        return cls(case[1], int(case[2])) if case else cls(name)

    def path(self, step_id: str) -> StepPath:
        """Return the path of a step that stands here."""
        return child_path(self.container, step_id, index=self.case)


TOP = Place("")


def lists_of(step: StepSpec, path: str) -> Iterator[tuple[Place, Steps]]:
    """Yield the lists of children that a step has."""
    if step.steps:
        yield Place(path), step.steps
    for number, case in enumerate(step.cases):
        yield Place(path, number), case.steps


def walk(steps: Steps, place: Place = TOP) -> Iterator[tuple[StepPath, StepSpec]]:
    """Yield every step with its path, parents before children, in file order."""
    for step in steps:
        path = place.path(step.id)
        yield path, step
        for inner, children in lists_of(step, path):
            yield from walk(children, inner)


def id_of(path: str) -> str:
    """Return the id of the step at a path."""
    segment = path.rpartition(".")[2]
    try:
        return decode_segment(segment)
    except UnicodeDecodeError:
        return segment


def find(steps: Steps, path: str) -> StepSpec | None:
    """Return the step at a path, None if there is none."""
    place, name = Place.of(path), id_of(path)
    step = next((step for step in list_at(steps, place) if step.id == name), None)
    return step if step is not None and place.path(name) == path else None


def list_at(steps: Steps, place: Place) -> Steps:
    """Return the siblings at a place; there are none where there is no such place."""
    if not place.container:
        return steps
    container = find(steps, place.container)
    if container is None:
        return ()
    lists = dict(lists_of(container, place.container))
    return lists.get(place, ())


def with_list(steps: Steps, place: Place, siblings: Sequence[StepSpec]) -> Steps:
    """Return the steps with other siblings at a place that is there.

    Raises `ValidationError` where a container would be left without steps.
    """
    if not place.container:
        return tuple(siblings)
    container = find(steps, place.container)
    if container is None:
        raise LookupError(place.container)
    told: dict[str, object] = {"steps": tuple(siblings)}
    if place.case is not None:
        cases = list(container.cases)
        cases[place.case] = rebuilt(cases[place.case], told, where=place.container)
        told = {"cases": cases}
    return with_step(steps, place.container, rebuilt(container, told, where=place.container))


def with_step(steps: Steps, path: str, step: StepSpec) -> Steps:
    """Return the steps with another one in place of that at a path that is there."""
    place, name = Place.of(path), id_of(path)
    siblings = [step if one.id == name else one for one in list_at(steps, place)]
    return with_list(steps, place, siblings)
