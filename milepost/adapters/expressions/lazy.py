"""The CEL port as it is handed out: the library behind it is loaded with the first expression.

A plan whose `${...}` are only paths, which is most plans, never needs it.
"""

from __future__ import annotations

from functools import cached_property

from milepost.domain.expressions import Expected, Expressions, Program, ScopeTypes


class CelExpressions:
    """Expressions in CEL (https://cel.dev) with lists only to go through, and JSON results."""

    def compile(
        self, source: str, *, scope: ScopeTypes, expect: Expected = "any", where: str = ""
    ) -> Program:
        """Return the checked expression; raise `ExpressionError` beginning with `where`."""
        return self._language.compile(source, scope=scope, expect=expect, where=where)

    @cached_property
    def _language(self) -> Expressions:
        from . import cel

        return cel.CelExpressions()
