"""Running plans from the command line: exit codes, what is told, and what is refused."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command

Write = Callable[..., Path]

SUM = """
name: sum
inputs: {a: {type: integer}, b: {type: integer, default: 20}}
steps:
  - id: add
    type: tool
    tool: calc.evaluate
    input: {expression: a + b, variables: {a: "${inputs.a}", b: "${inputs.b}"}}
"""
FAILING = """
name: failing
settings: {stop_on_first_failure: false}
steps:
  - {id: good, type: tool, tool: calc.evaluate, input: {expression: "1 + 1"}}
  - id: both
    type: parallel
    steps:
      - {id: bad, tool: file.read, input: {path: "none-${good.output}.txt"}}
"""
BOMB = "a: &a [x, x]\n" + "".join(f"b{at}: [*a, *a, *a]\n" for at in range(9))
CYCLE = """
steps:
  - {id: a, type: response, text: x, depends_on: [b]}
  - {id: b, type: response, text: x, depends_on: [a]}
"""
REFUSED = {
    "an unknown key": (
        "steps:\n  - {id: a, type: response, txt: x}\n",
        r"flow\.yaml:2:\d+: .*`txt`.*did you mean `text`\?",
    ),
    "an unknown tool": (
        "steps:\n  - {id: a, type: tool, tool: calc.evaluat, input: {}}\n",
        r"flow\.yaml:2:\d+: .*'calc\.evaluat' is not known; did you mean calc\.evaluate",
    ),
    "a wrong argument": (
        "steps:\n  - {id: a, type: tool, tool: calc.evaluate, input: {expression: [1]}}\n",
        r"flow\.yaml:2:\d+: tool `calc\.evaluate`: expression: must be text",
    ),
    "a cycle": (
        CYCLE,
        r"flow\.yaml:\d+:\d+: .*a -> b -> a; remove one of these",
    ),
    "a bomb": (BOMB, r"flow\.yaml:1:\d+: "),
    "a misspelt name in an expression": (
        "steps:\n  - {id: a, type: response, text: '${inputs.x}'}\n",
        r"flow\.yaml:2:\d+: .*inputs.*x",
    ),
}


def only_error(err: str) -> str:
    """Return the one line of an error; there must be nothing else."""
    assert err.count("\n") == 1, err
    assert err.startswith("error: ")
    return err.removeprefix("error: ").rstrip()


def test_a_done_run_prints_its_answer_and_commands_that_work(
    milepost: Command, workflow: Write
) -> None:
    run = milepost("run", workflow(SUM), "--input", "a=10")

    assert run.code == 0
    assert "30" in run.lines
    commands = re.findall(r"^  milepost (\S+) (\S+)   #", run.out, flags=re.MULTILINE)
    assert [name for name, _plan in commands] == ["show", "timeline", "replay"]
    for name, plan in commands:
        assert milepost(name, plan).code == 0


def test_a_run_in_another_store_names_it_in_its_commands(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    run = milepost("run", workflow(SUM), "--input", "a=1", "--db", "my plans.db")

    assert (tmp_path / "my plans.db").exists()
    assert "--db 'my plans.db'" in run.out


@pytest.mark.parametrize("case", REFUSED)
def test_a_workflow_that_cannot_run_is_answered_in_one_line_and_nothing_is_stored(
    milepost: Command, workflow: Write, tmp_path: Path, case: str
) -> None:
    text, message = REFUSED[case]
    path = workflow(text)
    run = milepost("run", path)

    assert run.code == 2
    assert re.search(message, only_error(run.err))
    assert run.out == ""
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), r"flow\.yaml: the input `a` is missing"),
        (("--input", "a=x"), r"flow\.yaml: input `a`: "),
        (("--input", "aa=1"), r"flow\.yaml: there is no input `aa`; did you mean `a`\?"),
        (("--input", "a"), "--input: 'a' is not name=value"),
        (("--inputs", "none.yaml"), r"none\.yaml: there is no such file"),
        (("--db", "nowhere/x.db", "--input", "a=1"), r"the folder \S*nowhere does not exist"),
        (("--folder", "nowhere", "--input", "a=1"), "--folder nowhere: is not a folder"),
        (("--tools", "no_such_module", "--input", "a=1"), "tools no_such_module: cannot be"),
        (("--models", "none.json", "--input", "a=1"), r"none\.json: the model script cannot"),
    ],
)
def test_a_wrong_option_is_answered_in_one_line_and_nothing_is_stored(
    milepost: Command, workflow: Write, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    path = workflow(SUM)
    run = milepost("run", path, *words)

    assert run.code == 2
    assert re.search(message, only_error(run.err))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rum",), "No such command 'rum'"),
        (("run",), "Missing argument"),
        (("run", "a.yaml", "--wacth"), "No such option: --wacth"),
        (("history", "last", "--limit", "none"), "--limit"),
        (("run", "a.yaml", "--input"), "see `milepost run --help`"),
    ],
)
def test_words_that_are_no_command_are_answered_in_one_line(
    milepost: Command, words: tuple[str, ...], message: str
) -> None:
    run = milepost(*words)

    assert run.code == 2
    assert message in only_error(run.err)
    assert "--help`" in run.err


def test_a_failed_run_tells_the_step_its_input_and_leads_to_its_stack(
    milepost: Command, workflow: Write
) -> None:
    run = milepost("run", workflow(FAILING))

    assert run.code == 1
    assert "failed  both.bad (file.read)" in run.lines
    assert 'with    {"path": "none-2.txt"}' in run.lines
    assert any("'none-2.txt': is not there" in line for line in run.lines)
    assert "Traceback" not in run.out + run.err
    plan, step = re.search(r"milepost show (\S+) (\S+)   #", run.out).groups()  # type: ignore[union-attr]
    shown = milepost("show", plan, step)
    assert '"path": "none-2.txt"' in shown.out
    assert "ExecutionError: path 'none-2.txt'" in shown.out
    assert f"milepost replay {plan}" in run.out
    assert milepost("replay", plan).code == 0


def test_a_run_that_did_only_part_of_it_ends_with_1_and_names_what_is_missing(
    milepost: Command, workflow: Write
) -> None:
    run = milepost("run", workflow(FAILING), "--json")

    assert run.code == 1
    assert (run.json["completion"], run.json["missing"]) == ("partial", ["both"])


def test_json_is_one_document_with_the_result_and_nothing_else(
    milepost: Command, workflow: Write
) -> None:
    run = milepost("run", workflow(SUM), "--input", "a=1", "--json")

    assert (run.code, run.err) == (0, "")
    assert run.json["final_output"] == 21
    assert run.json["success"] is True
    assert run.json["plan_id"].startswith("p")


def test_watched_json_is_a_line_for_each_event_and_then_the_result(
    milepost: Command, workflow: Write
) -> None:
    run = milepost("run", workflow(SUM), "--input", "a=1", "--json", "--watch")
    *events, result = [json.loads(line) for line in run.lines]

    kinds = [line["event"]["kind"] for line in events]
    assert kinds == [
        *("plan.drafted.v1", "plan.started.v1", "step.started.v1", "step.completed.v1"),
        "plan.completed.v1",
    ]
    assert result["final_output"] == 21
    stored = milepost("history", "last", "--json").json["items"]
    assert [line["event"]["id"] for line in events] == [event["id"] for event in stored]


def test_without_a_terminal_progress_is_plain_lines_beside_the_answer(
    milepost: Command, workflow: Write
) -> None:
    run = milepost("run", workflow(SUM), "--input", "a=1")

    assert re.search(r"^\S+ \+ add: completed in \S+: 21$", run.err, flags=re.MULTILINE)
    assert "\x1b" not in run.out + run.err


def test_inputs_come_from_a_file_and_pairs_go_over_them(milepost: Command, workflow: Write) -> None:
    inputs = workflow("{a: 5, b: 6}", name="inputs.yaml")
    run = milepost("run", workflow(SUM), "--inputs", inputs, "--input", "b=7", "--json")

    assert run.json["final_output"] == 12


def test_session_user_and_tags_are_kept_and_plans_are_found_by_them(
    milepost: Command, workflow: Write
) -> None:
    path = workflow(SUM)
    owner = ("--session", "s1", "--user", "ada", "--tag", "x", "--tag", "y")
    milepost("run", path, "--input", "a=1", *owner)
    milepost("run", path, "--input", "a=2")

    for words in (("--session", "s1"), ("--user", "ada"), ("--tag", "y")):
        [plan] = milepost("plans", *words, "--json").json["items"]
        assert (plan["session"], plan["user"], plan["tags"]) == ("s1", "ada", ["x", "y"])


def test_a_published_version_is_run_by_name_with_inputs_as_its_schema_wants_them(
    milepost: Command, workflow: Write
) -> None:
    text = SUM.replace("a: {type: integer}", "a: {type: integer}, note: {type: string}")
    assert milepost("publish", workflow(text)).code == 0
    run = milepost("run", "sum@1.0.0", "--input", "a=1", "--input", "note=42", "--json")

    assert (run.code, run.json["final_output"]) == (0, 21)
    shown = milepost("show", "last", "--json").json
    assert shown["workflow"] == "sum@1.0.0"
    assert shown["inputs"]["note"] == "42"


def test_an_unknown_published_version_is_refused_and_makes_no_store(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    assert milepost("run", "sum@1.0.0").code == 2
    assert list(tmp_path.iterdir()) == []

    milepost("publish", workflow(SUM))
    assert "run with its version: `sum@1.0.0`" in only_error(milepost("run", "sum").err)
    run = milepost("run", "sum@2.0.0")
    assert run.code == 2
    assert "did you mean `sum@1.0.0`?" in only_error(run.err)


def test_tools_are_confined_to_the_folder_that_is_given(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    path = workflow("steps:\n  - {id: a, type: tool, tool: file.read, input: {path: a.txt}}\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "a.txt").write_text("outside")
    (tmp_path / "in/a.txt").write_text("inside")

    run = milepost("run", path, "--folder", "in", "--json")
    assert run.json["final_output"]["text"] == "inside"
