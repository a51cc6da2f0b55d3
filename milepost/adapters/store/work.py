"""What the committer carries out inside a transaction: saves, claims and releases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from milepost.domain.errors import (
    FenceError,
    OwnedElsewhereError,
    UnknownNameError,
    VersionConflictError,
)
from milepost.domain.events import Event
from milepost.domain.values import ContentHash
from milepost.engine.journal import Save

from .bodies import Bodies
from .body_rows import Known, delta_of
from .codec import Codec, Row
from .named_contents import NAMING_TYPES, contents_named

NOBODY = ""
"""The owner of a plan that was given up."""
_OF_OWNERS = ("plan.", "step.")
Find: TypeAlias = Callable[[ContentHash], Known | None]


class Owned(NamedTuple):
    """Who owns a plan, and the number that fences off earlier owners."""

    owner: str
    fence: int


class Transaction(Protocol):
    """What work asks of the store, and does to it, before anything is durable."""

    @property
    def owner(self) -> str:
        """Name of the process that writes."""

    def owner_of(self, plan: str) -> Owned | None:
        """Return who owns the plan, None if nobody ever did."""

    def own(self, plan: str, owner: str, *, fence: int) -> None:
        """Make somebody the plan's owner."""

    def version_of(self, stream: str, expected: int) -> int:
        """Return the stream's version; 0 if it is expected to be new and not known better."""

    def move_on(self, versions: Mapping[str, int]) -> None:
        """Note the streams' new versions."""

    def add_bodies(self, bodies: Bodies) -> None:
        """Count the references and keep the bodies that are new."""

    def add_events(self, rows: Sequence[Row], events: Sequence[Event]) -> int:
        """Give the events positions, and times that never run backwards; return the last position.

        One that gets a later time keeps that at which it was decided beside it.
        """


class Work(Protocol):
    """One thing that is done whole or not at all."""

    @property
    def size(self) -> int:
        """How many rows it adds to a commit, at least 1."""

    def admit(self, transaction: Transaction) -> int:
        """Do it and return its number (a position or a fence); raise if it is refused."""


class SaveWork(NamedTuple):
    """A save with its events as rows."""

    save: Save
    rows: Sequence[Row]
    bodies: Bodies
    weight: int
    """Bytes of its states and bodies."""
    is_request: bool

    @property
    def size(self) -> int:
        """The number of its events."""
        return len(self.rows)

    def admit(self, transaction: Transaction) -> int:
        """Check owner and versions, then add the rows; return the last one's position."""
        self._check_owner(transaction)
        transaction.move_on(self._versions(transaction))
        if self.save.new or self.save.release:
            owner = NOBODY if self.save.release else transaction.owner
            transaction.own(self.save.plan, owner, fence=self.save.fence or 1)
        transaction.add_bodies(self.bodies)
        return transaction.add_events(self.rows, self.save.events)

    def _check_owner(self, transaction: Transaction) -> None:
        save = self.save
        if save.fence is None and not save.new:
            return
        owned = transaction.owner_of(save.plan)
        if save.new and owned is not None:
            raise VersionConflictError(f"plan {save.plan}: it exists already; give it another id")
        if not save.new and owned != (transaction.owner, save.fence):
            raise FenceError(
                f"plan {save.plan}: it was taken over from this process, which can add nothing more"
                f" to it; see `milepost show {save.plan}` for how it stands now"
            )

    def _versions(self, transaction: Transaction) -> dict[str, int]:
        moved: dict[str, int] = {}
        for row in self.rows:
            stream, expected = row.stream, row.version - 1
            current = moved.get(stream)
            if current is None:
                current = transaction.version_of(stream, expected)
            if current != expected:
                raise VersionConflictError(
                    f"stream {stream}: version {row.version} does not follow version {current};"
                    " another writer moved it on, read it again and decide again"
                )
            moved[stream] = row.version
        return moved


def save_work(save: Save, codec: Codec, known: Find | None = None) -> SaveWork:
    """Return the work that a save is; raise `FenceError` if it must say who owns the plan.

    `known` finds stored bodies; with it, contents are stored as differences where that saves room.
    """
    bodies = Bodies()
    if save.contents:
        _add_contents(bodies, save, known)
    rows = [codec.encode(event, bodies) for event in save.events]
    for event in save.events:
        if type(event) in NAMING_TYPES:
            for content in contents_named(event):
                bodies.refer(content)
    anybody = save.fence is None and not save.new
    if anybody and any(row.kind.startswith(_OF_OWNERS) for row in rows):
        raise FenceError(f"plan {save.plan}: only its owner adds to it; claim it first")
    is_request = anybody and any(row.kind.startswith("request.") for row in rows)
    weight = sum([len(row.state) for row in rows])
    if bodies.contents:
        weight += sum(map(len, bodies.contents.values()))
    return SaveWork(save, rows, bodies, weight, is_request)


def _add_contents(bodies: Bodies, save: Save, known: Find | None) -> None:
    """Store the contents of a save, each named by whichever of its events do so."""
    found: dict[ContentHash, Known] = {}
    for content, body in save.contents.items():
        bodies.contents[content] = body
        bodies.refer(content, 0)
        base = save.like.get(content)
        if base is None or base == content or known is None:
            continue
        like = known(base) or found.get(base) or _whole(save, base)
        delta = delta_of(base, like, body) if like else None
        if delta is not None and like is not None:
            bodies.deltas[content] = delta
            found[content] = Known(body, like.depth + 1)


def _whole(save: Save, content: ContentHash) -> Known | None:
    body = save.contents.get(content)
    return Known(body, 0) if body is not None else None


@dataclass(frozen=True, slots=True)
class Claim:
    """Ownership of a plan, raising its fence."""

    plan: str
    take_over: bool
    is_alive: Callable[[str], bool]
    size: int = 1

    def admit(self, transaction: Transaction) -> int:
        """Own the plan unless another living process does; return the new fence."""
        owned = transaction.owner_of(self.plan)
        if owned is None:
            raise UnknownNameError(f"there is no plan {self.plan!r}; check the name")
        if owned.owner not in (NOBODY, transaction.owner) and not self.take_over:
            self._refuse_the_living(owned.owner)
        transaction.own(self.plan, transaction.owner, fence=owned.fence + 1)
        return owned.fence + 1

    def _refuse_the_living(self, owner: str) -> None:
        if self.is_alive(owner):
            raise OwnedElsewhereError(
                f"plan {self.plan}: the living process {_with_number(owner)} owns it; wait for it,"
                f" or if it hangs, take the plan over: `milepost resume {self.plan} --take-over`"
            )


def _with_number(owner: str) -> str:
    """Return an owner's name behind the number of its process, if the name has one."""
    parts = owner.rsplit("-", 2)
    number = parts[1] if len(parts) > 2 and parts[1].isdigit() else None  # noqa: PLR2004
    return f"{number} ({owner})" if number is not None else owner


@dataclass(frozen=True, slots=True)
class Release:
    """The end of an ownership; the fence stays, for the next owner to raise."""

    plan: str
    size: int = 1

    def admit(self, transaction: Transaction) -> int:
        """Give the plan up if this process owns it; return its fence."""
        owned = transaction.owner_of(self.plan)
        if owned is None or owned.owner != transaction.owner:
            return 0
        transaction.own(self.plan, NOBODY, fence=owned.fence)
        return owned.fence


@dataclass(frozen=True, slots=True)
class Barrier:
    """Nothing: it is carried out when everything before it has been."""

    size: int = 1

    def admit(self, transaction: Transaction) -> int:  # noqa: ARG002 - all work has it
        """Do nothing."""
        return 0
