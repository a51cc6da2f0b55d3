"""Revisions for commands: listed, shown, made."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from milepost.domain.errors import ValidationError
from milepost.projections.views import as_json as plain

from .changing import Told, carry_on_changed
from .comparing import print_diff
from .given_inputs import json_file
from .opening import Equipment, opened
from .output import Output
from .plan_names import find_plan
from .screen.terminal import clean, show
from .screen.values import document

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.engine.coordinator import Watch

    from .given_edits import GivenEdits


@dataclass(frozen=True, slots=True, kw_only=True)
class Revising:
    """A new content for a plan, as the words of a command say it."""

    plan: str
    file: str | None = None
    patch: str | None = None
    edits: GivenEdits
    again: Sequence[str] = ()
    strategy: str | None = None
    who: str | None = None
    why: str = ""

    def arguments(self) -> dict[str, Any]:
        """Return what to ask for; raise `ValidationError` for words that mean nothing."""
        edits = self.edits.read()
        if sum((self.file is not None, self.patch is not None, bool(edits))) > 1:
            raise ValidationError(
                "give a file, edits or --patch, only one of them", where=f"revise {self.plan}"
            )
        if not (self.file or self.patch or edits or self.again):
            raise ValidationError(
                "nothing to change is given",
                where=f"revise {self.plan}",
                mend="name a file, or see `milepost revise --help` for edits",
            )
        return {
            "plan": self.file,
            "edits": edits,
            "patch": json_file(self.patch) if self.patch is not None else None,
            "again": self.again,
            "strategy": self.strategy,
            "who": self.who,
            "why": self.why,
        }


async def list_revisions(store: str, name: str, *, as_json: bool) -> int:
    """Print a plan's revisions."""
    from .screen.revisions import revision_table

    async with opened(store) as milepost:
        records = await milepost.revisions(await find_plan(milepost, name))
    if as_json:
        told = [plain(record._asdict()) for record in records]
        sys.stdout.write(document(told) + "\n")
    else:
        show([revision_table(records)])
    return 0


async def show_content(store: str, name: str, number: int | None, *, as_json: bool) -> int:
    """Print the content of a revision, as a workflow file or as JSON."""
    from .screen.content import content_fields, content_text

    async with opened(store) as milepost:
        spec = await milepost.content(await find_plan(milepost, name), number)
    text = document(content_fields(spec)) + "\n" if as_json else content_text(spec)
    sys.stdout.write(clean(text))
    return 0


async def show_revision(store: str, name: str, number: int, *, as_json: bool) -> int:
    """Print what made a revision, and its content."""
    from rich.text import Text

    from .screen.content import content_fields, content_text
    from .screen.revisions import revision_facts

    async with opened(store) as milepost:
        plan = await find_plan(milepost, name)
        spec = await milepost.content(plan, number)
        record = (await milepost.revisions(plan))[number - 1]
    if as_json:
        made = plain(record._asdict())
        told = {"plan": plan, "revision": made, "content": content_fields(spec)}
        sys.stdout.write(document(told) + "\n")
        return 0
    show([revision_facts(plan, record), Text()])
    sys.stdout.write(clean(content_text(spec)))
    return 0


async def revise(revising: Revising, equipment: Equipment, output: Output) -> int:
    """Revise a plan, print what that changed, and carry the plan on."""
    asked = revising.arguments()

    async def change(milepost: Milepost, plan: str, watch: Watch) -> int:
        return await milepost.revise(plan, watch=watch, **asked)

    return await _revise(revising.plan, change, equipment, output)


async def move(
    name: str, reference: str, who: str | None, why: str, equipment: Equipment, output: Output
) -> int:
    """Have a plan go on by another version of its workflow."""

    async def change(milepost: Milepost, plan: str, watch: Watch) -> int:
        return await milepost.move(plan, reference, who=who, why=why, watch=watch)

    return await _revise(name, change, equipment, output)


async def _revise(
    name: str,
    ask: Callable[[Milepost, str, Watch], Awaitable[int]],
    equipment: Equipment,
    output: Output,
) -> int:
    """Have a plan revised, tell what that changed, and carry the plan on."""

    async def change(milepost: Milepost, plan: str, watch: Watch) -> Told:
        number = await ask(milepost, plan, watch)
        found = await milepost.diff(plan, number - 1, number)
        if not output.as_json:
            sys.stdout.write(f"revision {number}\n")
            print_diff(found)
            sys.stdout.write("\n")
        told = found.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {"revision": number, "diff": told}

    return await carry_on_changed(name, change, equipment, output, may_pause=True)
