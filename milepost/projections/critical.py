"""Longest paths through a plan: of what was estimated, and of what really held its end up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from milepost.domain.graph import Graph
from milepost.domain.ids import StepPath
from milepost.domain.plans import PlanSpec, walk

from .places import Place, places
from .story import PlanStory


def estimate(spec: PlanSpec) -> timedelta | None:
    """Return a plan's estimate: as written, else the longest path over its steps' estimates."""
    if spec.estimated_duration is not None:
        return spec.estimated_duration
    if all(step.estimated_duration is None for step in walk(spec.steps)):
        return None
    groups = _groups(places(spec))
    seconds: dict[str, float] = {}
    for place in reversed([place for group in groups.values() for place in group]):
        given = place.spec.estimated_duration
        inner = _longest(groups.get(place.path, ()), seconds)
        own = given.total_seconds() if given is not None else inner
        if own is not None:
            seconds[place.path] = own
    longest = _longest(groups.get(None, ()), seconds)
    return timedelta(seconds=longest) if longest is not None else None


def critical_path(story: PlanStory) -> list[StepPath]:
    """Return the steps that the plan's end waited for in the order of their starts.

    A container on the way is followed by those of its own steps that held it up. Steps that undo
    others are left out.

    It begins with the step that ended last and goes back to what that one waited for longest.
    """
    groups = _groups([place for place in story.places if place.undoes is None])
    found: list[StepPath] = []
    pending = [groups.get(None, ())]
    while pending:
        chain = _chain(story, pending.pop())
        found += [place.path for place in chain]
        pending += [groups[place.path] for place in chain if place.path in groups]
    order = {place.path: number for number, place in enumerate(story.places)}
    return sorted(found, key=lambda path: (_started(story, path), order[path]))


def _chain(story: PlanStory, group: Sequence[Place]) -> list[Place]:
    """Return the step of a group that ended last, and back from it what held each one up."""
    members = {place.path: place for place in group}
    candidates = [place.path for place in group if _ended(story, place.path) is not None]
    chain: list[Place] = []
    while candidates:
        last = max(candidates, key=lambda path: _ended(story, path) or story.draft.timestamp)
        place = members[last]
        chain.append(place)
        candidates = [path for path in _before(place, members) if _ended(story, path) is not None]
    return chain


def _ended(story: PlanStory, path: str) -> datetime | None:
    """Return when a step that ran ended; one that is still running counts as ending last."""
    step = story.step(StepPath(path))
    if step is None or step.started_at is None:
        return None
    return step.ended_at or story.until


def _started(story: PlanStory, path: StepPath) -> datetime:
    step = story.step(path)
    return (step.started_at if step else None) or story.until


def _before(place: Place, members: dict[StepPath, Place]) -> list[StepPath]:
    """Return the siblings that a step waits for; those of lower levels, so never in a circle."""
    return [path for path in place.after if path in members and members[path].level < place.level]


def _longest(group: Sequence[Place], seconds: dict[str, float]) -> float | None:
    if not any(place.path in seconds for place in group):
        return None
    members = {place.path: place for place in group}
    graph = Graph({place.path: tuple(_before(place, members)) for place in group})
    return max(times.earliest_end for times in graph.schedule(seconds).values())


def _groups(all_places: Sequence[Place]) -> dict[StepPath | None, list[Place]]:
    """Return the direct children of every container, and of the plan under None."""
    groups: defaultdict[StepPath | None, list[Place]] = defaultdict(list)
    for place in all_places:
        groups[place.parent.path if place.parent else None].append(place)
    return groups
