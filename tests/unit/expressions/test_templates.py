"""`${...}` keeps types where it stands alone, becomes text in a text, and is recorded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.expressions import CelExpressions
from milepost.domain.errors import ExpressionError
from milepost.domain.templates import Template, compile_template, has_template, is_only_template
from milepost.domain.values import Json

from .scope import OUTPUT, SCOPE, TYPES


def template(value: Json) -> Template:
    compiled = compile_template(value, CelExpressions(), TYPES)
    assert compiled is not None
    return compiled


def resolve(value: Json) -> Json:
    return template(value).resolve(SCOPE).value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${load.output}", OUTPUT),
        ("${load.output.count}", 12),
        ("${load.output.nothing}", None),
        ("${load.output.count + 1}", 13),
        ("${ inputs.region }", "EU"),
        ("in ${inputs.region}", "in EU"),
        ("${inputs.region}${inputs.limit}", "EU3"),
        (" ${load.output.count}", " 12"),
        ("${load.output.zones}!", '{"a":2,"m":{"b":2,"y":1},"z":1}!'),
        ("${load.output.rows[1].name}-${load.output.nothing}", "a-null"),
        ('${steps["any id"].output}', 7),
        ("${'}' + \"{\"}", "}{"),
        ("${{'a': {'b': 1}}.a.b}", 1),
        ("costs $${price}", "costs ${price}"),
        ("$${a}${inputs.region}", "${a}EU"),
        ("${'$'}${inputs.limit}", "$3"),
        ("$5 and {braces}", "$5 and {braces}"),
        ("${load.output.flag ? 'yes' : 'no'}", "yes"),
    ],
)
def test_a_text_becomes(text: str, value: Json) -> None:
    compiled = compile_template(text, CelExpressions(), TYPES)

    assert (compiled.resolve(SCOPE).value if compiled else text) == value


def test_only_texts_are_resolved_and_the_rest_is_kept() -> None:
    value: Json = {"a": [1, "${inputs.limit}", {"b": "x${inputs.region}"}], "c": None, "d": "plain"}

    assert resolve(value) == {"a": [1, 3, {"b": "xEU"}], "c": None, "d": "plain"}
    assert value == {
        "a": [1, "${inputs.limit}", {"b": "x${inputs.region}"}],
        "c": None,
        "d": "plain",
    }


def test_names_of_fields_are_taken_as_they_are() -> None:
    assert resolve({"${inputs.region}": "${inputs.region}"}) == {"${inputs.region}": "EU"}


def test_what_each_text_became_is_recorded_by_its_pointer() -> None:
    compiled = template({"a/b": ["${inputs.limit}"], "t~": "x${inputs.region}", "e": "$${x}"})

    assert compiled.resolve(SCOPE).bindings == {"/a~1b/0": 3, "/t~0": "xEU"}


def test_a_value_is_filled_again_from_its_bindings() -> None:
    value: Json = {"a": ["${inputs.limit}", "k"], "t": "x${inputs.region}", "e": "$${x}", "n": 1}
    resolved = template(value).resolve(SCOPE)

    assert template(value).fill(resolved.bindings) == resolved.value


@pytest.mark.parametrize("value", ["plain", 5, None, True, {"a": ["b", {"c": 1.5}]}, "$x", "{y}"])
def test_a_value_with_nothing_to_resolve_is_no_template(value: Json) -> None:
    assert compile_template(value, CelExpressions(), TYPES) is None
    assert not has_template(value)


def test_a_template_knows_what_it_reads() -> None:
    compiled = template(
        ["${load.output.count + inputs.limit}", "${steps['any id'].output}", "${item.tags}"]
    )

    assert compiled.roots == {"steps", "inputs", "item"}
    assert compiled.step_references == {"load", "any id"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${", "`${` has no closing `}`"),
        ("a ${inputs.region", "`${inputs.region` has no closing `}`"),
        ("${}", "`${}` is empty"),
        ("${ }", "`${}` is empty"),
        ("${inputs.regoin}", "did you mean `region`?"),
        ("${lod.output}", "did you mean `load`?"),
        ("${load.outptu}", "a step has no `outptu`; did you mean `output`?"),
        ("${load}", "`load` alone is not a value"),
        ("${load.output.count +}", "mismatched input"),
        ("${inputs.filter.sise}", "its schema has no `sise`; did you mean `size`?"),
        ("${" + "x" * 2000, "has no `}` within 1,000 characters"),
    ],
)
def test_a_faulty_template_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_template({"a": [text]}, CelExpressions(), TYPES, where="step 'x'")

    assert message in str(caught.value)
    assert str(caught.value).startswith("step 'x' /a/0: ")


def test_a_missing_value_is_named_at_run_time() -> None:
    with pytest.raises(ExpressionError, match=r"load\.output\.gone: there is no `gone` in load"):
        resolve({"deep": ["${load.output.gone}"]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("${a.b}", True), ("${a}${b}", False), ("x${a}", False), ("${a} ", False), ("a", False)],
)
def test_a_text_that_is_only_a_template_may_become_any_value(text: str, *, expected: bool) -> None:
    assert is_only_template(text) is expected


@given(st.text(alphabet="$${}'\"\\ ab.\n", max_size=40))
def test_any_text_is_either_compiled_or_refused_cleanly(text: str) -> None:
    try:
        compiled = compile_template(text, CelExpressions(), TYPES)
        value = compiled.resolve(SCOPE).value if compiled else text
    except ExpressionError:
        return
    assert isinstance(value, str | int | float | list | dict | None)
