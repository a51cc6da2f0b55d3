"""Templates: JSON values with `${...}` in their texts, compiled once and resolved per attempt.

A text that is only `${...}` keeps the type of its value; in a longer text a text goes in as it
is and every other value as canonical JSON. `$${` writes a plain `${`. Names of object fields are
taken as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import ExpressionError
from .expressions import MAX_SOURCE, Expressions, ScopeTypes
from .paths import Path, parse_path
from .template_nodes import Array, Computed, Constant, Lookup, Node, Object, Source, Text, Whole
from .template_text import Inside, split
from .values import Json


@dataclass(frozen=True, slots=True)
class Resolved:
    """A template's value, and by JSON pointer what each text with `${...}` became."""

    value: Json
    bindings: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Template:
    """A value with something to resolve.

    `roots` are the names of the scope that it reads, `step_references` the ids of the steps it
    refers to.
    """

    node: Node
    roots: frozenset[str]
    step_references: frozenset[str]

    def resolve(self, scope: Mapping[str, Json]) -> Resolved:
        """Return the value with every `${...}` replaced; raise `ExpressionError` naming the path.

        Parts without `${...}`, and what a path leads to, are shared: treat the value as read-only.
        """
        bindings: dict[str, Json] = {}
        return Resolved(self.node.resolve(scope, bindings), bindings)

    def fill(self, bindings: Mapping[str, Json]) -> Json:
        """Return the value that an earlier `resolve` gave, from its recorded bindings."""
        return self.node.fill(bindings)


def compile_template(
    value: Json, expressions: Expressions, scope: ScopeTypes, *, where: str = ""
) -> Template | None:
    """Return `value` as a template, None when there is nothing to resolve in it.

    Raises `ExpressionError` beginning with `where` (and the JSON pointer of the text) for what
    `Expressions.compile` refuses.
    """
    compiler = _Compiler(expressions, scope, where)
    node = compiler.compile(value, "")
    if node is None:
        return None
    return Template(node, frozenset(compiler.roots), frozenset(compiler.steps))


def has_template(value: object) -> bool:
    """Tell whether some text in a JSON value has a `${` in it."""
    if isinstance(value, str):
        return "${" in value
    if isinstance(value, Mapping):
        return any(has_template(item) for item in value.values())
    return isinstance(value, list) and any(has_template(item) for item in value)


def is_only_template(text: str) -> bool:
    """Tell whether a text is nothing but one `${...}` and so may become any value."""
    pieces = split(text) if text.startswith("${") else []
    return len(pieces) == 1 and isinstance(pieces[0], Inside)


@dataclass(slots=True)
class _Compiler:
    """Compiles one value; remembers what it reads."""

    expressions: Expressions
    scope: ScopeTypes
    where: str
    roots: set[str] = field(default_factory=set)
    steps: set[str] = field(default_factory=set)

    def compile(self, value: Json, pointer: str) -> Node | None:
        if isinstance(value, str):
            return self._text(value, pointer) if "${" in value else None
        if isinstance(value, dict):
            fields = ((name, self.compile(value[name], below(pointer, name))) for name in value)
            named = tuple((name, node) for name, node in fields if node is not None)
            return Object(value, named) if named else None
        if isinstance(value, list):
            items = ((at, self.compile(item, f"{pointer}/{at}")) for at, item in enumerate(value))
            placed = tuple((at, node) for at, node in items if node is not None)
            return Array(value, placed) if placed else None
        return None

    def _text(self, text: str, pointer: str) -> Node:
        where = " ".join(part for part in (self.where, pointer) if part)
        try:
            parts = [
                self._source(piece.source, where) if isinstance(piece, Inside) else piece
                for piece in split(text)
            ]
        except ExpressionError as error:
            if error.where:
                raise
            raise ExpressionError(error.problem, where=where, mend=error.mend) from None
        if all(isinstance(part, str) for part in parts):
            return Constant("".join(part for part in parts if isinstance(part, str)))
        if len(parts) == 1 and not isinstance(parts[0], str):
            return Whole(pointer, parts[0])
        return Text(pointer, tuple(parts))

    def _source(self, source: str, where: str) -> Source:
        keys = parse_path(source) if len(source) <= MAX_SOURCE else None
        if keys is None:
            program = self.expressions.compile(source, scope=self.scope, where=where)
            self.roots |= program.roots
            self.steps |= program.step_references
            return Computed(program)
        path = self._path(source.strip(), keys)
        self.roots.add(str(path.keys[0]))
        if path.keys[0] == "steps":
            self.steps.add(str(path.keys[1]))
        return Lookup(path)

    def _path(self, source: str, keys: tuple[str | int, ...]) -> Path:
        try:
            located = self.scope.locate(keys)
            self.scope.type_of(located)
        except ExpressionError as error:
            raise ExpressionError(f"`{source}`: {error.problem}", mend=error.mend) from None
        return Path(source, located)


def below(pointer: str, name: str) -> str:
    """Return the JSON pointer of the field `name` below `pointer` (RFC 6901)."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
