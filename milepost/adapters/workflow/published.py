"""Published workflows: versions under a name that never change."""

from __future__ import annotations

from typing import NamedTuple

from milepost.domain.aggregates import WorkflowStream
from milepost.domain.errors import (
    RefusedError,
    UnknownNameError,
    VersionConflictError,
)
from milepost.domain.events import WorkflowPublished
from milepost.domain.ids import PlanId, workflow_stream
from milepost.domain.nearest import suggestion
from milepost.domain.plans import PlanSpec
from milepost.domain.references import publishable_name
from milepost.domain.values import ContentHash
from milepost.engine.journal import Journal, Save
from milepost.engine.library import Library, Prepared, read_content
from milepost.engine.world import World

_TRIES = 20


class Published(NamedTuple):
    """One version of a workflow."""

    name: str
    version: str
    content: str


class PublishedWorkflows:
    """Registers versions and finds them again."""

    def __init__(self, journal: Journal, library: Library, world: World) -> None:
        self._journal = journal
        self._library = library
        self._world = world

    async def publish(self, prepared: Prepared, *, who: str) -> Published:
        """Register content under its own name and version; doing it twice changes nothing.

        Raises `ValidationError` for a name or version that no reference can name, `RefusedError`
        if the version has other content.
        """
        version = prepared.spec.version
        name = publishable_name(prepared.spec.name, version)
        for _try in range(_TRIES):
            try:
                await self._register(name, version, prepared, who=who)
            except VersionConflictError:
                continue
            return Published(name, version, prepared.content)
        raise RefusedError(f"{name}@{version}: too many versions at once; try again")

    async def _register(self, name: str, version: str, prepared: Prepared, *, who: str) -> None:
        """Store a version that is not there yet; raise `VersionConflictError` if another came."""
        stream = await self._stream(name)
        known = stream.versions.get(version)
        if known is not None and known != prepared.content:
            raise RefusedError(
                f"{name}@{version}: this version is published with other content; "
                "give the workflow a new `version`"
            )
        if known is not None:
            return
        event = stream.record(
            WorkflowPublished,
            timestamp=self._world.clock.now(),
            actor=who,
            version=version,
            content=prepared.content,
            description=prepared.spec.description,
        )
        contents = {prepared.content: prepared.body}
        await self._journal.append(Save(PlanId(stream.id), [event], contents=contents))

    async def find(self, reference: str) -> tuple[Prepared, str]:
        """Return `NAME@VERSION` made ready, and the reference; raise `UnknownNameError`."""
        content = await self._content(reference)
        prepared = self._library.find(content)
        if prepared is None:
            prepared = self._library.restore(content, await self._journal.content(content))
        return prepared, reference

    async def spec(self, reference: str) -> PlanSpec:
        """Return the content of `NAME@VERSION` as written; raise `UnknownNameError`."""
        content = await self._content(reference)
        known = self._library.find(content)
        return known.spec if known else read_content(await self._journal.content(content))

    async def _content(self, reference: str) -> ContentHash:
        name, _at, version = reference.rpartition("@")
        stream = await self._stream(name)
        content = stream.versions.get(version)
        if content is None:
            known = [f"{name}@{one}" for one in stream.versions]
            mend = (
                suggestion(reference, known, kind="versions")
                if known
                else ("publish it with `milepost publish FILE`")
            )
            raise UnknownNameError(f"there is no published workflow {reference}; {mend}")
        return ContentHash(content)

    async def versions(self, name: str) -> list[Published]:
        """Return the published versions of a workflow, oldest first; none for an unknown name."""
        stream = await self._stream(name)
        return [Published(name, version, content) for version, content in stream.versions.items()]

    async def _stream(self, name: str) -> WorkflowStream:
        stream = workflow_stream(name)
        stored = await self._journal.plan_events(PlanId(stream))
        return WorkflowStream.folded(stream, [one.event for one in stored])
