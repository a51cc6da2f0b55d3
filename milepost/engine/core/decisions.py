"""Which containers hold to what they had decided when they begin anew with their children kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from milepost.domain.census import begun_iterations
from milepost.domain.steps import StepKind
from milepost.domain.values import Json

from .branches import CASE
from .loops import COUNT, FOR_EACH, ROUNDS

if TYPE_CHECKING:
    from milepost.domain.ids import StepPath

    from .state import Instance
    from .survey import Survey

Decisions = dict["StepPath", dict[str, Json]]


def held_decisions(survey: Survey, reset: Collection[StepPath]) -> Decisions:
    """Return by path what the containers among `reset` hold to: a case, items, rounds begun.

    One that is written anew, or whose choice may depend on what is reset, decides anew, and so
    do those inside of it.
    """
    anew: set[StepPath] = set()
    found: Decisions = {}
    rounds = begun_iterations(reset)
    readers = frozenset(one.path for one in survey.readers_of_removed())
    writers = [path for path in reset if survey.writes(survey.state.instances[path])]
    for path, instance in survey.state.instances.items():
        if path not in reset or not instance.node.groups:
            continue
        if (
            path in survey.changed
            or path in readers
            or _lies_in_new(instance, anew, rounds)
            or _waits_for(survey, instance, reset)
            or _reads_written(instance, writers)
        ):
            anew.add(path)
        elif decided := _decided(instance, rounds.get(path)):
            found[path] = decided
    return found


def _lies_in_new(
    instance: Instance, anew: Collection[StepPath], rounds: dict[str, list[int]]
) -> bool:
    """Tell whether what a container is in decides anew, or gets to it by another way."""
    owner, index = instance.frame.owner, instance.frame.index
    if owner is None:
        return False
    if owner.path in anew or index is None or owner.node.kind is not StepKind.LOOP:
        return owner.path in anew
    spec, first = owner.node.spec, rounds[owner.path][0]
    follows = spec.while_ or spec.until or owner.node.reads_previous
    return bool(follows) and index > first


def _waits_for(survey: Survey, instance: Instance, reset: Collection[StepPath]) -> bool:
    edges = instance.node.edges
    return any(survey.state.source(instance, edge.source).path in reset for edge in edges)


def _reads_written(instance: Instance, writers: Collection[StepPath]) -> bool:
    """Tell whether a container reads the context that steps to run again write.

    Those inside of it wrote nothing yet when it chose its case, or went into a round.
    """
    spec = instance.node.spec
    asked_before = spec.for_each is None and spec.count is None
    inside = (f"{instance.path}.", f"{instance.path}[")
    return instance.node.reads_context and not all(
        asked_before and path.startswith(inside) for path in writers
    )


def _decided(instance: Instance, rounds: list[int] | None) -> dict[str, Json]:
    """Return what a container decided, of rounds those up to the first with a step to run."""
    bindings, spec = instance.step.bindings, instance.node.spec
    if spec.while_ is None and spec.until is None:
        return {name: bindings[name] for name in (CASE, FOR_EACH, COUNT) if name in bindings}
    begun = rounds[0] + 1 if rounds else len(instance.frames)
    return {ROUNDS: begun} if begun else {}
