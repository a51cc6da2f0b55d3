"""Which plans a command is about, as its words say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .screen import times

if TYPE_CHECKING:
    from milepost.projections.reader import PlanFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which plans are wanted, as the words of a command say it."""

    status: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    workflow: str | None = None
    name: str | None = None
    step: str | None = None
    tool: str | None = None
    error: str | None = None
    tag: str | None = None
    session: str | None = None
    user: str | None = None
    text: str | None = None

    def read(self, *, status: Sequence[str] = ()) -> PlanFilter:
        """Return the filter, by default with that status.

        Raises `ValidationError` for words that mean nothing.
        """
        from milepost.domain.choices import choice
        from milepost.domain.plans import PlanStatus
        from milepost.projections.reader import PlanFilter

        return PlanFilter(
            status=[
                choice(word, PlanStatus, where="--status", kind="statuses")
                for word in self.status or status
            ],
            created_from=times.time_of(self.since, where="--since") if self.since else None,
            created_until=times.time_of(self.until, where="--until") if self.until else None,
            workflow=self.workflow,
            name=self.name,
            step=self.step,
            tool=self.tool,
            error=self.error,
            tag=self.tag,
            session=self.session,
            user=self.user,
            text=self.text,
        )
