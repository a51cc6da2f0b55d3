"""Steps as authors write them become the steps of a plan."""

from datetime import UTC, datetime, timedelta

import pytest

from milepost.domain.policies import RetryPolicy, RetryStrategy
from milepost.domain.steps import (
    DependencyType,
    OnUnknown,
    ParallelMode,
    Settle,
    StepKind,
    StepSpec,
)
from milepost.domain.values import Json

from .texts import load, load_step, refusal, step_refusal

BODIES = {
    StepKind.LLM_CALL: "prompt: hi",
    StepKind.TOOL_CALL: "tool: t",
    StepKind.BRANCH: "cases: [{when: 'true', steps: [{tool: t}]}]",
    StepKind.PARALLEL: "steps: [{tool: t}]",
    StepKind.SEQUENTIAL: "steps: [{tool: t}]",
    StepKind.LOOP: "count: 2\nsteps: [{tool: t}]",
    StepKind.WAIT: "for: 5m",
    StepKind.USER_INPUT: "prompt: hi",
    StepKind.RESPONSE: "text: hi",
}
SPELLINGS = [
    *[(word, StepKind.LLM_CALL) for word in ("llm", "llm_call", "LlmCall", "LLMFunction", "LLM")],
    *[
        (word, StepKind.TOOL_CALL)
        for word in ("tool", "tool_call", "ToolCall", "Tool", "tool-call")
    ],
    *[(word, StepKind.BRANCH) for word in ("branch", "Branch")],
    *[(word, StepKind.PARALLEL) for word in ("parallel", "Parallel")],
    *[(word, StepKind.SEQUENTIAL) for word in ("sequential", "Sequential")],
    *[(word, StepKind.LOOP) for word in ("loop", "Loop")],
    *[(word, StepKind.WAIT) for word in ("wait", "Wait")],
    *[(word, StepKind.USER_INPUT) for word in ("user_input", "UserInput", "input")],
    *[(word, StepKind.RESPONSE) for word in ("response", "Response")],
]


@pytest.mark.parametrize(("word", "kind"), SPELLINGS)
@pytest.mark.parametrize("key", ["type", "kind"])
def test_every_spelling_of_a_kind_is_read(key: str, word: str, kind: StepKind) -> None:
    assert load_step(f"{key}: {word}\n{BODIES[kind]}").kind is kind


def test_a_step_with_a_tool_needs_no_type() -> None:
    assert load_step("tool: t").kind is StepKind.TOOL_CALL


def test_all_common_keys_fill_the_step() -> None:
    step = load_step("""
id: load
type: tool
name: Load it
description: all of it
tool: sql.query
input: {query: "select 1"}
depends_on: [a, {step: b, when: "b.output > 1", settle: any, type: conditional, priority: 2}]
when: "a.output > 0"
priority: 5
retry: {max_attempts: 4, strategy: linear, initial_delay: 1s, max_delay: 1m, retryable_errors: [x]}
timeout: 30s
attempt_timeout: 100ms
on_unknown: retry
resources: {gpu: 1}
metadata: {owner: me, deep: [1]}
set: {total: "${load.output}"}
final: true
estimated_duration: PT5M
compensate: {tool: undo, input: {id: 5}}
""")

    edges = [
        (edge.step, edge.when, edge.settle, edge.type, edge.priority) for edge in step.depends_on
    ]
    assert (step.id, step.name, step.description) == ("load", "Load it", "all of it")
    assert (step.tool, step.input) == ("sql.query", {"query": "select 1"})
    assert edges == [
        ("a", None, Settle.DONE_OR_SKIPPED, DependencyType.SEQUENTIAL, 0),
        ("b", "b.output > 1", Settle.ANY, DependencyType.CONDITIONAL, 2),
    ]
    assert (step.when, step.priority, step.on_unknown) == ("a.output > 0", 5, OnUnknown.RETRY)
    assert step.retry == RetryPolicy(
        max_attempts=4,
        strategy=RetryStrategy.LINEAR,
        initial_delay=timedelta(seconds=1),
        max_delay=timedelta(minutes=1),
        retryable_errors=("x",),
    )
    assert step.timeout == timedelta(seconds=30)
    assert step.attempt_timeout == timedelta(milliseconds=100)
    assert step.estimated_duration == timedelta(minutes=5)
    assert (step.resources, step.metadata) == ({"gpu": 1}, {"owner": "me", "deep": [1]})
    assert (step.set, step.final) == ({"total": "${load.output}"}, True)
    assert step.compensate is not None
    assert (step.compensate.tool, step.compensate.input) == ("undo", {"id": 5})


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("5m", 300),
        ("100ms", 0.1),
        ("1h30m", 5400),
        ("2", 2),
        ("0.5", 0.5),
        ("PT5M", 300),
        ('"2"', 2),
        ("1d", 86_400),
    ],
)
def test_durations_are_read_in_every_form(written: str, seconds: float) -> None:
    assert load_step(f"tool: t\ntimeout: {written}").timeout == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("step", "value"),
    [
        ("tool: t", {}),
        ("tool: t\ninput: hello", {"input": "hello"}),
        ("tool: t\ninput: '${a.output}'", {"input": "${a.output}"}),
        ("tool: t\ninput: [1]", {"input": [1]}),
        ("tool: t\ninput: {a: 1}", {"a": 1}),
        (
            "type: llm\nprompt: hi\ncontext: {a: 1}\nmodel: m\nschema: {type: object}",
            {"prompt": "hi", "context": {"a": 1}, "model": "m", "schema": {"type": "object"}},
        ),
        ("type: llm\nprompt: hi\ninput: {temperature: 0}", {"temperature": 0, "prompt": "hi"}),
        (
            "type: user_input\nprompt: ok?\nschema: {type: boolean}\nassignee: ann",
            {"prompt": "ok?", "schema": {"type": "boolean"}, "assignee": "ann"},
        ),
        ("type: response\ntext: done", {"text": "done"}),
        ("type: response\noutput: {a: 1}", {"input": {"a": 1}}),
    ],
)
def test_what_a_step_is_given_becomes_its_input(step: str, value: Json) -> None:
    assert load_step(step).input == value


def test_a_compensation_may_have_a_text_as_input() -> None:
    undo = load_step("tool: t\ncompensate: {tool: u, input: '${x.output}'}").compensate

    assert undo is not None
    assert undo.input == {"input": "${x.output}"}


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("type: wait\nfor: 5m", {"wait_for": timedelta(minutes=5)}),
        ("type: wait\nfor: '${inputs.pause}'", {"wait_for": "${inputs.pause}"}),
        (
            "type: wait\nuntil: 2026-01-31T09:00:00Z",
            {"wait_until": datetime(2026, 1, 31, 9, tzinfo=UTC)},
        ),
        (
            (
                "type: loop\nfor_each: '${a.output}'\nmax_iterations: 7\nconcurrency: 3\n"
                "steps: [{tool: t}]"
            ),
            {"for_each": "${a.output}", "max_iterations": 7, "concurrency": 3},
        ),
        ("type: loop\nfor_each: [1, 2]\nsteps: [{tool: t}]", {"for_each": [1, 2]}),
        ("type: loop\nwhile: index < 3\nsteps: [{tool: t}]", {"while_": "index < 3"}),
        ("type: loop\nuntil: previous.done\nsteps: [{tool: t}]", {"until": "previous.done"}),
        ("type: loop\ncount: 3\nsteps: [{tool: t}]", {"count": 3}),
        (
            "type: parallel\nmode: first_success\nsteps: [{tool: t}]",
            {"mode": ParallelMode.FIRST_SUCCESS},
        ),
    ],
)
def test_keys_of_a_kind_fill_the_step(step: str, fields: dict[str, object]) -> None:
    spec = load_step(step)

    assert {name: getattr(spec, name) for name in fields} == fields


def test_a_branch_has_cases_and_an_else() -> None:
    step = load_step("""
type: branch
cases:
  - {when: "a.output > 1", steps: [{id: x, tool: t}]}
  - {else: true, steps: [{id: x, tool: u}, {tool: v}]}
""")

    assert [case.when for case in step.cases] == ["a.output > 1", None]
    assert [[each.id for each in case.steps] for case in step.cases] == [["x"], ["x", "2"]]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("'${a.output > 1}'", "a.output > 1"),
        ("' ${ a.output } '", "a.output"),
        ("a.output > 1", "a.output > 1"),
        ("true", "true"),
        ("false", "false"),
        ("'${a.output} == ${b.output}'", "${a.output} == ${b.output}"),
    ],
)
def test_a_condition_may_stand_in_template_braces(written: str, read: str) -> None:
    assert load_step(f"tool: t\nwhen: {written}").when == read
    edge = load_step(f"tool: t\ndepends_on: [{{step: a, when: {written}}}]").depends_on[0]
    assert edge.when == read


@pytest.mark.parametrize(
    ("written", "ids"), [("a", ["a"]), ("[a, b]", ["a", "b"]), ("[1, {step: 2}]", ["1", "2"])]
)
def test_dependencies_may_be_one_or_many(written: str, ids: list[str]) -> None:
    assert list(load_step(f"tool: t\ndepends_on: {written}").dependencies) == ids


@pytest.mark.parametrize(
    ("steps", "ids"),
    [
        ("[{tool: t}, {tool: t}]", ["1", "2"]),
        ("[{id: a, tool: t}, {tool: t}, {id: any text, tool: t}]", ["a", "2", "any text"]),
        ("[{tool: t}, {id: '1', tool: t}, {tool: t}]", ["4", "1", "3"]),
        ("[{id: 2, tool: t}, {tool: t}, {id: '4', tool: t}]", ["2", "5", "4"]),
        ("[{id: null, tool: t}]", ["1"]),
    ],
)
def test_steps_without_an_id_are_named_by_their_place_and_written_ids_win(
    steps: str, ids: list[str]
) -> None:
    found = load(f"steps: {steps}").spec.steps

    assert [step.id for step in found] == ids


def test_children_are_named_by_their_place_too() -> None:
    children = load_step("type: parallel\nsteps: [{tool: t}, {id: x, tool: t}, {tool: t}]").steps

    assert [child.id for child in children] == ["1", "x", "3"]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            "id: a\ntyp: tool\ntool: t",
            "w.yaml:5:5: the key `typ` is not known; did you mean `type`?",
        ),
        ("tool: t\ninputs: {}", "w.yaml:5:5: the key `inputs` is not known; did you mean `input`?"),
        ("tool: t\nfor_each: x", "w.yaml:5:5: a tool_call step has no `for_each`; it belongs to"),
        ("type: wait\nfor: 5m\nmode: all", "it belongs to steps of type parallel"),
        (
            "tool: t\nretry: {max_attempt: 3}",
            "w.yaml:5:13: `max_attempt` is not known here; did you mean `max_attempts`?",
        ),
        (
            "tool: t\ndepends_on:\n  - {step: a, setle: any}",
            "w.yaml:6:19: `setle` is not known here; did you mean `settle`?",
        ),
        (
            "type: branch\ncases: [{wehn: x, steps: [{tool: t}]}]",
            "w.yaml:5:14: the key `wehn` is not known; did you mean `when`?",
        ),
        ("tool: t\ncompensate: {tol: x}", "`tol` is not known here; did you mean `tool`?"),
    ],
)
def test_an_unknown_key_is_refused_with_its_line_and_the_nearest(step: str, message: str) -> None:
    assert message in step_refusal(step)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("type: tol", "w.yaml:4:5: 'tol' is no type of step; did you mean `tool`?"),
        ("type: 5", "5 is no type of step"),
        ("id: a", "w.yaml:4:5: the step has no `type`"),
        ("tpye: llm", "did you mean `type` by `tpye`?"),
        ("type: tool\nkind: tool\ntool: t", "w.yaml:5:5: `type` and `kind` are the same key"),
        ("type: tool", "a tool step needs `tool`"),
        ("id: ''\ntool: t", "w.yaml:4:5: `id`"),
        ("tool: 5", "`tool` must be text, this is 5"),
        ("tool: t\npriority: '5'", "w.yaml:5:5: `priority` must be a whole number, this is '5'"),
        ("tool: t\npriority: 1.5", "`priority` must be a whole number, this is 1.5"),
        ("tool: t\nfinal: 1", "`final` must be true or false, this is 1"),
        ("tool: t\nresources: {gpu: true}", "`gpu` must be a whole number, this is True"),
        ("tool: t\nretry: {max_attempts: '3'}", "`max_attempts` must be a whole number"),
        ("tool: t\nretry: {max_attempts: 0}", "`max_attempts` must be greater than or equal to 1"),
        ("tool: t\ntimeout: 5 apples", "w.yaml:5:5: `timeout`: '5 apples' is not a duration"),
        ("tool: t\ntimeout: -1", "`timeout`: "),
        ("tool: t\non_unknown: aks", "`on_unknown` must be 'ask', 'retry' or 'fail'"),
        ("tool: t\ndepends_on: [a, a]", "depends on 'a' twice"),
        ("tool: t\ndepends_on: [[a]]", "must be an object"),
        ("type: wait", "a wait step needs exactly one of `for` (a duration) and `until`"),
        ("type: wait\nfor: 1m\nuntil: 2026-01-01T00:00:00Z", "exactly one of"),
        ("type: wait\nuntil: 2026-01-01T00:00:00", "`until` must have a time zone"),
        ("type: wait\nuntil: soon", "w.yaml:5:5: `until`"),
        ("type: loop\nsteps: [{tool: t}]", "exactly one of `for_each`, `while`, `until` and"),
        ("type: loop\ncount: 1\nwhile: x\nsteps: [{tool: t}]", "exactly one of"),
        ("type: loop\ncount: 1", "a loop step needs `steps`"),
        ("type: loop\ncount: 1\nsteps: []", "w.yaml:6:5: there are no steps"),
        ("type: loop\ncount: 1\nmax_iterations: 0\nsteps: [{tool: t}]", "`max_iterations` must be"),
        ("type: parallel\nsteps: {tool: t}", "must be a list of steps"),
        ("type: parallel\nmode: som\nsteps: [{tool: t}]", "`mode` must be"),
        (
            (
                "type: branch\ncases:\n- {else: true, steps: [{tool: t}]}\n"
                "- {when: x, steps: [{tool: t}]}"
            ),
            "only the last case of a branch may be `else`",
        ),
        (
            "type: branch\ncases: [{else: false, steps: [{tool: t}]}]",
            "either `when` or `else: true`",
        ),
        ("type: branch\ncases: [{when: x}]", "must be a list of steps, this is None"),
        ("type: branch\ncases: [5]", "a case must be an object, this is 5"),
        ("type: branch\ncases: []", "a branch step needs `cases`"),
        ("type: llm\nprompt: a\ninput: {prompt: b}", "`prompt` stands in `input` as well"),
        ("tool: t\nwhen: '${a'", "`${a` has no closing `}`"),
        ("tool: t\nwhen: 5", "`when` must be text"),
        ("tool: t\nwhen: ''", "`when` must"),
    ],
)
def test_a_faulty_step_is_refused(step: str, message: str) -> None:
    assert message in step_refusal(step)


def test_all_problems_are_told_at_once_a_line_for_each() -> None:
    lines = step_refusal("tool: t\npriority: x\ntimeout: y\nfinal: z").splitlines()

    assert [line.split(" ")[0] for line in lines] == ["w.yaml:5:5:", "w.yaml:7:5:"]


def test_problems_of_several_steps_are_told_at_once() -> None:
    text = "steps:\n  - {tool: t, x: 1}\n  - {type: tol}\n  - {type: wait, for: 1 apple}"

    places = [line.partition(" ")[0] for line in refusal(text).splitlines()]

    assert places == ["w.yaml:2:15:", "w.yaml:3:6:", "w.yaml:4:18:"]


def test_a_step_is_the_same_written_as_a_spec() -> None:
    spec = load_step("type: loop\nwhile: index < 3\nsteps: [{tool: t, input: hi}]")
    written = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    assert StepSpec.model_validate(written) == spec


@pytest.mark.parametrize(
    "step",
    [
        'tool: t\n"a\\nb": 1',
        'tool: t\n"\\e[31m": 1',
        'tool: t\n"\\u202eabc": 1',
        'type: "to\\nol"',
        "tool: t\nwhen: |\n  ${a\n  b",
        'tool: t\n"x\\ny": 1\n"x\\ny": 2',
    ],
)
def test_a_problem_is_one_line_that_moves_no_cursor(step: str) -> None:
    message = step_refusal(step)

    assert len(message.splitlines()) == 1
    assert all(character.isprintable() for character in message)
