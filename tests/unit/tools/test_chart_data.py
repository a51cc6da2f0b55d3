"""The shapes of data that a chart understands."""

from typing import Any

import pytest

from milepost.adapters.tools.chart_data import MAX_POINTS, Series, chart_data
from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json


@pytest.mark.parametrize(
    "data",
    [
        [{"label": "a", "value": 1}, {"label": "b", "value": 2.5}],
        {"labels": ["a", "b"], "values": [1, 2.5]},
        {"rows": [{"label": "a", "value": 1}, {"label": "b", "value": 2.5}]},
        {"a": 1, "b": 2.5},
        '{"a": 1, "b": 2.5}',
        '```json\n[{"label": "a", "value": 1}, {"label": "b", "value": 2.5}]\n```',
        "a: 1\n- b: 2.5\n",
        "a, 1\nb = 2.5",
        "a,1\nb\t2.5",
        "a: 1e0\nb: 25E-1",
    ],
)
def test_every_shape_gives_the_same_series(data: Any) -> None:
    prepared = chart_data(data, x=None, y=[])
    assert prepared.labels == ["a", "b"]
    assert [series.values for series in prepared.series] == [[1.0, 2.5]]


def test_a_comma_in_a_label_is_none_in_the_number() -> None:
    prepared = chart_data("over 1,000 = 5\nPrice 2,150: 3", x=None, y=[])
    assert prepared.labels == ["over 1,000", "Price 2,150"]
    assert [series.values for series in prepared.series] == [[5.0, 3.0]]


def test_fields_are_chosen_by_name_and_null_is_a_gap() -> None:
    rows: Json = [
        {"month": "Jan", "n": 1, "sum": 10, "note": "x"},
        {"month": "Feb", "n": 2, "sum": None},
    ]
    prepared = chart_data(rows, x="month", y=["sum"])
    assert prepared.series == [Series("sum", [10.0, None])]
    assert prepared.x_name == "month"
    assert [series.name for series in chart_data(rows, x=None, y=[]).series] == ["n", "sum"]


def test_numbers_on_the_x_axis_stay_numbers_and_a_bare_list_is_counted() -> None:
    assert chart_data([3, 4], x=None, y=[]).labels == [1.0, 2.0]
    assert chart_data([{"t": 0.5, "v": 1}], x=None, y=[]).labels == [0.5]
    assert chart_data([{"t": None, "v": 1}, {"t": 2, "v": 1}], x=None, y=[]).labels == ["", "2"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "holds no rows"),
        ({}, "holds no rows"),
        (3, "is int"),
        ("no data here", "neither JSON nor lines"),
        ("a: 1\nand then some prose", "neither JSON nor lines"),
        ([{"label": "a", "value": "x"}], "0 fields of numbers"),
        ([{"label": "a"}], "0 fields of numbers"),
        ({"labels": ["a"], "values": [1, 2]}, "1 labels and 2 values"),
        ([1] * (MAX_POINTS + 1), "at most"),
        ([{str(number): number for number in range(40)}], "39 fields of numbers"),
    ],
)
def test_data_that_cannot_be_drawn_is_refused(data: Any, problem: str) -> None:
    with pytest.raises(ExecutionError, match=problem) as caught:
        chart_data(data, x=None, y=[])
    assert (caught.value.code, caught.value.retryable) == ("invalid_data", False)


@pytest.mark.parametrize(
    "line",
    [
        "a: 1,000",
        "a:1,5",
        "a = $1.234,5",
        "a, -1,000",
        "about 1,000",
        "a: 12,34,567",
        "x 12,345",
        "1,000",
    ],
)
def test_a_number_with_a_comma_is_refused_and_never_cut(line: str) -> None:
    with pytest.raises(ExecutionError, match="comma in the number"):
        chart_data(f"{line}\nb: 2", x=None, y=[])


@pytest.mark.parametrize("label", ["2021", "Q1", "2024-01-05", "10:30", "May 2021"])
def test_a_label_may_end_in_digits_before_the_comma(label: str) -> None:
    prepared = chart_data(f"{label},100\nb,2", x=None, y=[])
    assert (prepared.labels, prepared.series[0].values) == ([label, "b"], [100.0, 2.0])


def test_a_field_that_is_not_there_or_holds_no_number_is_named() -> None:
    rows: Json = [{"label": "a", "value": 1, "note": "x"}]
    with pytest.raises(ExecutionError, match="no field 'valeu'; its rows have label, value, note"):
        chart_data(rows, x=None, y=["valeu"])
    with pytest.raises(ExecutionError, match="field 'note' holds 'x'"):
        chart_data(rows, x=None, y=["note"])


def test_a_long_hostile_line_is_refused_quickly() -> None:
    with pytest.raises(ExecutionError):
        chart_data("a" + " " * 1_000_000 + ":x", x=None, y=[])
