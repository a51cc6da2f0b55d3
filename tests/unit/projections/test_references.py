"""Names that the texts of a step refer to."""

import pytest

from milepost.projections.references import references

from .made import tool_step


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("${load.output.rows}", {"load"}),
        ("${load.output} and ${check.output}", {"load", "check"}),
        ('${steps["any id"].output}', {"any id"}),
        ("${steps.load.output}", {"load"}),
        ("$${load.output}", set()),
        ("plain load.output", set()),
        ("${'load' + inputs.load}", {"inputs"}),
        ("${size(load.output)}", {"size", "load"}),
    ],
)
def test_templates_name_what_they_begin_with(text: str, names: set[str]) -> None:
    assert references(tool_step("s", input={"deep": [{"query": text}]})) == names


def test_conditions_of_the_step_and_of_its_edges_count() -> None:
    edge = {"step": "a", "when": "c.output > 1"}
    assert references(tool_step("s", edge, when="b.output == 'x.y'")) == {"b", "c"}


def test_a_text_that_is_no_template_names_nothing() -> None:
    assert references(tool_step("s", input={"query": "${load.output"})) == set()
