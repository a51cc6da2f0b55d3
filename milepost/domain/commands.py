"""What people may ask of a plan to change its course, each with its arguments.

The arguments are stored in a `RequestMade` event, so they are JSON and name contents and events
by their hashes and ids.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import pydantic
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from .errors import ValidationError
from .events import RecoveryStrategy
from .replanning import RevisionStrategy, RevisionTrigger
from .values import ContentHash


class Effects(StrEnum):
    """What a plan does about finished effects that going back would repeat or forget."""

    REFUSE = "refuse"
    ACCEPT = "accept"


class Command(BaseModel):
    """The arguments of a command."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Reshaping(Command):
    """A command after which the plan has a certain content; `hold` pauses it then."""

    content: ContentHash
    seen: str = ""
    """Id of the plan's newest event when the command was tried out."""
    effects: Effects = Effects.REFUSE
    hold: bool = False


class Revise(Command):
    """Give the plan another content, which was made from revision `base`."""

    content: ContentHash
    base: int
    trigger: RevisionTrigger = RevisionTrigger.USER
    strategy: RevisionStrategy = RevisionStrategy.PARTIAL
    evidence: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    """Paths of failed steps that are to run again."""
    workflow: str | None = None
    """`name@version` of the published workflow that the content is of, if it is of another one."""


class RollBack(Reshaping):
    """Go back to the content of revision `to`."""

    to: int


class Restore(Reshaping):
    """Go back to the moment right after the event `at`."""

    at: str
    checkpoint: str | None = None


class Recover(Reshaping):
    """Let a plan that failed go on."""

    strategy: RecoveryStrategy = RecoveryStrategy.RESUME
    steps: tuple[str, ...] = ()
    """Paths of the failed steps that it is about; none for all of them."""
    workflow: str | None = None
    """`name@version` of the published workflow that the content is of, if it is of another one."""


class Replan(Command):
    """Have the plan's planner asked for another content."""

    trigger: RevisionTrigger = RevisionTrigger.USER
    step: str | None = None
    """Path of the step that it is about, if it is about one."""
    feedback: JsonValue = None
    """What the planner is to know."""
    resources: dict[str, Annotated[int, Field(ge=1)]] | None = None
    """How much of each named resource there is from now on."""


class Compensate(Command):
    """Undo finished steps; none named means all that can be undone."""

    steps: tuple[str, ...] = ()


class Note(Command):
    """A command that is only noted: it leaves the plan's course as it is."""


class TakeCheckpoint(Note):
    """Name the moment of an event, or the present one; with `snapshot`, keep its state beside."""

    name: str | None = None
    at: str | None = None
    snapshot: bool = False


class ForgetCheckpoint(Note):
    """Free the name of a checkpoint."""

    name: str


class ChangeBreakpoint(Note):
    """Have the plan pause before a step, or no longer."""

    step: str
    on: bool = True


COMMANDS: dict[str, type[Command]] = {
    "revise": Revise,
    "rollback": RollBack,
    "restore": Restore,
    "recover": Recover,
    "replan": Replan,
    "compensate": Compensate,
    "checkpoint": TakeCheckpoint,
    "forget_checkpoint": ForgetCheckpoint,
    "breakpoint": ChangeBreakpoint,
}


def reshapes(command: str) -> bool:
    """Tell whether a plan has a certain content after a command, and may lose results by it."""
    return command in COMMANDS and issubclass(COMMANDS[command], Reshaping)


def is_noted(command: str) -> bool:
    """Tell whether a command is only noted, so that nobody need carry the plan on for it."""
    return command in COMMANDS and issubclass(COMMANDS[command], Note)


def arguments_of(command: Command) -> dict[str, JsonValue]:
    """Return a command's arguments as they are stored."""
    return command.model_dump(mode="json", exclude_defaults=True)


def parse(name: str, arguments: dict[str, JsonValue]) -> Command:
    """Return a stored command; raise `ValidationError` for one that is not well formed."""
    try:
        return COMMANDS[name].model_validate(arguments)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValidationError(first["msg"], where=f"{name} {where}".strip()) from None
