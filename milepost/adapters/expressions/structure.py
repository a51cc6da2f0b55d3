"""What is known about an expression once it is rewritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from milepost.domain.paths import Path

Use: TypeAlias = Literal["value", "has", "size"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable of the rewritten expression: a path, and what is wanted of it."""

    path: Path
    use: Use


@dataclass(slots=True, eq=False)
class Loop:
    """A macro and its body; `over` is what it goes through."""

    variable: str
    over: Origin
    is_map: bool
    uses: int = 0


Origin: TypeAlias = Slot | Loop | int | None
"""A path, a part of another macro's variable, a written list of at most so many, or unknown."""


@dataclass(slots=True)
class Rewritten:
    """A rewritten expression: its text, and the names of its slots.

    `reads` are the places where a slot is read and `nested` those where a macro's variable is
    used in a macro further inside; both with the macros around the place, outermost first.
    """

    text: str = ""
    slots: dict[Slot, str] = field(default_factory=dict)
    reads: list[tuple[Slot, tuple[Loop, ...]]] = field(default_factory=list)
    nested: list[tuple[Loop, tuple[Loop, ...]]] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    concatenates: bool = False

    def use(self, loop: Loop, inside: tuple[Loop, ...]) -> None:
        """Note a use of a macro's variable."""
        loop.uses += 1
        if inside[-1] is not loop:
            self.nested.append((loop, inside))
