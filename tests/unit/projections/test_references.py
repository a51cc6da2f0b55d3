"""Names that the texts of a step refer to."""

import pytest

from milepost.domain.steps import StepKind
from milepost.projections.references import references

from .made import container, tool_step


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("${load.output.rows}", {"load"}),
        ("${load.output} and ${check.output}", {"load", "check"}),
        ('${steps["any id"].output}', {"any id"}),
        ("${steps.load.output}", {"load"}),
        ("$${load.output}", set()),
        ("plain load.output", set()),
        ("${'load' + inputs.load}", set()),
        ("${context.load}", set()),
        ("${size(load.output) + load}", {"load"}),
        ('${load ["output"]}', {"load"}),
    ],
)
def test_templates_name_what_they_begin_with(text: str, names: set[str]) -> None:
    assert references(tool_step("s", input={"deep": [{"query": text}]})) == names


def test_conditions_of_the_step_and_of_its_edges_count() -> None:
    edge = {"step": "a", "when": "c.output > 1"}
    assert references(tool_step("s", edge, when="b.output == 'x.y'")) == {"b", "c"}


def test_what_a_step_checks_and_writes_at_its_end_counts() -> None:
    step = tool_step("s", expect="s.output != a.output", set={"rows": "${b.output}"})
    assert references(step) == {"s", "a", "b"}


def test_names_that_loops_give_name_no_step_unless_it_is_called_a_step() -> None:
    step = tool_step("s", input={"rows": "${item.rows}", "step": "${steps.item.output}"})
    assert references(step) == {"item"}
    step = tool_step("s", input={"rows": "${item.rows}"})
    assert references(step, {"item"}) == set()
    loop = container("l", StepKind.LOOP, step, for_each="${item.output}")
    assert references(loop) == {"item"}
    loop = container("l", StepKind.LOOP, step, until="previous.output == 1")
    assert references(loop) == set()


def test_a_text_that_is_no_template_names_nothing() -> None:
    assert references(tool_step("s", input={"query": "${load.output"})) == set()
