"""The inputs of a run as the command line gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from milepost.domain.errors import ValidationError
from milepost.domain.plans import PlanSpec
from milepost.domain.values import Json, canonical_bytes


def given_inputs(
    pairs: Iterable[str], file: str | None, spec: PlanSpec | None = None
) -> dict[str, Json]:
    """Return the inputs of a file, and over them those of `k=v` pairs.

    A value is read as its input's schema wants it, without a schema as JSON if it is JSON, else
    as text. Raises `ValidationError` for what is neither a pair nor a file of inputs.
    """
    found = _from_file(file) if file is not None else {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise ValidationError(
                f"{pair!r} is not name=value", where="--input", mend="write for example region=EU"
            )
        found[name] = _value(spec, name, text)
    return found


def json_value(text: str, *, where: str) -> Json:
    """Return a text read as JSON; raise `ValidationError` when it is none."""
    try:
        value: Json = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValidationError(
            f"is not JSON ({error})", where=where, mend="""write text in quotes: '"yes"'"""
        ) from error
    return value


def json_file(path: str) -> Json:
    """Return a YAML or JSON file's value; raise `ValidationError` when it is neither."""
    from milepost.adapters.workflow.guards import read_text
    from milepost.adapters.workflow.loading import read_document

    return read_document(read_text(Path(path)), name=path).value


def json_pairs(pairs: Iterable[str], *, where: str, write: str = "STEP=JSON") -> dict[str, Json]:
    """Return the values of `name=JSON` pairs; raise `ValidationError` for what is no pair.

    `write` says how such a pair is written.
    """
    found: dict[str, Json] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise ValidationError(f"{pair!r} is not {write}", where=where)
        if name in found:
            raise ValidationError(f"{name!r} is given twice", where=where)
        found[name] = json_value(text, where=f"{where} {name}")
    return found


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no number in JSON")


def _value(spec: PlanSpec | None, name: str, text: str) -> Json:
    from milepost.adapters.workflow import input_from_text

    schema = spec.inputs.get(name) if spec is not None else None
    value = input_from_text(schema or {}, text)
    try:
        canonical_bytes(value)
    except ValidationError as error:
        raise ValidationError(error.problem, where=f"--input {name}", mend=error.mend) from error
    return value


def _from_file(path: str) -> dict[str, Json]:
    value = json_file(path)
    if not isinstance(value, Mapping):
        raise ValidationError(
            "is not an object of inputs", where=path, mend="write a mapping of names to values"
        )
    return dict(value)
