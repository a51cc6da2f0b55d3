"""Which step a name means, and who depends on a step."""

from __future__ import annotations

from collections.abc import Iterator

from milepost.domain.errors import ValidationError
from milepost.domain.ids import StepPath
from milepost.domain.nearest import suggestion
from milepost.domain.steps import StepSpec

from .tree import Place, Steps, find, list_at, walk


def expect_step(steps: Steps, path: str) -> StepSpec:
    """Return the step at a path; raise `ValidationError` with the nearest path if none is there."""
    step = find(steps, path)
    if step is None:
        mend = suggestion(path, (known for known, _step in walk(steps)), kind="steps")
        raise ValidationError(f"there is no step at {path!r}", mend=mend)
    return step


def meant(steps: Steps, name: str, place: Place) -> StepPath | None:
    """Return the path of the step that `name` means to those who stand at a place.

    The nearest list that has such an id counts, from the place outwards.
    """
    while True:
        if any(step.id == name for step in list_at(steps, place)):
            return place.path(name)
        if not place.container:
            return None
        place = Place.of(place.container)


def dependents(steps: Steps, path: str, name: str) -> Iterator[tuple[StepPath, StepSpec]]:
    """Yield the steps that depend on the step at a path; those inside it are left out."""
    place = Place.of(path)
    for step in list_at(steps, place):
        if step.id != name:
            for other, found in walk((step,), place):
                if name in found.dependencies and meant(steps, name, Place.of(other)) == path:
                    yield other, found
