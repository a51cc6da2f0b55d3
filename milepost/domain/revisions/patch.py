"""What differs between two plans as an RFC 6902 patch of their JSON, for other programs.

In a plan's JSON a field that has its default is not there: `add` writes it, `remove` restores it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from milepost.domain.errors import LimitError, ValidationError
from milepost.domain.plans import Plan, PlanSpec
from milepost.domain.quoting import quoted
from milepost.domain.validation import validated
from milepost.domain.values import Json, refuse_unrepresentable

from .patch_faults import explained, reached

MAX_OPERATIONS = 10_000
MAX_COPIED = 1_000_000
"""Values that all `copy` operations of a patch may copy: each can double a plan."""

_ANOTHER_PLAN = "the patch was made for another plan: compare again"
_AS_RFC = "write operations as RFC 6902 does"


def patch_of(old: PlanSpec, new: PlanSpec) -> list[dict[str, Any]]:
    """Return the operations that turn the JSON of `old` into that of `new`."""
    from jsonpatch import make_patch  # noqa: PLC0415 - only who asks for a patch pays for it

    return list(make_patch(_json(old), _json(new)).patch)


def apply_patch(spec: PlanSpec, patch: Sequence[Mapping[str, Json]]) -> PlanSpec:
    """Return the plan after the operations of an RFC 6902 patch, all or none of them.

    Whether dependencies exist and are acyclic is not checked. Raises `ValidationError` naming the
    operation that does not apply, or what is wrong with the plan after all of them, and
    `LimitError` for too many operations and too large values.
    """
    if not isinstance(patch, list | tuple):
        raise ValidationError(
            f"a patch must be a list of operations, this is {quoted(patch)}",
            mend='write it like [{"op": "remove", "path": "/name"}]',
        )
    if len(patch) > MAX_OPERATIONS:
        raise LimitError("operations of a patch", allowed=MAX_OPERATIONS, given=len(patch))
    document = _Document(_json(spec))
    for number, operation in enumerate(patch, start=1):
        document.change(operation, number=number)
    refuse_unrepresentable(document.value)
    return validated(PlanSpec, document.value, where="the patched plan")


def _json(spec: PlanSpec) -> dict[str, Any]:
    content = spec.content() if isinstance(spec, Plan) else spec
    return content.model_dump(mode="json", exclude_defaults=True, by_alias=True)


class _Document:
    """A plan's JSON under change."""

    def __init__(self, value: Json) -> None:
        self.value = value
        self.copied = 0

    def change(self, operation: Mapping[str, Json], *, number: int) -> None:
        """Carry out one operation; `number` counts from 1."""
        import jsonpatch  # noqa: PLC0415 - only who applies a patch pays for it

        where = f"operation {number} {quoted(operation)}"
        try:
            self.refuse_too_much(operation, where=where)
            self.value = jsonpatch.apply_patch(self.value, [operation], in_place=True)
        except jsonpatch.JsonPatchTestFailed as error:
            problem = "the plan holds another value there"
            raise ValidationError(problem, where=where, mend=_ANOTHER_PLAN) from error
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            fault = explained(self.value, operation) or (str(error), _AS_RFC)
            raise ValidationError(fault[0], where=where, mend=fault[1]) from error

    def refuse_too_much(self, operation: Mapping[str, Json], *, where: str) -> None:
        """Raise `LimitError` for a value that is too deep, and for too much that is copied."""
        if not isinstance(operation, Mapping):
            return
        refuse_unrepresentable(operation.get("value"))
        source = operation.get("from")
        if operation.get("op") == "copy" and isinstance(source, str):
            copy = reached(self.value, source).value
            refuse_unrepresentable(copy)
            self.copied += _size(copy)
            if self.copied > MAX_COPIED:
                raise LimitError("values copied", allowed=MAX_COPIED, given="more", where=where)


def _size(value: Json) -> int:
    """Return how many values there are in a value, itself included; stop where it is too many."""
    level, total = [value], 0
    while level and total <= MAX_COPIED:
        total += len(level)
        level = [child for item in level for child in _children(item)]
    return total


def _children(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
