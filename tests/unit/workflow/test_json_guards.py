"""JSON is read strictly, with pointers to what is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.workflow.guards import MAX_DEPTH, MAX_VALUES, clean
from milepost.adapters.workflow.json_reader import plain_document, read_json
from milepost.domain.errors import LimitError, MilepostError, ValidationError
from milepost.domain.values import Json


def refusal(text: str) -> str:
    with pytest.raises(MilepostError) as caught:
        read_json(clean(text, name="w"), name="w")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "w#: the key `a` stands twice"),
        ('{"b": [0, {"a": 1, "a": 1}]}', "w#/b/1: the key `a` stands twice"),
        ('{"a": NaN}', "w#/a: NaN is not JSON"),
        ('{"a/b": [-Infinity]}', "w#/a~1b/0: -Infinity is not JSON"),
        ('{"a": 1e999}', "w#/a: inf is not JSON"),
        ('{"a": ' + "9" * 10_000 + "}", "w#/a: the number needs more than 64 bits"),
        ('{"a": 9223372036854775808}', "w#/a: the number needs more than 64 bits"),
        ('["\\ud800"]', "w#/0: the text has half of a surrogate pair"),
        ('["\\u0000"]', "w#/0: the text has the character U+0000"),
        ('{"\\ud800": 1}', "w#: the key"),
        ('{"a": 1,}', "w:1:9: it is not JSON"),
        ("", "w:1:1: it is not JSON"),
        ('{\n"a": nul}', "w:2:6: it is not JSON"),
        ("[1] [2]", "w:1:5: it is not JSON"),
        ("[" * 100_000, "w:1:33: the depth of nesting is at most 32"),
        ('{"a":' * 100_000, "w:1:161: the depth of nesting is at most 32"),
    ],
)
def test_faulty_json_is_refused_with_its_place(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize("ending", ["", "\\", "\\\n"], ids=["quote", "backslash", "line"])
def test_a_long_text_that_is_not_closed_is_refused(ending: str) -> None:
    assert "it is not JSON" in refusal('{"a":"' + '\\"' * 200_000 + ending)


def test_brackets_in_texts_are_no_depth() -> None:
    text = json.dumps(["[" * 100, '"{' * 100, "\\"])

    assert read_json(text, name="w").value == ["[" * 100, '"{' * 100, "\\"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": object()}, "w#/a: a object is not JSON"),
        ({"a": {1, 2}}, "w#/a: a set is not JSON"),
        ({1: 2}, "w#: the key 1 is not a clean text"),
        ({"a": [float("nan")]}, "w#/a/0: nan is not JSON"),
        ({"a": 2**64}, "w#/a: the number needs more than 64 bits"),
        ([b"x"], "w#/0: a bytes is not JSON"),
    ],
)
def test_a_mapping_that_is_no_json_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        plain_document(value, name="w")

    assert str(caught.value).startswith(message)


def test_a_mapping_that_contains_itself_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(LimitError):
        plain_document(value, name="w")


def test_a_document_is_a_copy_of_the_mapping() -> None:
    value: dict[str, Json] = {"a": [1]}
    document = plain_document(value, name="w")
    value["a"] = 2

    assert document.value == {"a": [1]}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_what_json_can_hold_comes_back_the_same(value: Json) -> None:
    assert read_json(json.dumps(value), name="w").value == value
    assert plain_document(value, name="w").value == value


def test_the_depth_is_counted_as_in_yaml() -> None:
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH, name="w").value
    assert "the depth of nesting" in refusal("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_the_values_are_counted_as_in_yaml() -> None:
    most = [1] * (MAX_VALUES - 1)

    assert read_json(json.dumps(most), name="w").value == most
    for more in ([*most, 1], [dict.fromkeys(map(str, range(MAX_VALUES)), 1)]):
        assert "the number of values is at most 200,000" in refusal(json.dumps(more))


def test_a_value_that_a_program_made_may_be_of_any_size() -> None:
    assert plain_document([1] * MAX_VALUES, name="w").value == [1] * MAX_VALUES
