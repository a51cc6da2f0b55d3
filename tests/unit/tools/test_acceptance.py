"""The quick acceptor may refuse too much, and must never accept too much."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from milepost.adapters.tools.acceptance import quick_acceptor
from milepost.adapters.tools.schema_check import SchemaCheck

TREE: dict[str, Any] = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "label": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["label"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/node",
}

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
names = st.sampled_from(["a", "b", "label", "children"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner), max_leaves=8
)
simple_schemas = st.sampled_from(
    [{"type": kind} for kind in ("string", "integer", "number", "boolean", "null", "array")]
    + [{}, True, False, {"type": "string", "enum": ["a", "b"]}, {"type": "integer", "minimum": 3}]
)


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(names, inner, max_size=3)},
        optional={
            "required": st.lists(names, max_size=2, unique=True),
            "additionalProperties": inner | st.booleans(),
        },
    )
    lists = st.fixed_dictionaries({"type": st.just("array"), "items": inner})
    choices = st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)})
    return objects | lists | choices


schemas = st.recursive(simple_schemas, grown, max_leaves=5)


@given(schema=schemas, value=values)
def test_what_is_accepted_quickly_is_valid(schema: Any, value: Any) -> None:
    accepts = quick_acceptor(schema)
    if accepts is not None and accepts(value):
        assert Draft202012Validator(schema).is_valid(value)


@given(schema=schemas, value=values)
def test_the_whole_check_agrees_with_the_reference_validator(schema: Any, value: Any) -> None:
    problem = SchemaCheck(schema).problem(value)
    assert (problem is None) == Draft202012Validator(schema).is_valid(value)


def test_ordinary_argument_schemas_go_the_quick_way() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"anyOf": [{"type": "integer"}]}},
        "required": ["a"],
        "additionalProperties": False,
    }
    accepts = quick_acceptor(schema)
    assert accepts is not None
    assert accepts({"a": "x", "b": 1})
    assert not accepts({"a": "x", "c": 1})
    assert not accepts({"b": 1})


def test_a_recursive_schema_is_followed_to_its_end() -> None:
    accepts = quick_acceptor(TREE)
    assert accepts is not None
    assert accepts({"label": "a", "children": [{"label": "b", "children": []}]})
    assert not accepts({"label": "a", "children": [{"label": 1}]})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^a"},
        {"type": "integer", "maximum": 3},
        {"$ref": "https://example.org/elsewhere"},
        {"type": ["string", "null"]},
        {"not": {}},
    ],
)
def test_a_schema_that_says_more_is_left_to_the_full_validator(schema: dict[str, Any]) -> None:
    assert quick_acceptor(schema) is None


def test_a_long_value_is_cut_in_the_message() -> None:
    problem = SchemaCheck({"type": "integer"}).problem("x" * 10_000)
    assert problem is not None
    assert len(problem) < 300
