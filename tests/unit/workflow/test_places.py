"""Each fault of a workflow is told where the author wrote what is wrong."""

import pytest

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.workflow import Workflow, load_workflow, validate
from milepost.domain.errors import MilepostError
from milepost.domain.values import Json

from .texts import load
from .tools import TOOLS


def told(workflow: Workflow) -> str:
    with pytest.raises(MilepostError) as caught:
        validate(workflow, tools=TOOLS, expressions=CelExpressions())
    return str(caught.value)


def refusal(steps: str) -> str:
    return told(load(f"steps:\n{steps}\n"))


@pytest.mark.parametrize(
    "key",
    [
        "    type: response\n    text:",
        "    type: response\n    output:",
        "    type: response\n    input:",
        "    type: llm\n    prompt:",
        "    type: llm\n    prompt: ask\n    schema:",
        "    type: llm\n    prompt: ask\n    context:",
        "    type: user_input\n    prompt: ask\n    show:",
        "    type: user_input\n    prompt: ask\n    assignee:",
        "    type: wait\n    for:",
        "    type: wait\n    wait_for:",
        "    type: wait\n    until:",
        "    type: wait\n    wait_until:",
    ],
)
@pytest.mark.parametrize("top", ["steps:", "workflow:\n  steps:", "steps: [x]\nfallback:"])
def test_a_fault_is_told_at_the_key_that_the_author_wrote(key: str, top: str) -> None:
    text = f"{top}\n  -\n{key} '${{gone.output}}'".replace("[x]", "[{id: a, tool: noop}]")

    assert told(load(text)).startswith(f"w.yaml:{len(text.splitlines())}:5: `gone.output`")


def test_a_fault_deep_in_what_becomes_the_input_is_told_at_its_line() -> None:
    text = "  - type: response\n    output:\n      a: 1\n      b: ['${gone.output}']\n"

    assert refusal(text).startswith("w.yaml:5:11: `gone.output`")


def test_a_fault_in_a_lone_dependency_is_told_at_its_line() -> None:
    steps = (
        "  - {id: a, tool: noop}\n  - tool: noop\n    depends_on:\n      step: a\n      when: gone"
    )

    assert refusal(steps).startswith("w.yaml:6:7: `gone`")


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"type": "response", "text": "${gone}"}, "text"),
        ({"type": "response", "output": ["${gone}"]}, "output/0"),
        ({"type": "response", "input": {"text": "${gone}"}}, "input/text"),
        ({"tool": "noop", "input": "${gone}"}, "input"),
        ({"type": "wait", "wait_for": "${gone}"}, "wait_for"),
        ({"tool": "noop", "depends_on": {"step": "a", "when": "gone"}}, "depends_on/when"),
        ({"type": "sequential", "steps": [{"type": "llm", "prompt": "${gone}"}]}, "steps/0/prompt"),
    ],
)
def test_a_pointer_to_a_fault_is_into_the_file(step: dict[str, Json], pointer: str) -> None:
    workflow = load_workflow({"steps": [{"id": "a", "tool": "noop"}, step]})

    assert told(workflow).startswith(f"workflow#/steps/1/{pointer}: ")


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        (
            (
                "  - {id: u, tool: noop, depends_on: [a]}\n  - {id: a, tool: noop}\n"
                "  - {id: a, tool: noop}"
            ),
            "4:6: these step ids are used more than once: `a`",
        ),
        (
            (
                "  - {id: u, tool: noop, depends_on: [s]}\n"
                "  - {id: s, tool: noop, depends_on: [u, s]}"
            ),
            "3:41: step 's' depends on itself",
        ),
        (
            (
                "  - {id: u, tool: noop, depends_on: [a]}\n"
                "  - {id: a, tool: noop, depends_on: [b]}\n"
                "  - {id: b, tool: noop, depends_on: [a]}"
            ),
            "3:38: the dependencies go round in a circle",
        ),
        (
            "  - {tool: noop}\n  - {id: d, tool: noop, resources: {cpu: 1, gpu: 2}}",
            "3:45: step 'd': it needs 2 of the resource 'gpu'",
        ),
    ],
    ids=["doubled", "own", "circle", "resources"],
)
def test_a_fault_is_told_at_the_step_that_it_is_of(steps: str, place: str) -> None:
    assert refusal(f"{steps}\nsettings: {{resources: {{gpu: 1}}}}").startswith(f"w.yaml:{place}")


def test_every_missing_dependency_is_told() -> None:
    steps = (
        "  - {id: a, tool: noop, depends_on: [q1]}\n  - {id: b, tool: noop, depends_on: [q2, q3]}"
    )

    assert [line.rpartition(";")[0] for line in refusal(steps).splitlines()] == [
        "w.yaml:2:38: step 'a' depends on 'q1', which does not exist",
        "w.yaml:3:38: step 'b' depends on 'q2', which does not exist",
        "w.yaml:3:42: step 'b' depends on 'q3', which does not exist",
    ]


def test_the_only_step_of_a_plan_is_told_that_there_is_no_other() -> None:
    refused = refusal("  - {id: a, tool: noop, depends_on: [q]}")

    assert refused.endswith("which does not exist; there are no other steps here")
