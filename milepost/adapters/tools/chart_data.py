"""From the many shapes in which people and models give numbers to labelled series."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json

MAX_POINTS = 10_000
MAX_SERIES = 20
_LONGEST_LINE = 200
_FENCE = re.compile(r"^```\w*\n|\n```$")
_VALUE = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?"
_PAIR = re.compile(rf"(?:[-*]\s+)?(?P<label>.*?\S)\s*(?P<mark>[:,\t=])\s*(?P<value>{_VALUE})")
_COMMA_IN_NUMBER = re.compile(
    r"(?:[,=\t]|(?<!\d):)\s*[-+$€£¥]*\d[\d.]*,\d"  # a: 1,000 and a = $1.234,5
    r"|\s[-+$€£¥]*\d{1,3},\d{3}(?!\d)"  # about 1,000, but not May 2021,100
    r"|^\d{1,3},0\d\d$"  # 1,000
)
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHAPES = 'give [{"label": "a", "value": 1}, …], {"labels": [...], "values": [...]} or {"a": 1}'


@dataclass(frozen=True, slots=True)
class Series:
    """One named line of numbers; None is a gap."""

    name: str
    values: list[float | None]


@dataclass(frozen=True, slots=True)
class ChartData:
    """What is drawn: a label or number for each place on the x axis, and the series over them."""

    labels: list[str] | list[float]
    series: list[Series]
    x_name: str


def chart_data(data: Json, *, x: str | None, y: Sequence[str]) -> ChartData:
    """Return the series of `data`; `x` and `y` name the fields of its rows.

    Without them x is the first field and y every field of numbers after it. Text is read as JSON
    (models like to fence it), or as lines such as `a: 1`. Raises `ExecutionError` invalid_data.
    """
    rows = _rows(_parsed(data))
    if not rows:
        raise failed(f"holds no rows; {_SHAPES}")
    if len(rows) > MAX_POINTS:
        raise failed(f"holds {len(rows)} rows, at most {MAX_POINTS} are drawn; group them first")
    x_name = _field(rows, x) if x is not None else next(iter(rows[0]), "")
    y_names = [_field(rows, name) for name in y] or _number_fields(rows, x_name)
    if not 0 < len(y_names) <= MAX_SERIES:
        raise failed(f"has {len(y_names)} fields of numbers, 1 to {MAX_SERIES} are drawn; give y")
    series = [
        Series(drawable(name), [_number(row.get(name), name) for row in rows]) for name in y_names
    ]
    return ChartData(_labels([row.get(x_name) for row in rows]), series, drawable(x_name))


def _parsed(data: Json) -> Json:
    if not isinstance(data, str):
        return data
    text = _FENCE.sub("", data.strip())
    try:
        parsed: Json = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        rows = _rows_of_lines(text)
        if rows is None:
            problem = f"is text that is neither JSON nor lines such as a: 1 ({error})"
            raise failed(f"{problem}; {_SHAPES}") from error
        return rows
    return parsed


def _rows_of_lines(text: str) -> list[Json] | None:
    """Return lines such as `a: 1` as rows, or None when a line is not like that."""
    rows: list[Json] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        pair = _PAIR.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        if pair is None:
            return None
        if pair["mark"] == "," and _COMMA_IN_NUMBER.search(line):
            raise failed(f"has a comma in the number of {line!r}; write 1000 or 1.5, for example")
        rows.append({"label": pair["label"], "value": float(pair["value"])})
    return rows or None


def _rows(data: Json) -> list[Mapping[str, Json]]:
    if isinstance(data, list):
        return [
            item if isinstance(item, dict) else {"label": index, "value": item}
            for index, item in enumerate(data, start=1)
        ]
    if not isinstance(data, dict):
        raise failed(f"is {type(data).__name__}; {_SHAPES}")
    labels, values, rows = data.get("labels"), data.get("values"), data.get("rows")
    if isinstance(rows, list):
        return _rows(rows)
    if isinstance(labels, list) and isinstance(values, list):
        if len(labels) != len(values):
            raise failed(f"has {len(labels)} labels and {len(values)} values; give one for each")
        pairs = zip(labels, values, strict=True)
        return [{"label": label, "value": value} for label, value in pairs]
    return [{"label": label, "value": value} for label, value in data.items()]


def _field(rows: Sequence[Mapping[str, Json]], name: str) -> str:
    if not any(name in row for row in rows):
        raise failed(f"has no field {name!r}; its rows have {', '.join(rows[0]) or 'no fields'}")
    return name


def _number_fields(rows: Sequence[Mapping[str, Json]], x_name: str) -> list[str]:
    return [
        name
        for name in rows[0]
        if name != x_name and all(_is_number(row.get(name)) for row in rows)
    ]


def _is_number(value: Json) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _number(value: Json, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise failed(f"field {name!r} holds {value!r}, which is not a number; choose another y")
    return float(value)


def _labels(values: Sequence[Json]) -> list[str] | list[float]:
    """Return numbers when all are, so that the x axis is a scale; otherwise texts."""
    numbers = [value for value in values if value is not None and _is_number(value)]
    if len(numbers) == len(values):
        return [float(value) for value in numbers if isinstance(value, int | float)]
    return ["" if value is None else drawable(str(value)) for value in values]


def drawable(text: str) -> str:
    """Return the text with a sign for each character that no SVG can hold."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def failed(problem: str) -> ExecutionError:
    """Return the error of data that cannot be drawn."""
    return ExecutionError(f"data: {problem}", code="invalid_data", retryable=False)
