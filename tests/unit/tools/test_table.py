"""CSV text as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.tools.table import Table, parse_csv, with_numbers
from milepost.domain.errors import ExecutionError


def parsed(text: str, *, delimiter: str = ",", max_rows: int = 100) -> Table:
    return parse_csv(text, path="t.csv", delimiter=delimiter, max_rows=max_rows)


def test_cells_stay_text_until_numbers_are_wanted() -> None:
    table = parsed('region,amount\nEU,10\n"a ""b"", c",5\n\n')
    assert table.objects() == [
        {"region": "EU", "amount": "10"},
        {"region": 'a "b", c', "amount": "5"},
    ]
    assert with_numbers(table).objects()[0] == {"region": "EU", "amount": 10}


def test_a_column_is_numbers_only_when_every_filled_cell_is_one() -> None:
    table = parsed("zip,whole,share,mixed,empty\n01,1,1.5,1,\n12,,2,x,\n")
    assert with_numbers(table).objects() == [
        {"zip": "01", "whole": 1, "share": 1.5, "mixed": "1", "empty": None},
        {"zip": "12", "whole": None, "share": 2.0, "mixed": "x", "empty": None},
    ]


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1e999", "٣", "1_000", "+1", "0x10", "9" * 25 + "x"]
)
def test_what_only_python_takes_for_a_number_stays_text(text: str) -> None:
    assert with_numbers(parsed(f"a\n{text}\n")).objects() == [{"a": text}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: a column has no name"),
        ("a,,b\n1,2,3\n", "line 1: a column has no name"),
        ("a,a\n1,2\n", "column 'a' is there twice"),
        ("a,b\n1,2\n3\n", "row 2: 2 cells are expected, these are 1"),
        ("a\n1,2\n", "row 1: 1 cells are expected, these are 2"),
        ('a\n"x\n', "line 2"),
        ('a\n"x"y\n', "line 2"),
    ],
)
def test_a_crooked_table_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ExecutionError, match=problem) as caught:
        parsed(text)
    assert caught.value.code == "invalid_content"


def test_too_many_rows_are_an_error_and_never_a_cut() -> None:
    assert len(parsed("a\n1\n2\n", max_rows=2).rows) == 2
    with pytest.raises(ExecutionError) as caught:
        parsed("a\n1\n2\n3\n", max_rows=2)
    assert caught.value.code == "too_large"


def test_another_delimiter_can_be_named_and_must_be_one_character() -> None:
    assert parsed("a;b\n1;2\n", delimiter=";").objects() == [{"a": "1", "b": "2"}]
    for delimiter in ("", ";;", "\n", '"'):
        with pytest.raises(ExecutionError, match="is not one character"):
            parsed("a\n1\n", delimiter=delimiter)


@pytest.mark.parametrize("text", [str(2**63), str(-(2**63) - 1), "1" + "0" * 19, "9" * 6000])
def test_whole_numbers_beyond_64_bits_stay_text(text: str) -> None:
    table = with_numbers(parsed(f"id,n\n{text},1\n1,2\n"))
    assert table.objects() == [{"id": text, "n": 1}, {"id": "1", "n": 2}]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_whole_numbers_come_back_as_they_were(numbers: list[int]) -> None:
    table = with_numbers(parsed("n\n" + "\n".join(map(str, numbers)), max_rows=10_000))
    assert [row["n"] for row in table.objects()] == numbers


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_decimals_come_back_as_they_were(numbers: list[float]) -> None:
    table = with_numbers(parsed("n\n" + "\n".join(map(repr, numbers)), max_rows=10_000))
    assert [row["n"] for row in table.objects()] == numbers
