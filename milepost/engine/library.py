"""Plans made ready once for all that share their content."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import orjson

from milepost.domain.expressions import Expressions
from milepost.domain.plans import PlanSpec
from milepost.domain.values import ContentHash, canonical_bytes, hash_of

from .core import CompiledPlan, compile_plan

_KEPT = 256


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan's content: compiled, and as the bytes that a revision stores."""

    content: ContentHash
    body: bytes
    compiled: CompiledPlan

    @property
    def spec(self) -> PlanSpec:
        """The plan as written."""
        return self.compiled.spec


class Library:
    """The prepared plans that were used last."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._kept: OrderedDict[ContentHash, Prepared] = OrderedDict()

    def prepare(self, spec: PlanSpec) -> Prepared:
        """Check and compile a plan's content; raise `ValidationError` naming what is wrong."""
        data = spec.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        body = canonical_bytes(data)
        content = hash_of(body)
        return self._find(content) or self._keep(content, body, spec)

    def restore(self, content: ContentHash, body: bytes) -> Prepared:
        """Return stored content compiled."""
        known = self._find(content)
        return known or self._keep(content, body, PlanSpec.model_validate(orjson.loads(body)))

    def _find(self, content: ContentHash) -> Prepared | None:
        known = self._kept.get(content)
        if known is not None:
            self._kept.move_to_end(content)
        return known

    def _keep(self, content: ContentHash, body: bytes, spec: PlanSpec) -> Prepared:
        prepared = Prepared(content, body, compile_plan(spec, self._expressions))
        self._kept[content] = prepared
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return prepared
