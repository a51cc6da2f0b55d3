"""The compiled parts of a template; each resolves itself and notes what its texts became."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from .expressions import Program
from .paths import Path
from .values import Json, canonical_bytes

Scope: TypeAlias = Mapping[str, Json]
Bindings: TypeAlias = dict[str, Json]


class Source(Protocol):
    """Where the value of one `${...}` comes from."""

    def value(self, scope: Scope) -> Json:
        """Return the value; raise `ExpressionError` when there is none."""
        ...


class Node(Protocol):
    """A part of a template in which there is something to resolve."""

    def resolve(self, scope: Scope, bindings: Bindings, /) -> Json:
        """Return the part's value and add what its texts became to `bindings`, by pointer."""
        ...

    def fill(self, bindings: Scope, /) -> Json:
        """Return the part's value from the bindings of an earlier `resolve`."""
        ...


@dataclass(frozen=True, slots=True)
class Lookup:
    """A `${...}` that is only a path."""

    path: Path

    def value(self, scope: Scope) -> Json:
        """Return the value at the path."""
        return self.path.resolve(scope)


@dataclass(frozen=True, slots=True)
class Computed:
    """A `${...}` that has to be evaluated."""

    program: Program

    def value(self, scope: Scope) -> Json:
        """Return the result of the expression."""
        return self.program.evaluate(scope)


@dataclass(frozen=True, slots=True)
class Constant:
    """A text in which only `$${` had to be replaced."""

    text: str

    def resolve(self, _scope: Scope, _bindings: Bindings, /) -> Json:
        """Return the text."""
        return self.text

    def fill(self, _bindings: Scope, /) -> Json:
        """Return the text."""
        return self.text


@dataclass(frozen=True, slots=True)
class Whole:
    """A text that is only `${...}`: it becomes the value itself."""

    pointer: str
    source: Source

    def resolve(self, scope: Scope, bindings: Bindings, /) -> Json:
        """Return the value with the type it has."""
        value = bindings[self.pointer] = self.source.value(scope)
        return value

    def fill(self, bindings: Scope, /) -> Json:
        """Return what the text became."""
        return bindings[self.pointer]


@dataclass(frozen=True, slots=True)
class Text:
    """A text with `${...}` in it: it stays a text."""

    pointer: str
    parts: tuple[str | Source, ...]

    def resolve(self, scope: Scope, bindings: Bindings, /) -> Json:
        """Return the text with the values in place."""
        text = "".join(
            part if isinstance(part, str) else as_text(part.value(scope)) for part in self.parts
        )
        bindings[self.pointer] = text
        return text

    def fill(self, bindings: Scope, /) -> Json:
        """Return what the text became."""
        return bindings[self.pointer]


@dataclass(frozen=True, slots=True)
class Object:
    """An object of which some fields are to be resolved."""

    constant: dict[str, Json]
    nodes: tuple[tuple[str, Node], ...]

    def resolve(self, scope: Scope, bindings: Bindings, /) -> Json:
        """Return a copy with those fields resolved."""
        value = self.constant.copy()
        for name, node in self.nodes:
            value[name] = node.resolve(scope, bindings)
        return value

    def fill(self, bindings: Scope, /) -> Json:
        """Return a copy with those fields as they became."""
        return self.constant | {name: node.fill(bindings) for name, node in self.nodes}


@dataclass(frozen=True, slots=True)
class Array:
    """A list of which some items are to be resolved."""

    constant: list[Json]
    nodes: tuple[tuple[int, Node], ...]

    def resolve(self, scope: Scope, bindings: Bindings, /) -> Json:
        """Return a copy with those items resolved."""
        value = self.constant.copy()
        for place, node in self.nodes:
            value[place] = node.resolve(scope, bindings)
        return value

    def fill(self, bindings: Scope, /) -> Json:
        """Return a copy with those items as they became."""
        value = self.constant.copy()
        for place, node in self.nodes:
            value[place] = node.fill(bindings)
        return value


def as_text(value: Json) -> str:
    """Return a value as it goes into a longer text."""
    return value if isinstance(value, str) else canonical_bytes(value).decode()
