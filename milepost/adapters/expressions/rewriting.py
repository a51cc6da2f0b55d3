"""Reading an expression's structure and rewriting it for the evaluator.

Every path of the scope (`load.output.count`, `steps["any id"].output`) becomes a variable of its
own, so that only what is read is handed over, and what is missing can be named. `has(path)` and
`size(path)` are answered without handing the value over. What `all`, `exists`, `exists_one`,
`map` and `filter` go through is wrapped in `(… + [])`, which only a list passes: the order of a
map differs between processes.
"""

from __future__ import annotations

import re

from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import ScopeTypes
from milepost.domain.paths import Keys, Path, unquote, written

from .structure import Loop, Origin, Rewritten, Slot, Use
from .tokens import Token

MAX_DEPTH = 30
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
TYPE_NAMES = frozenset(
    {"int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"}
)
_LITERALS = frozenset({"true", "false", "null"})
_OPENERS = {"(": ")", "[": "]", "{": "}"}
_SLOT = "slot_{}_"


def rewrite(tokens: list[Token], scope: ScopeTypes) -> Rewritten:
    """Return the expression rewritten; raise `ExpressionError` for names that are not there.

    Faults of syntax that do not matter here are left for the evaluator's parser to name.
    """
    return _Rewriter(tokens, scope).run()


class _Rewriter:
    """Walks the tokens once, writing the rewritten text as it goes."""

    def __init__(self, tokens: list[Token], scope: ScopeTypes) -> None:
        self.tokens = [*tokens, tokens[-1], tokens[-1]]
        self.at = 0
        self.scope = scope
        self.result = Rewritten()
        self.written: list[str] = []
        self.inside: list[Loop] = []
        self.depth = 0

    def run(self) -> Rewritten:
        self.group("")
        self.result.text = " ".join(self.written)
        return self.result

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def ahead(self, *texts: str) -> bool:
        """Tell whether the next tokens have these texts."""
        if self.tokens[self.at].text != texts[0]:
            return False
        following = self.tokens[self.at : self.at + len(texts)]
        return [token.text for token in following] == list(texts)

    def take(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def emit(self) -> None:
        self.written.append(self.take().text)

    def group(self, closer: str) -> None:
        """Rewrite up to and with the closing bracket, or to the end when there is none."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                f"brackets are nested more than {MAX_DEPTH} deep", mend="split it into steps"
            )
        while (token := self.token).kind != "end" and token.text not in {")", "]", "}"}:
            if token.kind == "sign" and token.text not in _OPENERS:
                self.result.concatenates |= token.text == "+"
                self.emit()
            elif self.ahead("in"):
                self.emit()
            else:
                self.chain()
        if self.token.text != closer:
            found = f"`{self.token.text}`" if self.token.text else "the end"
            expected = f"`{closer}`" if closer else "the end"
            raise ExpressionError(
                f"{found} where {expected} was expected", mend="pair the brackets"
            )
        self.depth -= 1
        if closer:
            self.emit()

    def chain(self) -> None:
        """Rewrite one value with all the selections and calls that follow it."""
        begin = len(self.written)
        origin = self.primary()
        while self.token.text in {".", "["} and self.token.kind == "sign":
            if self.token.text == "[":
                self.emit()
                self.group("]")
                origin = None
            else:
                origin = self.selection(begin, origin)
        if self.ahead("{"):
            raise ExpressionError(
                "a name before `{` would build a message", mend="build a map: `{'name': value}`"
            )

    def selection(self, begin: int, origin: Origin) -> Origin:
        """Rewrite `.name` or `.name(…)`; return the list that a macro still goes through."""
        self.emit()
        if self.token.kind != "name":
            raise ExpressionError(f"`.` is followed by `{self.token.text}`", mend="name a field")
        name = self.token.text
        self.emit()
        if not self.ahead("("):
            return origin if isinstance(origin, Loop) else None
        if name in MACROS:
            self.written.insert(begin, "(")
            self.written[-2:] = ["+ [] )", ".", name]
            self.macro(name, origin)
            return origin if name in {"map", "filter"} else None
        self.emit()
        self.group(")")
        return None

    def macro(self, name: str, origin: Origin) -> None:
        """Rewrite a macro's arguments, with its variable known inside."""
        variable = self.tokens[self.at + 1]
        if variable.kind == "name":
            self.refuse_shadowing(variable.text)
        loop = Loop(variable.text, origin, is_map=name == "map")
        self.result.loops.append(loop)
        self.inside.append(loop)
        self.emit()
        if variable.kind == "name":
            self.emit()
        self.group(")")
        self.inside.pop()

    def refuse_shadowing(self, variable: str) -> None:
        taken = self.scope.has(variable) or variable in TYPE_NAMES or _is_slot(variable)
        if taken or any(loop.variable == variable for loop in self.inside):
            raise ExpressionError(
                f"the variable `{variable}` hides another name", mend="give it a name of its own"
            )

    def primary(self) -> Origin:
        """Rewrite what a chain begins with; return what a macro would go through."""
        token, begin = self.token, self.at
        if token.kind in {"text", "number"} or token.text in _LITERALS:
            self.emit()
        elif token.text in _OPENERS:
            self.emit()
            self.group(_OPENERS[token.text])
            return self.at - begin if token.text == "[" else None
        elif self.tokens[self.at + 1].text == "(":
            self.call()
        elif loop := self.bound(token.text):
            self.result.use(loop, tuple(self.inside))
            self.emit()
            return loop
        elif token.text in TYPE_NAMES and not (
            token.text in self.scope.steps and self.tokens[self.at + 1].text == "."
        ):
            self.emit()
        else:
            return self.path()
        return None

    def bound(self, name: str) -> Loop | None:
        return next((loop for loop in reversed(self.inside) if loop.variable == name), None)

    def call(self) -> None:
        """Rewrite a call of a function; `has` and `size` of a path become slots."""
        name = self.token.text
        if name in {"has", "size"} and self.asked_of_path(name):
            return
        self.emit()
        self.emit()
        self.group(")")

    def asked_of_path(self, name: str) -> bool:
        """Rewrite `has(path)` or `size(path)`; return False when there is more than a path."""
        before = self.at
        self.at += 2
        keys = self.keys() if self.token.kind == "name" and not self.bound(self.token.text) else ()
        by_field = self.tokens[self.at - 1].kind == "name" and len(keys) > 1
        if not self.ahead(")") or not keys or (name == "has" and not by_field):
            self.at = before
            return False
        self.at += 1
        self.slot(keys, "has" if name == "has" else "size")
        return True

    def path(self) -> Origin:
        """Rewrite a path, or `path.size()`."""
        keys = self.keys()
        if self.ahead(".", "size", "(", ")"):
            self.at += 4
            self.slot(keys, "size")
            return None
        return self.slot(keys, "value")

    def keys(self) -> Keys:
        """Take the tokens of a path as far as it is only a path."""
        keys: list[str | int] = [self.take().text]
        while (key := self.key()) is not None:
            keys.append(key)
        return tuple(keys)

    def key(self) -> str | int | None:
        """Take `.name` (no call), `["text"]` or `[0]` and return its key, else take nothing."""
        first, second = self.tokens[self.at + 1 : self.at + 3]
        if self.ahead(".") and first.kind == "name" and second.text != "(":
            self.at += 2
            return first.text
        if not self.ahead("[") or second.text != "]":
            return None
        key = _constant(first)
        self.at += 3 if key is not None else 0
        return key

    def slot(self, keys: Keys, use: Use) -> Slot:
        slot = Slot(Path(written(keys), self.scope.locate(keys)), use)
        name = self.result.slots.setdefault(slot, _SLOT.format(len(self.result.slots)))
        self.result.reads.append((slot, tuple(self.inside)))
        self.written.append(name)
        return slot


def _constant(token: Token) -> str | int | None:
    if token.kind == "text":
        return unquote(token.text)
    is_index = token.kind == "number" and token.text.isdecimal()
    return int(token.text) if is_index else None


def _is_slot(name: str) -> bool:
    return re.fullmatch(_SLOT.format(r"\d+"), name) is not None
