"""Differences in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.plans import PlanSpec
from milepost.domain.revisions import diff, lines
from milepost.domain.revisions.words import LONGEST_VALUE, MOST_PARTS
from milepost.domain.steps import Dependency, StepKind, StepSpec
from tests.unit.domain.made import container, step

from .made import edited, specs


def told(old: PlanSpec, new: PlanSpec) -> list[str]:
    return [str(line) for line in lines(diff(old, new))]


def told_of(before: dict[str, Any], after: dict[str, Any]) -> str:
    (line,) = told(PlanSpec(steps=(step("a", **before),)), PlanSpec(steps=(step("a", **after),)))
    return line.removeprefix("~ step a: ")


def test_every_kind_of_difference_has_its_line() -> None:
    old = PlanSpec(
        steps=(
            step("load", timeout="30s", input={"query": "a"}),
            step("old", "load"),
            step("chart", Dependency(step="load", priority=1)),
            step("last"),
        )
    )
    new = PlanSpec(
        name="Sales",
        settings={"max_parallel_steps": 8},
        steps=(
            step("last"),
            step("load", timeout="1m", input={"query": "b"}),
            step("fetch", tool="http.get"),
            step("chart", Dependency(step="load", priority=2), Dependency(step="fetch", when="x")),
            container("both", step("x"), step("y", "x")),
        ),
    )

    assert told(old, new) == [
        '~ name none -> "Sales"',
        "~ settings.max_parallel_steps 5 -> 8",
        "- step old",
        "+ step fetch (tool http.get)",
        "+ step both (parallel of 2 steps)",
        '~ step load: input.query "a" -> "b"; timeout 30s -> 1m',
        "~ step last: moved to the front",
        "- edge load -> old",
        "+ edge x -> both.y",
        "+ edge fetch -> chart (when x)",
        "~ edge load -> chart: priority 1 -> 2",
    ]


def test_equal_plans_give_one_line_that_says_so() -> None:
    spec = PlanSpec(steps=(step("a"),))

    assert lines(diff(spec, spec)) == [(" ", "no differences")]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({"timeout": "1h30m"}, {}, "timeout 1h30m -> none"),
        ({"timeout": 0.0015}, {"timeout": "0s"}, "timeout 1.5ms -> 0s"),
        (
            {"retry": {"initial_delay": "1s"}},
            {"retry": {"initial_delay": "2d"}},
            "retry.initial_delay 1s -> 2d",
        ),
        ({"input": {"x": None}}, {"input": {}}, "input.x null -> none"),
        ({"input": {"x": 1}}, {"input": {"x": True}}, "input.x 1 -> true"),
        (
            {"input": {"a b": {"c": [1]}}},
            {"input": {"a b": {"c": [2]}}},
            'input["a b"].c [1] -> [2]',
        ),
        (
            {"input": {"x": "PT5S"}},
            {"input": {"x": "é\x1b[31m\u202e"}},
            'input.x "PT5S" -> "é\\u001b[31m\\u202e"',
        ),
    ],
)
def test_a_changed_field_is_told_as_people_write_it(
    before: dict[str, Any], after: dict[str, Any], line: str
) -> None:
    assert told_of(before, after) == line


def test_long_values_are_shortened_so_that_the_difference_is_seen() -> None:
    begin = "select " * 40
    line = told_of({"input": {"q": f"{begin}a"}}, {"input": {"q": f"{begin}b" + "x" * 200}})

    assert 'select a" -> ' in line
    assert "select bxxx" in line
    assert len(line) < 2 * LONGEST_VALUE + 20


def test_many_changes_of_one_step_are_counted() -> None:
    line = told_of({}, {"input": {f"k{number}": 0 for number in range(MOST_PARTS + 5)}})

    assert line.endswith("k19 none -> 0; and 5 more")


@given(st.data())
def test_every_difference_is_a_printable_line(data: st.DataObject) -> None:
    old = data.draw(specs())
    found = diff(old, data.draw(edited(old)))
    made = lines(found)

    assert all(line.text.isprintable() for line in made)
    assert {line.sign for line in made} <= ({" "} if found.is_empty else set("+-~"))


def test_names_that_a_terminal_would_obey_are_escaped() -> None:
    other = StepSpec(id="x\x9b2J", kind=StepKind.RESPONSE, input={})
    made = told(PlanSpec(steps=(step("a"),)), PlanSpec(steps=(step("a"), other)))

    assert made == ["+ step x\\x9b2J (response)"]
