"""Reads the blocks of a Markdown page that can be run: files, commands, what they print.

A block of `console` holds commands after `$ ` and what they print; a line `…` stands for any
lines. A block of any language whose first line is a comment with only a file's name is that file.
Times, durations, ids and the bars of timelines differ from run to run and are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?:#|//) ([\w./-]+\.(?:py|yaml|json))$")
_DIFFERS = (
    (re.compile(r"\bp[0-9a-hjkmnp-tv-z]{26}\b"), "PLAN"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d+\b"), "TIME"),
    (re.compile(r"(?<![\w.])(?:\d+m )?\d+(?:\.\d+)?(?:µs|ms|s)\b"), "SPAN"),
    (re.compile(r"\b\d+(?:\.\d+)? steps/s"), "PACE"),
    (re.compile(r"[#x.~\[\]-]*[#~][#x.~\[\]-]*|\[-+\]"), ""),
    (re.compile(r"\s+"), " "),
)
_SCALE = re.compile(r"^\s+(?:0s\b|\+-)")


@dataclass(frozen=True)
class File:
    """A file that a page shows."""

    name: str
    text: str


@dataclass(frozen=True)
class Run:
    """A command that a page shows, and the lines that it says are printed."""

    line: str
    printed: tuple[str, ...]


def blocks(page: str) -> Iterator[File | Run]:
    """Yield what a page shows, in order."""
    for language, text in _FENCE.findall(page):
        first, _end, rest = text.partition("\n")
        name = _NAME.fullmatch(first)
        if language == "console":
            yield from _runs(text)
        elif name:
            yield File(name[1], rest)


def _runs(text: str) -> Iterator[Run]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.replace("\\\n", "").splitlines()
        yield Run(lines[0], tuple(line for line in lines[1:] if line.strip()))


def plain(line: str) -> str:
    """Return a printed line without what differs from run to run."""
    for pattern, word in _DIFFERS:
        line = pattern.sub(word, line)
    return line.strip()


def missing(expected: Sequence[str], printed: str) -> list[str]:
    """Return the expected lines that were not printed in this order, one after the other.

    Lines with the scale of a timeline are left out on both sides.
    """
    found = [
        plain(line) for line in printed.splitlines() if line.strip() and not _SCALE.match(line)
    ]
    place, lacking, free = 0, [], True
    for line in expected:
        if line.strip() == "…":
            free = True
            continue
        if _SCALE.match(line):
            continue
        wanted = plain(line)
        if not free and place < len(found) and _alike(wanted, found[place]):
            place += 1
            continue
        at = next((i for i in range(place, len(found)) if _alike(wanted, found[i])), None)
        if at is None or not free:
            lacking.append(line)
        else:
            place, free = at + 1, False
    return lacking


def _alike(wanted: str, found: str) -> bool:
    """Compare two lines; `…` at the end of the wanted one leaves the rest open."""
    return found.startswith(wanted.removesuffix("…")) if wanted.endswith("…") else wanted == found
