"""Requests to a plan's owner, and the publishing of workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, JsonValue

from milepost.domain.values import ContentHash

from .base import Event, Impact

if TYPE_CHECKING:
    from milepost.domain.aggregates import RequestStream, WorkflowStream


class RequestMade(Event):
    """Somebody asks the plan's owner for something; the plan's own events answer."""

    kind: ClassVar[str] = "request.made.v1"
    impact: ClassVar[Impact] = Impact.TRACE

    command: str
    """pause, resume, cancel or answer."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    why: str = ""

    def apply(self, requests: RequestStream) -> None:
        """Fold: one more request."""
        requests.made.append(self)


class WorkflowPublished(Event):
    """A version of a workflow is available under its name; versions never change."""

    kind: ClassVar[str] = "workflow.published.v1"
    impact: ClassVar[Impact] = Impact.PLAN

    version: str
    content: ContentHash
    description: str | None = None

    def apply(self, workflow: WorkflowStream) -> None:
        """Fold: the version exists."""
        workflow.versions[self.version] = self.content
        workflow.retired.discard(self.version)


class WorkflowRetired(Event):
    """A version is no longer offered; plans that run on it are left alone."""

    kind: ClassVar[str] = "workflow.retired.v1"
    impact: ClassVar[Impact] = Impact.PLAN

    version: str

    def apply(self, workflow: WorkflowStream) -> None:
        """Fold: the version is retired."""
        workflow.retired.add(self.version)


OTHER_EVENTS: tuple[type[Event], ...] = (RequestMade, WorkflowPublished, WorkflowRetired)
