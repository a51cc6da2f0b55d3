"""Inputs as the command line gives them."""

from pathlib import Path

import pytest

from milepost.adapters.cli.given_inputs import given_inputs, json_value
from milepost.adapters.workflow import load_text
from milepost.domain.errors import ValidationError

SPEC = load_text(
    """
inputs:
  name: {type: string}
  count: {type: integer}
steps:
  - {id: a, type: response, text: x}
""",
    name="a.yaml",
).spec


def test_values_are_read_as_json_where_they_are_json() -> None:
    assert given_inputs(["a=1", "b=[1, 2]", "c=true", "d=plain text", "e=x=y", "f="], None) == {
        "a": 1,
        "b": [1, 2],
        "c": True,
        "d": "plain text",
        "e": "x=y",
        "f": "",
    }


def test_an_input_of_type_text_stays_text() -> None:
    assert given_inputs(["name=42", "count=42"], None, SPEC) == {"name": "42", "count": 42}


def test_pairs_go_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "inputs.yaml"
    file.write_text("a: 1\nb: {c: [x]}\n")

    assert given_inputs(["a=2"], str(file)) == {"a": 2, "b": {"c": ["x"]}}


@pytest.mark.parametrize("pair", ["a", "=1", ""])
def test_what_is_no_pair_is_refused(pair: str) -> None:
    with pytest.raises(ValidationError, match=r"^--input: .* is not name=value; write for example"):
        given_inputs([pair], None)


@pytest.mark.parametrize("text", ["1e999", "[1, -1e999]", "99999999999999999999999"])
def test_a_number_that_cannot_be_stored_is_refused_with_its_input(text: str) -> None:
    with pytest.raises(ValidationError, match=r"^--input n: .* is not JSON"):
        given_inputs(["a=1", f"n={text}"], None)


@pytest.mark.parametrize(("content", "problem"), [("- 1", "not an object"), ("a: [", "a.yaml:")])
def test_a_file_that_holds_no_inputs_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(content)

    with pytest.raises(ValidationError, match=problem):
        given_inputs([], str(file))


@pytest.mark.parametrize("text", ["yes", "", "{", "NaN", "[" * 100_000])
def test_an_answer_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=r"^--value: is not JSON"):
        json_value(text, where="--value")
