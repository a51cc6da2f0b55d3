"""A workflow is checked whole before it runs: tools, arguments, dependencies, expressions."""

import pytest

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.workflow import load_workflow, validate
from milepost.domain.errors import DependencyError, ExpressionError, MilepostError, ValidationError
from milepost.engine.core import compile_plan

from .texts import load
from .tools import TOOLS

HEAD = "inputs: {region: {type: string}}\nsteps:\n"


def check(steps: str) -> None:
    workflow = load(HEAD + steps)
    validate(workflow, tools=TOOLS, expressions=CelExpressions())
    compile_plan(workflow.spec, CelExpressions())


def refusal(steps: str) -> str:
    with pytest.raises(MilepostError) as caught:
        check(steps)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    "steps",
    [
        "  - {tool: noop}",
        "  - {tool: sql.query, input: {query: '${inputs.region}', limit: '${1 + 1}'}}",
        "  - {tool: database.query, input: {query: a}}",
        (
            "  - {id: a, tool: noop, set: {x: '${a.output}'}, compensate: {tool: noop}}\n"
            "  - {id: b, tool: noop, when: 'context.x == 1'}"
        ),
        (
            "  - {id: e, type: loop, for_each: [1], steps:"
            " [{id: f, tool: noop, when: 'item > index'}, {id: g, tool: noop,"
            " when: 'f.output == null'}], when: 'a.output'}\n  - {id: a, tool: noop}"
        ),
        "  - {id: e, type: loop, while: 'previous == null || index < 3', steps: [{tool: noop}]}",
        (
            "  - {id: e, type: loop, count: '${size(inputs.region)}', steps:"
            " [{type: loop, for_each: [1], steps: [{tool: noop, when: 'item > index'}]}]}"
        ),
        (
            "  - {id: e, type: branch, cases: [{when: 'a.output > 1',"
            " steps: [{id: x, tool: noop}]}, {else: true, steps: [{id: x, tool: noop}]}]}\n"
            "  - {id: a, tool: noop}"
        ),
        "  - {id: a, tool: noop}\n  - {type: parallel, steps: [{tool: noop, depends_on: a}]}",
        "  - {id: any text, tool: noop}\n  - {tool: noop, when: 'steps[\"any text\"].output'}",
        "  - {id: w, type: wait, for: '${inputs.region}'}",
        "  - {type: user_input, input: '${inputs.region}'}",
        "  - {type: user_input, prompt: ok?, schema: '${inputs.region}'}",
        "  - {type: user_input, prompt: ok?, schema: {enum: ['${inputs.region}']}}",
        "  - {type: llm, input: tell, schema: false}",
    ],
)
def test_a_sound_workflow_passes(steps: str) -> None:
    check(steps)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("  - {type: llm}", "w.yaml:3:5: a llm_call step needs `prompt`"),
        ("  - {type: user_input, prompt: ''}", "a user_input step needs `prompt`"),
        (
            "  - {type: user_input, prompt: ok?, schema: {type: strnig}}",
            "w.yaml:3:37: `schema`: it is no JSON Schema: type: 'strnig'",
        ),
        (
            "  - {type: llm, prompt: say, schema: {properties: [1]}}",
            "`schema`: it is no JSON Schema",
        ),
        ("  - {type: llm, prompt: say, schema: {$ref: '#/gone'}}", "refers to what is not there"),
        ("  - {type: user_input, prompt: ok?, schema: text}", "a JSON Schema is an object, not"),
        ("  - {id: a, tool: sql.qery}", "w.yaml:3:13: tool 'sql.qery' is not known; did you mean"),
        ("  - {tool: noop, compensate: {tool: nop}}", "w.yaml:3:31: tool 'nop' is not known"),
        ("  - {tool: sql.query}", "tool `sql.query`: query: is missing"),
        (
            "  - {tool: sql.query, input: {query: a, limt: 1}}",
            "w.yaml:3:41: tool `sql.query`: limt:",
        ),
        (
            "  - {tool: sql.query, input: {query: 5}}",
            "w.yaml:3:31: tool `sql.query`: query: must be",
        ),
        (
            "  - {tool: sql.query, input: {query: a, limit: 'n ${inputs.region}'}}",
            "w.yaml:3:41: tool `sql.query`: limit: must be a whole number",
        ),
        (
            "  - {tool: noop, compensate: {tool: noop, input: {a: 1}}}",
            "tool `noop`: a: is not known",
        ),
    ],
)
def test_an_unknown_tool_or_a_wrong_argument_is_refused_with_its_place(
    steps: str, message: str
) -> None:
    assert message in refusal(steps)


@pytest.mark.parametrize(
    ("steps", "message", "ids"),
    [
        (
            "  - {id: a, tool: noop, depends_on: [gone]}",
            "w.yaml:3:38: step 'a' depends on 'gone', which does not exist",
            ("gone",),
        ),
        (
            "  - {id: a, tool: noop, depends_on: [a]}",
            "w.yaml:3:38: step 'a' depends on itself",
            ("a",),
        ),
        (
            "  - {id: a, tool: noop}\n  - {id: a, tool: noop}",
            "w.yaml:4:6: these step ids are used more than once",
            ("a",),
        ),
        (
            "  - {id: a, tool: noop, depends_on: [b]}\n  - {id: b, tool: noop, depends_on: [a]}",
            "w.yaml:3:38: the dependencies go round in a circle: a -> b -> a",
            ("a", "b", "a"),
        ),
        (
            "  - {id: a, tool: noop, when: 'b.output'}\n  - {id: b, tool: noop, depends_on: [a]}",
            "w.yaml:4:38: the dependencies go round in a circle",
            None,
        ),
        (
            "  - {id: a, tool: noop, when: 'b.output'}\n  - {id: b, tool: noop, when: 'a.output'}",
            "the dependencies go round in a circle",
            None,
        ),
        (
            (
                "  - {id: s, type: sequential, steps: [{id: f, tool: noop, when: 'g.output'},"
                " {id: g, tool: noop}]}"
            ),
            "the dependencies go round in a circle",
            None,
        ),
        (
            (
                "  - {id: p, type: parallel, steps: [{id: f, tool: noop, depends_on: [b]}]}\n"
                "  - {id: b, tool: noop, depends_on: [p]}"
            ),
            "the dependencies go round in a circle",
            None,
        ),
        (
            "  - {id: p, type: parallel, steps: [{id: f, tool: noop, depends_on: [p]}]}",
            "depends on 'p', which does not exist",
            ("p",),
        ),
    ],
)
def test_wrong_dependencies_are_refused_with_their_ids(
    steps: str, message: str, ids: tuple[str, ...] | None
) -> None:
    with pytest.raises(DependencyError) as caught:
        check(steps)

    assert message in str(caught.value)
    assert ids is None or caught.value.ids == ids


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            "  - {tool: noop, when: 'inputs.regoin'}",
            "w.yaml:3:18: `inputs.regoin`: `inputs` has no",
        ),
        ("  - {tool: noop, when: 'inputs.region'}", "a condition must be true or false"),
        ("  - {tool: noop, when: 'gone.output'}", "there is no `gone`"),
        ("  - {tool: noop, when: '1 +'}", "at character 4"),
        ("  - {tool: noop, when: 'context.x'}", "`context` has no `x`"),
        ("  - {tool: noop, when: 'item > 1'}", "it has a value only inside a loop"),
        ("  - {tool: noop, set: {x: '${gone.output}'}}", "w.yaml:3:24: `gone.output`"),
        (
            "  - {tool: sql.query, input: {query: a, params: {b: ['${gone.output}']}}}",
            "w.yaml:3:54: `gone.output`",
        ),
        (
            "  - {tool: noop, compensate: {tool: chart.create, input: '${gone.output}'}}",
            "`gone.output`",
        ),
        ("  - {type: loop, for_each: '${gone.output}', steps: [{tool: noop}]}", "w.yaml:3:18:"),
        ("  - {type: loop, count: '${gone.output}', steps: [{tool: noop}]}", "w.yaml:3:18:"),
        ("  - {type: loop, while: 'item > 1', steps: [{tool: noop}]}", "there is no `item`"),
        ("  - {type: wait, for: '${gone.output}'}", "w.yaml:3:18: `gone.output`"),
        ("  - {type: wait, until: '${gone.output}'}", "w.yaml:3:18: `gone.output`"),
        ("  - {type: branch, cases: [{when: gone.output, steps: [{tool: noop}]}]}", "w.yaml:3:29:"),
        (
            "  - {id: a, tool: noop}\n  - {tool: noop, depends_on: [{step: a, when: gone.output}]}",
            "w.yaml:4:41: `gone.output`",
        ),
        ("  - {id: a, tool: noop, when: 'a.output'}", "`a` has not ended where this is evaluated"),
        (
            "  - {id: e, type: loop, count: 1, steps: [{tool: noop, when: e.output}]}",
            "`e` has not ended where this is evaluated",
        ),
        (
            (
                "  - {id: e, type: loop, count: 1, steps: [{id: f, tool: noop}]}\n"
                "  - {tool: noop, when: f.output}"
            ),
            "`f` can be seen only inside of `e`; outside use",
        ),
        (
            "  - {id: e, type: loop, until: f.output, steps: [{id: f, tool: noop}]}",
            "use `previous`",
        ),
        (
            (
                "  - {id: e, type: loop, count: 2, concurrency: 2, steps: "
                "[{tool: noop, when: previous == null}]}"
            ),
            "`previous` has no value in a loop whose iterations run side by side",
        ),
        (
            (
                "  - {id: e, type: branch, cases: [{when: 'true', steps: [{id: f, tool: noop}]},"
                " {else: true, steps: [{tool: noop, when: f.output}]}]}"
            ),
            "`f`",
        ),
    ],
)
def test_a_faulty_expression_is_refused_with_its_place(steps: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(steps)

    assert message in str(caught.value)


def test_all_problems_are_told_a_line_for_each() -> None:
    lines = refusal(
        "  - {id: a, tool: nop, when: 'gone.output'}\n  - {id: b, tool: noop, depends_on: [c]}\n"
    ).splitlines()

    assert [line.partition(" ")[0] for line in lines] == [
        "w.yaml:4:38:",
        "w.yaml:3:13:",
        "w.yaml:3:24:",
    ]


def test_a_step_that_names_itself_is_told_where_it_may() -> None:
    refused = refusal("  - {id: a, tool: noop, when: a.output}")

    assert "only `set`, `expect` and `compensate` see their own step" in refused


def test_twenty_problems_are_told_and_that_there_are_more() -> None:
    steps = [f"  - {{tool: noop, when: 'gone{at}.output'}}\n" for at in range(100)]
    *lines, last = refusal("".join(steps)).splitlines()

    assert [line.partition(" ")[0] for line in lines] == [f"w.yaml:{at}:18:" for at in range(3, 23)]
    assert last == "and more"


def test_places_in_a_mapping_are_pointers() -> None:
    workflow = load_workflow({"workflow": {"steps": [{"id": "a", "tool": "nop"}]}})
    with pytest.raises(ValidationError, match=r"^workflow#/workflow/steps/0/tool: tool 'nop'"):
        validate(workflow, tools=TOOLS, expressions=CelExpressions())
