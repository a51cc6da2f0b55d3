"""Plans as models write them are accepted, and told back field for field."""

from typing import Any

import pytest

from milepost.adapters.workflow import load_workflow
from milepost.adapters.workflow.execution_plan import echo
from milepost.domain.errors import MilepostError
from milepost.domain.steps import StepKind


def plan() -> dict[str, Any]:
    return {
        "PlanId": "p-1",
        "Steps": [
            {
                "StepId": "read",
                "Type": "Tool",
                "Name": "file.read",
                "Parameters": {"path": "a.txt"},
                "Dependencies": [],
                "Status": "대기",
            },
            {
                "StepId": "sum up",
                "Type": "LLMFunction",
                "Name": "summarise",
                "Parameters": {"text": "${read.output}", "length": 5},
                "Dependencies": ["read"],
                "Status": "Waiting",
            },
            {
                "StepId": "answer",
                "Type": "Response",
                "Name": "reply",
                "Parameters": {"text": '${steps["sum up"].output}'},
                "Dependencies": ["sum up"],
                "Status": "pending",
            },
        ],
        "Context": {"language": "en"},
        "Status": "Ready",
        "CreatedAt": "2026-01-31T09:00:00Z",
    }


def test_it_becomes_a_plan() -> None:
    spec = load_workflow(plan()).spec

    assert [step.id for step in spec.steps] == ["read", "sum up", "answer"]
    assert [step.kind for step in spec.steps] == [
        StepKind.TOOL_CALL,
        StepKind.LLM_CALL,
        StepKind.RESPONSE,
    ]
    assert (spec.steps[0].tool, spec.steps[0].input) == ("file.read", {"path": "a.txt"})
    assert spec.steps[1].input == {"function": "summarise", "text": "${read.output}", "length": 5}
    assert spec.steps[2].dependencies == ("sum up",)
    assert spec.context == {"language": "en"}


def test_it_is_told_back_field_for_field() -> None:
    assert echo(load_workflow(plan()).spec) == plan()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("StepId", 1),
        ("Parameters", "just a text"),
        ("Parameters", [1, 2]),
        ("Parameters", None),
        ("Dependencies", None),
        ("Type", "tool"),
        ("Status", None),
    ],
)
def test_unusual_values_are_told_back_as_they_came(field: str, value: object) -> None:
    given = plan()
    given["Steps"] = given["Steps"][:1]
    given["Steps"][0][field] = value

    assert echo(load_workflow(given).spec) == given


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Type": "Tol"}, "#/Steps/0/Type: 'Tol' is no type of step; use Tool, LLMFunction or"),
        ({"Status": "Completed"}, "#/Steps/0/Status: a plan to be run cannot be 'Completed'"),
        ({"Nmae": "x"}, "#/Steps/0/Nmae: the field `Nmae` is not known; did you mean `Name`?"),
        ({"Name": None}, "#/Steps/0: a tool step needs `tool`"),
        ({"Name": 5}, "#/Steps/0/Name: `Name` must be text, this is 5"),
        ({"Dependencies": {"a": 1}}, "#/Steps/0/Dependencies"),
    ],
)
def test_faults_are_told_in_its_own_fields(change: dict[str, object], message: str) -> None:
    given = plan()
    given["Steps"][0] |= change
    with pytest.raises(MilepostError) as caught:
        load_workflow(given)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Steps": []}, "#/Steps: there are no steps"),
        ({"Steps": 5}, "#/Steps: must be a list of steps"),
        ({"Steps": [5]}, "#/Steps/0: a step must be an object"),
        ({"Status": "Running"}, "#/Status: a plan to be run cannot be 'Running'"),
        ({"Stpes": []}, "#/Stpes: the field `Stpes` is not known; did you mean `Steps`?"),
        ({"Context": [1]}, "#/Context: `Context` must be an object"),
    ],
)
def test_faults_of_the_plan_are_told_too(change: dict[str, object], message: str) -> None:
    with pytest.raises(MilepostError) as caught:
        load_workflow(plan() | change)

    assert message in str(caught.value)


def test_a_function_cannot_be_named_twice() -> None:
    given = plan()
    given["Steps"][1]["Parameters"]["function"] = "other"
    with pytest.raises(MilepostError, match="#/Steps/1/Parameters: the function stands in"):
        load_workflow(given)
