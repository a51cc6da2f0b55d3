"""Plans made ready once for all that share their content."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from milepost.domain.expressions import Expressions
from milepost.domain.plans import PlanSpec
from milepost.domain.values import ContentHash, canonical_bytes, hash_of

from .core import CompiledPlan, compile_plan
from .core.bulk import in_bulk

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


@in_bulk
def read_content(body: bytes) -> PlanSpec:
    """Return a plan as a revision stores it."""
    return PlanSpec.model_validate_json(body)


class Library:
    """The prepared plans that were used last."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._kept: OrderedDict[ContentHash, Prepared] = OrderedDict()

    def prepare(self, compiled: CompiledPlan) -> Prepared:
        """Return a compiled plan with its content's bytes and hash."""
        data = compiled.spec.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        body = canonical_bytes(data)
        content = hash_of(body)
        return self.find(content) or self._keep(Prepared(content, body, compiled))

    def compile(self, spec: PlanSpec) -> CompiledPlan:
        """Return content compiled, without keeping it; raise `ValidationError` if it cannot be."""
        return compile_plan(spec, self._expressions)

    def find(self, content: ContentHash) -> Prepared | None:
        """Return content that was used lately, None for any other."""
        known = self._kept.get(content)
        if known is not None:
            self._kept.move_to_end(content)
        return known

    @in_bulk
    def restore(self, content: ContentHash, body: bytes) -> Prepared:
        """Compile stored content, and keep it."""
        compiled = compile_plan(read_content(body), self._expressions)
        return self._keep(Prepared(content, body, compiled))

    def _keep(self, prepared: Prepared) -> Prepared:
        self._kept[prepared.content] = prepared
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return prepared
