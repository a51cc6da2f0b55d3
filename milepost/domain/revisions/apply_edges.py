"""A step's dependencies changed as a comparison says."""

from __future__ import annotations

from milepost.domain.steps import Dependency, StepSpec

from .changes import Change, ChangedEdge
from .fields import after, misfit, rebuilt, value_after
from .sameness import same
from .told import Edges


def edges_after(
    step: StepSpec, told: Edges, order: Change | None, *, where: str
) -> tuple[Dependency, ...]:
    """Return the step's dependencies after the changes; without `order` new ones come last.

    Raises `ValidationError` where the step's dependencies are not as they were found.
    """
    held = {edge.step: edge for edge in step.depends_on}
    ids = value_after("depends_on", list(held), order, where=where)
    for source, removed in told.removed.items():
        if not same(held.pop(source, None), removed.dependency()):
            raise misfit(f"it does not depend on {source!r} in that way", where=where)
    for source, changed in told.changed.items():
        held[source] = _changed(held.get(source), changed, where=where)
    for source, added in told.added.items():
        if source in held:
            raise misfit(f"it depends on {source!r} already", where=where)
        held[source] = added.dependency()
    if order is None:
        return tuple(held.values())
    if not isinstance(ids, list) or sorted(map(str, ids)) != sorted(held):
        raise misfit("`depends_on` names others than the edges do", where=where)
    return tuple(held[source] for source in ids)


def _changed(held: Dependency | None, told: ChangedEdge, *, where: str) -> Dependency:
    if held is None:
        raise misfit(f"it does not depend on {told.source!r}", where=where)
    place = f"{where} on {told.source!r}"
    return rebuilt(held, after(held, told.changed, where=place), where=place)
