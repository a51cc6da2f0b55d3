"""Data turned into models, with what is wrong told in one clear line.

pydantic finds the faults; this says them in the words of the file that the data came from:
where (a JSON pointer, RFC 6901), what is wrong, how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import pydantic

from .errors import DependencyError, ValidationError
from .nearest import suggestion
from .quoting import quoted

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ModelT = TypeVar("ModelT", bound=pydantic.BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in some data: `pointer` is the JSON pointer of the value or key at fault.

    Where keys are missing it points at the object that lacks them. `ids` are step ids, of a
    fault in dependencies only.
    """

    pointer: str
    problem: str
    mend: str = ""
    ids: tuple[str, ...] = ()

    def error(self, *, where: str = "", more: int = 0) -> ValidationError:
        """Return the problem as an error; `more` is how many others the data has."""
        place = f"{where} at {self.pointer}" if where and self.pointer else where or self.pointer
        problem = self.problem
        if more:
            problem += f" (and {more} more problem{'s' if more > 1 else ''})"
        if self.ids:
            return DependencyError(problem, ids=self.ids, where=place, mend=self.mend)
        return ValidationError(problem, where=place, mend=self.mend)


def validated(model: type[ModelT], data: object, *, where: str = "") -> ModelT:
    """Return `data` as a `model`; `where` names what the data is, for example a file.

    Raises `ValidationError` (`DependencyError` for a fault in dependencies) naming the first
    fault and how many more there are.
    """
    try:
        return model.model_validate(data)
    except pydantic.ValidationError as error:
        found = problems(model, data, error)
        raise found[0].error(where=where, more=len(found) - 1) from error


def problems(
    model: type[pydantic.BaseModel], data: object, error: pydantic.ValidationError
) -> list[Problem]:
    """Return the faults that pydantic found, unknown keys first: they often explain the others."""
    details = _causes(error.errors(include_url=False))
    found = [_unknown_key(model, data, fault) for fault in details if _is(fault, "extra_forbidden")]
    found += _missing_keys(model, data, [fault for fault in details if _is(fault, "missing")])
    found += [
        _fault(model, data, fault)
        for fault in details
        if not _is(fault, "missing") and not _is(fault, "extra_forbidden")
    ]
    seen: dict[str, Problem] = {}
    for problem in found:  # each member of a union complains of the same value: one will do
        seen.setdefault(problem.pointer, problem)
    return list(seen.values())


def pointer(parts: Iterable[str | int]) -> str:
    """Return the JSON pointer to what lies at these keys."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out that a list is too short where that is so only for the faults inside it."""
    places = [fault["loc"] for fault in details]
    return [
        fault
        for fault in details
        if not _is(fault, "too_short")
        or not any(_is_inside(place, fault["loc"]) for place in places)
    ]


def _is_inside(place: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _is(fault: ErrorDetails, kind: str) -> bool:
    return fault["type"] == kind


def _unknown_key(model: type[pydantic.BaseModel], data: object, fault: ErrorDetails) -> Problem:
    *path, key = fault["loc"]
    place = _Place.of(model, data, path)
    known = [name for inner in place.models for name in _keys(inner)]
    mend = suggestion(str(key), known, kind="keys")
    return Problem(pointer([*place.parts, key]), f"`{key}` is not known here", mend)


def _missing_keys(
    model: type[pydantic.BaseModel], data: object, faults: Sequence[ErrorDetails]
) -> list[Problem]:
    """Return one problem for each object that lacks keys."""
    lacking: dict[str, list[str]] = {}
    for fault in faults:
        *path, key = fault["loc"]
        place = pointer(_Place.of(model, data, path).parts)
        lacking.setdefault(place, []).append(f"`{key}`")
    return [
        Problem(place, f"{_joined(keys)} {'is' if len(keys) == 1 else 'are'} missing")
        for place, keys in lacking.items()
    ]


def _fault(model: type[pydantic.BaseModel], data: object, fault: ErrorDetails) -> Problem:
    place = pointer(_Place.of(model, data, fault["loc"]).parts)
    raised = fault.get("ctx", {}).get("error")
    if isinstance(raised, ValueError):
        cause = raised.__cause__
        if isinstance(cause, ValidationError):
            ids = cause.ids if isinstance(cause, DependencyError) else ()
            return Problem(place, cause.problem, cause.mend, ids)
        return Problem(place, str(raised))
    return Problem(place, f"{_told(fault)}, this is {quoted(fault['input'])}")


_WORDS = {
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be text",
    "string_unicode": "must be text without lone surrogates",
    "invalid-json-value": "must be a JSON value",
    "timezone_aware": "must have a time zone, like 2026-01-31T12:00:00Z",
    "recursion_loop": "must not be nested so deeply",
}


def _told(fault: ErrorDetails) -> str:
    text = re.sub(r"^\w+ should ", "must ", fault["msg"])
    return _WORDS.get(fault["type"]) or re.sub(r" after validation, not \d+$", "", text)


def _joined(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


@dataclass(frozen=True, slots=True)
class _Place:
    """Where pydantic's location lies in the data, and which models are read there.

    Its location also names members of unions and the like; they are no keys of the data.
    """

    parts: tuple[str | int, ...]
    models: tuple[type[pydantic.BaseModel], ...]

    @classmethod
    def of(
        cls, model: type[pydantic.BaseModel], data: object, location: Iterable[str | int]
    ) -> _Place:
        parts: list[str | int] = []
        models: tuple[type[pydantic.BaseModel], ...] = (model,)
        for part in location:
            if not _holds(data, part):
                continue
            data = data[part]  # type: ignore[index]
            parts.append(part)
            fields = [_field(inner, part) for inner in models]
            below = [field.annotation for field in fields if field is not None]
            if below:
                models = tuple(inner for annotation in below for inner in _models(annotation))
        return cls(tuple(parts), models)


def _holds(data: object, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(data, list | tuple) and 0 <= part < len(data)
    return isinstance(data, Mapping) and part in data


def _field(model: type[pydantic.BaseModel], key: str | int) -> Any:  # noqa: ANN401 - FieldInfo
    for name, field in model.model_fields.items():
        if key in (field.alias, name):
            return field
    return None


def _keys(model: type[pydantic.BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: object) -> Iterator[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
