"""What is wrong with an expression is found before anything runs, and told in plain words."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from milepost.adapters.expressions import CelExpressions
from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import Expected, ScopeTypes

from .scope import TYPES


class OnlyAsked(frozenset[str]):
    """Ids that cannot be gone through, as if there were too many of them."""

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the ids were gone through")


def refusal(source: str, *, expect: Expected = "any", scope: ScopeTypes = TYPES) -> str:
    with pytest.raises(ExpressionError) as caught:
        CelExpressions().compile(source, scope=scope, expect=expect, where="f.yaml:3:5")
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("lod.output > 1", "there is no `lod`; did you mean `load`?"),
        ("load.outptu > 1", "a step has no `outptu`; did you mean `output`?"),
        ("steps.lod.output > 1", "no step `lod` in sight here; did you mean `load`?"),
        ("steps[inputs.region].output == 1", "`steps` needs the id of a step as text"),
        ("load > 1", "`load` alone is not a value"),
        ("load-data.output > 1", 'write `steps["load-data"].output`'),
        ("데이터.output", 'reach a step by `steps["데이터"].output`'),
        ("inputs.regoin == 'EU'", "`inputs` has no `regoin`; did you mean `region`?"),
        ("inputs.filter.sise > 1", "its schema has no `sise`; did you mean `size`?"),
        ("context.totl > 1", "`context` has no `totl`; did you mean `total`?"),
        ("has(inputs.regoin)", "did you mean `region`?"),
        ("sise(load.output)", "there is no function `sise`; did you mean `size`?"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(source: str, message: str) -> None:
    assert message in refusal(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("inputs.region + 1", "`+` does not take string and int; wrap the other side in string()"),
        ("inputs.limit + 1.5", "`+` does not take int and double; whole and other numbers do not"),
        ("inputs.share * 2", "write 2.0 for 2"),
        ("inputs.region > 1", "`>` does not take string and int"),
        ("inputs.filter.size + 'x'", "`+` does not take int and string"),
        ("index + 'x'", "`+` does not take int and string"),
        ("load.status + 1", "`+` does not take string and int"),
        ("inputs.filter.map(k, k)", "go through lists, this is map"),
        ("{'a': 1}.all(k, true)", "go through lists, this is map"),
        ("timestamp('2024-01-01T00:00:00Z')", "it gives a timestamp, which is not JSON"),
        ("b'abc'", "it gives bytes, which is not JSON"),
    ],
)
def test_types_that_do_not_fit_are_refused(source: str, message: str) -> None:
    assert message in refusal(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 +", "at character 4"),
        ("(1", "at character 3"),
        ("1)", "at character 2"),
        ("load.output load.output", "at character 13"),
        ("'abc", "a quoted text is not closed"),
        ("inputs.limit = 3", "write `==`"),
        ("true & false", "write `&&`"),
        ("a @ b", "`@` at character 3 cannot stand in an expression"),
        ("load.output{a: 1}", "would build a message"),
        ("load.output.?count", "`.` is followed by `?`"),
        ("[1].map(load, 1)", "the variable `load` hides another name"),
        ("[1].map(x, [2].map(x, x))", "the variable `x` hides another name"),
        ("[1].map(slot_0_, 1)", "hides another name"),
    ],
)
def test_faults_of_syntax_are_told_with_their_place(source: str, message: str) -> None:
    assert message in refusal(source)


@pytest.mark.parametrize("source", ["load.output.count + 1", "inputs.region", "1", "index", "'a'"])
def test_a_condition_that_cannot_be_true_or_false_is_refused(source: str) -> None:
    assert "a condition must be true or false" in refusal(source, expect="bool")


@pytest.mark.parametrize("source", ["load.output.flag", "inputs.wanted", "inputs.limit > 2"])
def test_a_condition_that_can_be_is_taken(source: str) -> None:
    assert CelExpressions().compile(source, scope=TYPES, expect="bool").source == source


def test_names_of_loops_are_known_only_inside() -> None:
    outside = ScopeTypes(steps=frozenset({"load"}))

    assert "it has a value only inside a loop" in refusal("item.x > 1", scope=outside)


def test_a_step_inside_a_container_is_named_with_its_container() -> None:
    scope = ScopeTypes(steps=frozenset({"each"}), inside={"fetch": "each"})

    assert "only inside of `each`; outside use `each.output`" in refusal(
        "fetch.output", scope=scope
    )


def test_a_step_that_has_not_ended_is_named() -> None:
    scope = ScopeTypes(unfinished=frozenset({"me"}))

    assert "`me` has not ended where this is evaluated" in refusal("me.output > 1", scope=scope)


def test_the_message_has_the_place_the_expression_and_the_problem() -> None:
    assert refusal("lod.output").startswith("f.yaml:3:5: `lod.output`: there is no `lod`")


def test_a_program_knows_what_it_reads() -> None:
    program = CelExpressions().compile(
        "load.output.count > inputs.limit && [1].all(x, x < item.n)", scope=TYPES
    )

    assert program.roots == {"steps", "inputs", "item"}
    assert program.step_references == {"load"}


@pytest.mark.parametrize("length", [1_000, 1_001])
def test_the_length_of_an_expression_is_bounded(length: int) -> None:
    source = "1 == " + "1" * 10 + " " * (length - 15)
    if length == 1_000:
        CelExpressions().compile(source, scope=TYPES)
    else:
        assert "it has 1,001 characters, at most 1,000" in refusal(source)


@pytest.mark.parametrize(
    "source",
    [
        *("(" * 400 + "1" + ")" * 400, "[" * 500, "1" + "+1" * 40, "true?1:" * 60 + "2"),
        *("size(" * 100 + "[]" + ")" * 100, "'a'" + ".size()" * 50, "{" * 200, "[[" * 100),
    ],
)
def test_deep_nesting_is_refused_before_it_can_do_harm(source: str) -> None:
    assert refusal(source)


def test_long_chains_of_conditions_are_no_nesting() -> None:
    source = " && ".join(["inputs.limit > 0"] * 40)

    assert CelExpressions().compile(source, scope=TYPES).roots == {"inputs"}


def test_a_macro_does_not_go_through_the_steps_in_sight() -> None:
    scope = replace(TYPES, steps=OnlyAsked(TYPES.steps))

    program = CelExpressions().compile("inputs.names.filter(x, x != load.output)", scope=scope)

    assert program.step_references == {"load"}
    assert "hides another name" in refusal("inputs.names.filter(load, true)", scope=scope)
