"""What a person or a planner may ask to be changed in a plan."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from milepost.domain.steps import Dependency
from milepost.domain.validation import validated

from .changes import WholeStep

MAX_EDITS = 10_000

Path = Annotated[str, Field(min_length=1)]


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class AddStep(_Edit):
    """Put a new step into a list: the plan's own, a container's, or that of a branch's case."""

    op: Literal["add_step"] = "add_step"
    step: WholeStep
    into: str = ""
    """Path of the container; empty for the plan itself."""
    case: Annotated[int, Field(ge=0)] | None = None
    """Which case of a branch, from 0."""
    after: str | None = None
    """Id of the sibling that it follows; it comes last where none is named."""


class RemoveStep(_Edit):
    """Take a step away, with all that is in it."""

    op: Literal["remove_step"] = "remove_step"
    path: Path
    reconnect: bool = False
    """Whether steps that depend on it depend on its own dependencies from then on."""


class ChangeStep(_Edit):
    """Give a step other fields; null restores a field's default."""

    op: Literal["change_step"] = "change_step"
    path: Path
    fields: dict[str, JsonValue]
    """Whole fields as a plan's JSON writes them."""


class MoveStep(_Edit):
    """Put a step elsewhere among its siblings."""

    op: Literal["move_step"] = "move_step"
    path: Path
    after: str | None
    """Id of the sibling that it follows; null puts it first."""


class InjectStep(_Edit):
    """Put a new step on the edge between two: it waits for the first, the second waits for it."""

    op: Literal["inject_step"] = "inject_step"
    step: WholeStep
    between: tuple[Path, Path]
    """Paths of a step and of one that depends on it."""


class AddEdge(_Edit):
    """Let a step depend on one more."""

    op: Literal["add_edge"] = "add_edge"
    step: Path
    depends_on: Dependency


class RemoveEdge(_Edit):
    """Let a step depend on one less."""

    op: Literal["remove_edge"] = "remove_edge"
    step: Path
    depends_on: str
    """Id of the step as `depends_on` names it."""


class ChangeSettings(_Edit):
    """Give the plan other settings; null restores a setting's default."""

    op: Literal["change_settings"] = "change_settings"
    fields: dict[str, JsonValue]


Edit = Annotated[
    AddStep
    | RemoveStep
    | ChangeStep
    | MoveStep
    | InjectStep
    | AddEdge
    | RemoveEdge
    | ChangeSettings,
    Field(discriminator="op"),
]


class Edits(_Edit):
    """A request for changes, carried out in order."""

    edits: Annotated[tuple[Edit, ...], Field(max_length=MAX_EDITS)]


def read_edits(data: object, *, where: str = "") -> tuple[Edit, ...]:
    """Return edits from their JSON, a list; raise `ValidationError` for what is none."""
    return validated(Edits, {"edits": data}, where=where).edits
