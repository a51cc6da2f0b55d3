"""Revisions from the command line: made, listed, read, compared."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .background import background
from .conftest import Command
from .courses import SUMS, kinds, last_event, refused, revisions

Write = Callable[..., Path]
LOG = '{"id": "log", "type": "tool", "tool": "text.join", "input": {"parts": ["${two.output}"]}}'
NOTE = '{"id": "note", "type": "response", "text": "noted"}'
MORE = SUMS.replace("a * b", "a * b + 1").replace('"1"', '"2"')


ASKING = """
name: asking
settings: {replan: {on: [user, resources], strategies: [alternative, partial]}, resources: {gpu: 2}}
steps:
  - {id: ask, type: user_input, prompt: go}
  - id: make
    tool: text.join
    input: {parts: [dear, reader], separator: " "}
    alternatives: [{tool: text.join, input: {parts: [dear, friend], separator: " "}}]
    depends_on: [ask]
"""


@pytest.fixture
def sums(milepost: Command, workflow: Write) -> str:
    """Begin the plan, which pauses for a person; return its id."""
    return str(milepost("run", workflow(SUMS), "--json").json["plan_id"])


def steps(milepost: Command) -> list[str]:
    content = milepost("revision", "last", "--json").json
    return [step["id"] for step in content["steps"]]


def test_a_revision_tells_what_it_changed_and_the_plan_goes_by_it(
    milepost: Command, sums: str
) -> None:
    told = milepost("revise", sums, "--change", 'two={"timeout": "5s"}', "--why", "be safe")

    assert told.code == 0
    assert told.lines[:2] == ["revision 2", "~ step two: timeout none -> 5s"]
    first, second = revisions(milepost)
    assert (first["number"], first["parent"], first["made_by"]) == (1, None, "plan.drafted")
    assert (second["number"], second["parent"], second["trigger"]) == (2, 1, "user")
    assert (second["why"], second["kept"], second["reset"]) == ("be safe", 2, 0)
    assert second["author"] and second["at"]
    assert "be safe" in milepost("revisions", sums).out
    assert milepost("answer", sums, "ask", "--value", "5", "--json").json["success"]
    assert milepost("replay", sums).code == 0
    assert milepost("check").code == 0


def test_steps_are_added_injected_moved_and_removed_while_the_plan_waits(
    milepost: Command, sums: str
) -> None:
    added = milepost("revise", sums, "--add-step", LOG, "--after", "two", "--json")
    assert (added.code, added.json["revision"]) == (0, 2)
    assert [step["path"] for step in added.json["diff"]["added"]] == ["log"]
    assert steps(milepost) == ["one", "ask", "two", "log", "end"]
    assert milepost("revise", sums, "--add-edge", "log,end").code == 0
    injected = milepost(
        "revise",
        sums,
        "--inject",
        NOTE.replace("response", "tool").replace(
            '"text": "noted"', '"tool": "text.join", "input": {"parts": ["x"]}'
        ),
        "--between",
        "log,end",
    )
    assert injected.lines[:4] == [
        "revision 4",
        "+ step note (tool text.join)",
        "- edge log -> end",
        "+ edge log -> note",
    ]
    assert milepost("revise", sums, "--move", "end").code == 0
    assert steps(milepost)[0] == "end"
    removed = milepost("revise", sums, "--remove", "note", "--reconnect")
    assert "+ edge log -> end" in removed.lines
    assert steps(milepost) == ["end", "one", "ask", "two", "log"]
    done = milepost("answer", sums, "ask", "--value", "5", "--json")
    assert (done.code, done.json["completed_steps"]) == (0, 5)
    completed = [
        event["step"]
        for event in milepost("history", sums, "--kind", "step.completed", "--json").json["items"]
    ]
    assert completed.index("log") < completed.index("end")
    assert "log" in milepost("graph", sums).out
    assert milepost("replay", sums).code == 0


def test_a_dependency_added_at_run_time_is_honoured_and_a_cycle_is_refused(
    milepost: Command, workflow: Write
) -> None:
    milepost(
        "run",
        workflow(
            "steps:\n"
            "  - {id: gate, type: user_input, prompt: go}\n"
            "  - {id: a, type: tool, tool: calc.evaluate, depends_on: [gate],"
            " input: {expression: '1'}}\n"
            "  - {id: b, type: tool, tool: calc.evaluate, depends_on: [gate],"
            " input: {expression: '2'}}\n"
        ),
    )
    assert milepost("revise", "last", "--add-edge", "b,a").lines[:2] == [
        "revision 2",
        "+ edge b -> a",
    ]
    refused(milepost("revise", "last", "--add-edge", "a,b"), "circle", "a -> b -> a")
    assert milepost("answer", "last", "gate", "--value", "1").code == 0
    started = milepost("history", "last", "--kind", "step.started", "--json").json["items"]
    assert [event["step"] for event in started] == ["gate", "b", "a"]


def test_a_finished_step_cannot_be_removed(milepost: Command, workflow: Write) -> None:
    milepost(
        "run",
        workflow(
            "steps:\n"
            "  - {id: a, type: tool, tool: text.join, input: {parts: [x]}}\n"
            "  - {id: gate, type: user_input, prompt: go, depends_on: [a]}\n"
            "  - {id: b, type: tool, tool: text.join, input: {parts: [x]}}\n"
        ),
    )
    before = last_event(milepost)
    refused(milepost("revise", "last", "--remove", "b"), "'b' has completed and cannot be removed")
    assert last_event(milepost) == before


def test_whole_content_edits_and_patches_come_from_files(
    milepost: Command, sums: str, tmp_path: Path
) -> None:
    text = milepost("revision", sums).out
    (tmp_path / "new.yaml").write_text(text.replace("a * b", "a + b"))
    assert milepost("revise", sums, "new.yaml").code == 0
    patch = milepost("diff", sums, "2", "1", "--format", "patch")
    (tmp_path / "back.json").write_text(patch.out)
    assert milepost("revise", sums, "--patch", "back.json").code == 0
    first, _second, third = revisions(milepost)
    assert first["content"] == third["content"]
    (tmp_path / "edits.json").write_text(
        json.dumps([{"op": "change_settings", "fields": {"max_parallel_steps": 2}}])
    )
    told = milepost("revise", sums, "--edits", "edits.json", "--strategy", "alternative")
    assert "~ settings.max_parallel_steps 5 -> 2" in told.lines
    assert revisions(milepost)[-1]["strategy"] == "alternative"


def test_revisions_and_plans_are_compared(milepost: Command, sums: str, workflow: Write) -> None:
    milepost("revise", sums, "--change", 'two={"timeout": "5s"}')
    milepost("revise", sums, "--change", 'end={"priority": 3}')
    other = milepost("run", workflow(MORE, "more.yaml"), "--json").json["plan_id"]

    assert milepost("diff", sums).lines == ["~ step end: priority 0 -> 3"]
    assert milepost("diff", sums, "1", "2").lines == ["~ step two: timeout none -> 5s"]
    assert len(milepost("diff", sums, "1").lines) == 2
    found = milepost("diff", sums, "1", "3", "--json").json
    assert set(found["changed"]) == {"two", "end"}
    assert '~ version "1" -> "2"' in milepost("diff", sums, "--with", other).lines
    same = milepost("diff", sums, "1", "1")
    assert (same.code, same.lines) == (0, ["no differences"])
    assert "\x1b" not in milepost("diff", sums, "1", "2").out


def test_a_run_is_compared_with_its_plan(milepost: Command, sums: str) -> None:
    milepost("revise", sums, "--change", 'one={"estimated_duration": "1m"}')
    milepost("revise", sums, "--change", 'two={"estimated_duration": "1m"}')
    milepost("revise", sums, "--change", 'end={"when": "two.output > 100"}')
    milepost("answer", sums, "ask", "--value", "5")
    told = milepost("diff", sums, "--run")

    assert told.code == 0
    assert "planned, not run: end" in told.lines
    found = milepost("diff", sums, "--run", "--json").json
    by_path = {step["path"]: step for step in found["steps"]}
    assert found["not_run"] == ["end"]
    assert by_path["two"]["estimated"] == "PT1M" and by_path["two"]["took"]
    assert by_path["end"]["statuses"] == {"skipped": 1}


def test_a_plan_is_shown_as_a_revision_has_it(milepost: Command, sums: str) -> None:
    milepost("revise", sums, "--change", 'two={"timeout": "5s"}', "--why", "be safe")
    first, second = (milepost("show", sums, "--revision", number) for number in "12")

    content = milepost("revision", sums, "2").out
    assert (first.code, second.code) == (0, 0)
    assert second.out.endswith(content) and not first.out.endswith(content)
    assert ["why", "be safe"] in [line.split(maxsplit=1) for line in second.lines]
    told = milepost("show", sums, "--revision", "2", "--json").json
    assert told["content"] == milepost("revision", sums, "2", "--json").json
    assert told["revision"] == revisions(milepost)[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--revision", "3"], "there is no revision 3"),
        (["one", "--revision", "1"], "it goes without STEP, --state and --as-of"),
        (["--revision", "1", "--state"], "it goes without STEP, --state and --as-of"),
        (["--revision", "1", "--as-of", "1"], "it goes without STEP, --state and --as-of"),
    ],
)
def test_a_revision_that_cannot_be_shown_is_refused(
    milepost: Command, sums: str, words: list[str], message: str
) -> None:
    refused(milepost("show", sums, *words), message)


def test_the_planner_of_a_plan_is_asked_for_another_content(
    milepost: Command, workflow: Write
) -> None:
    plan = milepost("run", workflow(ASKING), "--json").json["plan_id"]
    words = ("--step", "make", "--feedback", '"be warm"', "--reason", "too cold", "--who", "ada")
    asked = milepost("replan", plan, *words)

    assert asked.code == 0
    assert "the plan is paused: its planner is asked when it goes on" in asked.err
    begun = milepost("history", plan, "--kind", "plan.replan_begun", "--json").json["items"]
    assert begun[0]["data"]["trigger"] == "user"
    assert begun[0]["data"]["analysis"]["feedback"] == "be warm"
    assert begun[0]["data"]["analysis"]["why"] == "too cold"
    assert begun[0]["actor"] == "ada"
    done = milepost("answer", plan, "ask", "--value", "1", "--json")
    assert done.json["final_output"] == "dear friend"
    assert revisions(milepost)[1]["why"] == (
        "step 'make' calls 'text.join' with another input: `parts`"
    )
    assert milepost("replay", plan).code == 0


def test_the_process_that_runs_a_plan_asks_its_planner(
    milepost: Command, workflow: Write, tmp_path: Path, repository: Path
) -> None:
    waiting = ASKING.replace("type: user_input, prompt: go", "type: wait, for: 1h")
    with background(tmp_path, repository, "run", workflow(waiting)) as running:
        running.wait_for("ask: waits until")
        asked = milepost("replan", "last", "--step", "make", "--json")
        running.wait_for("revision 2: alternative, user")
        assert milepost("cancel", "last").code == 0
        running.ended()

    assert (asked.code, asked.json["status"]) == (0, "running")
    refused(milepost("replan", "last"), "a plan that is cancelled cannot be replanned")
    assert milepost("replay", "last").code == 0


def test_a_plan_is_replanned_for_fewer_resources(milepost: Command, workflow: Write) -> None:
    plan = milepost("run", workflow(ASKING), "--json").json["plan_id"]
    words = ("--trigger", "resources", "--resource", "gpu=1")
    assert milepost("replan", plan, *words, "--json").json["replan"] == []
    milepost("answer", plan, "ask", "--value", "1")

    assert milepost("revision", plan, "--json").json["settings"]["resources"] == {"gpu": 1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "its settings do not have it replanned for the reason `user`"),
        (["--trigger", "boredom"], "known triggers"),
        (["--feedback", "{"], "--feedback: is not JSON"),
        (["--resource", "gpu"], "--resource: 'gpu' is not NAME=AMOUNT"),
        (["--resource", "gpu=0"], "--resource gpu: an amount is a whole number from 1 on"),
    ],
)
def test_a_replan_that_cannot_be_is_refused_and_nothing_is_stored(
    milepost: Command, sums: str, words: list[str], message: str
) -> None:
    before = last_event(milepost)

    refused(milepost("replan", sums, *words), message)
    assert last_event(milepost) == before


def test_a_step_that_ran_and_was_rolled_away_is_told(milepost: Command, sums: str) -> None:
    milepost(
        "revise",
        sums,
        "--add-step",
        '{"id": "extra", "type": "tool", "tool": "text.join",'
        ' "input": {"parts": ["x"]}, "depends_on": ["one"]}',
    )
    milepost("answer", sums, "ask", "--value", "5")
    assert milepost("rollback", sums, "--to-revision", "1", "--effects", "accept").code == 0

    assert "extra" not in [
        step["id"] for step in milepost("revision", sums, "--json").json["steps"]
    ]
    found = milepost("diff", sums, "--run", "--json").json
    assert [step["path"] for step in found["removed"]] == ["extra"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--remove", "one", "--reconnect"], "one"),
        (["--change", 'one={"timeout": "1s"}'], "step 'one' has completed and cannot be changed"),
        (["--change", 'ask={"promt": "x"}'], "`promt` is not known"),
        (["--change", 'ask={"prompt": "x", "input": {}}'], "`prompt` is a part of `input`"),
        (["--change", "two=5"], "is not an object of fields"),
        (["--change", "two"], "is not STEP=JSON"),
        (["--remove", "twoo"], "did you mean `two`?"),
        (["--add-step", "{"], "--add-step: is not JSON"),
        (["--add-step", '{"id": "two", "type": "response", "text": "x"}'], "there is a step 'two'"),
        (["--add-step", '{"id": "x", "typ": "tool"}'], "did you mean `type` by `typ`?"),
        (["--inject", NOTE], "add --between A,B"),
        (["--inject", NOTE, "--between", "one"], "is not A,B"),
        (["--inject", NOTE, "--between", "end,one"], "does not depend on"),
        (["--after", "one"], "it belongs to one --add-step or --move, here are none"),
        (["--remove-edge", "one,two"], "does not depend on 'one'"),
        (["--again", "one"], "cannot be run again: only failed and cancelled steps can"),
        (["--patch", "none.json"], "there is no such file"),
        (["flow.yaml", "--remove", "end"], "only one of them"),
        (["flow.yaml"], "nothing would change"),
        ([], "nothing to change is given"),
        (["--remove", "end", "--strategy", "bold"], "known strategies: `retry`"),
        (["--change", 'end={"tool": "text.jion"}'], "did you mean text.join"),
    ],
)
def test_a_revision_that_cannot_be_is_refused_and_nothing_is_stored(
    milepost: Command, sums: str, words: list[str], message: str
) -> None:
    before = last_event(milepost)

    refused(milepost("revise", sums, *words), message)
    assert last_event(milepost) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["revisions", "pnone"], "there is none"),
        (["revisions", "last", "--runs", "2"], "it belongs to --best"),
        (["revisions", "last", "--best"], "no revision has the 3 runs"),
        (["revision", "last", "7"], "there is no revision 7"),
        (["revision", "pnone"], "there is none"),
        (["diff", "last"], "has only one revision"),
        (["diff", "last", "1", "9"], "there is no revision 9"),
        (["diff", "last", "one"], "'one' is no number of a revision"),
        (["diff", "last", "1", "1", "--format", "html"], "known formats"),
        (["diff", "last", "1", "--with", "last"], "not both"),
        (["diff", "last", "--run", "--format", "patch"], "as text or JSON"),
        (["diff", "sums@1"], "give two versions"),
        (["diff", "sums@1", "sums@2"], "there is no published workflow"),
        (["move", "last", "sums"], "write NAME@VERSION"),
        (["move", "last", "sums@9"], "there is no published workflow"),
        (["move", "last", "other@1"], "is of the workflow 'sums', not of 'other'"),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    milepost: Command, sums: str, words: list[str], message: str
) -> None:
    del sums
    refused(milepost(*words), message)


def test_a_plan_moves_to_another_version_of_its_workflow_when_that_is_asked_for(
    milepost: Command, workflow: Write
) -> None:
    milepost("publish", workflow(SUMS))
    plan = milepost("run", "sums@1", "--json").json["plan_id"]
    milepost("publish", workflow(MORE, "more.yaml"))
    third = SUMS.replace("1 + 1", "2 + 1").replace('"1"', '"3"')
    milepost("publish", workflow(third, "third.yaml"))

    assert milepost("diff", "sums@1", "sums@2").lines[0] == '~ version "1" -> "2"'
    assert len(revisions(milepost)) == 1
    refused(milepost("move", plan, "sums@3"), "step 'one' has completed and cannot be changed")
    moved = milepost("move", plan, "sums@2", "--json")
    assert (moved.code, moved.json["revision"]) == (0, 2)
    assert revisions(milepost)[-1]["why"] == "moved to sums@2"
    assert [one["workflow"] for one in revisions(milepost)] == ["sums@1", "sums@2"]
    done = milepost("answer", plan, "ask", "--value", "5", "--json")
    assert done.json["final_output"] == "total11"
    assert milepost("replay", plan).code == 0


def test_a_plan_that_moved_is_of_its_new_version_wherever_it_is_told_or_sought(
    milepost: Command, workflow: Write
) -> None:
    milepost("publish", workflow(SUMS))
    milepost("publish", workflow(MORE, "more.yaml"))
    plan, other = (milepost("run", "sums@1", "--json").json["plan_id"] for _run in "ab")
    before = milepost("show", plan, "--json").json["position"]
    milepost("move", plan, "sums@2")

    def found(reference: str, *words: str) -> list[tuple[str, str]]:
        page = milepost("plans", "--workflow", reference, "--json", *words).json
        return [(one["id"], one["workflow"]) for one in page["items"]]

    shown = milepost("show", plan, "--json").json
    assert (shown["workflow"], shown["version"], shown["revision"]) == ("sums@2", "2", 2)
    assert ["workflow", "sums@2"] in [line.split() for line in milepost("show", plan).lines]
    assert found("sums@2") == [(plan, "sums@2")]
    assert found("sums@1") == [(other, "sums@1")]
    assert found("sums") == [(other, "sums@1"), (plan, "sums@2")]
    then = ("--as-of", str(before))
    assert (found("sums@2", *then), found("sums@1", *then)) == ([], [(plan, "sums@1")])
    assert milepost("show", plan, "--json", *then).json["workflow"] == "sums@1"

    fork = milepost("fork", plan, "--hold", "--json").json["plan_id"]
    assert milepost("show", fork, "--json").json["workflow"] == "sums@2"
    milepost("rollback", plan, "--to-revision", "1")
    assert milepost("show", plan, "--json").json["workflow"] == "sums@1"
    assert found("sums@2") == [(fork, "sums@2")]
    assert milepost("replay", "--all").code == 0
    assert milepost("check").code == 0


def test_a_plan_of_a_file_that_moved_is_of_no_version_again_when_it_is_rolled_back(
    milepost: Command, workflow: Write
) -> None:
    milepost("publish", workflow(MORE, "more.yaml"))
    plan = milepost("run", workflow(SUMS), "--json").json["plan_id"]
    milepost("move", plan, "sums@2")
    at = str(milepost("show", plan, "--json").json["position"])
    milepost("rollback", plan, "--to-revision", "1")
    rolled_back = milepost("show", plan, "--json").json["workflow"]
    milepost("restore", plan, "--at", at)

    assert rolled_back is None
    assert milepost("show", plan, "--json").json["workflow"] == "sums@2"
    listed = milepost("plans", "--workflow", "sums", "--json").json["items"]
    assert [one["workflow"] for one in listed] == ["sums@2"]
    assert milepost("replay", plan).code == 0
    assert milepost("check").code == 0


def test_the_best_revision_is_ranked_by_what_came_of_its_runs(
    milepost: Command, workflow: Write
) -> None:
    good, bad = (
        workflow("name: pick\nsteps:\n  - {id: a, type: response, text: x}\n"),
        workflow(
            "name: pick\nsteps:\n"
            "  - {id: a, type: tool, tool: calc.evaluate, input: {expression: 1 / 0}}\n",
            "bad.yaml",
        ),
    )
    for file in (bad, bad, bad, good, good):
        milepost("run", file)
    assert milepost("revisions", "pick", "--best").out.count("too few") == 1
    milepost("run", good)
    ranking = milepost("revisions", "pick", "--best", "--json").json

    first, second = ranking["standings"]
    assert (first["rank"], first["success"], len(first["runs"])) == (1, 1.0, 3)
    assert (second["rank"], second["success"], len(second["runs"])) == (2, 0.0, 3)
    assert {run["epoch"] for run in first["runs"]} == {1}
    told = milepost("revisions", "last", "--best")
    assert "revision 1" in told.lines[1] and "100%" in told.lines[1]
    refused(milepost("revisions", "pock", "--best"), "there is no plan and no workflow 'pock'")


def test_a_run_that_went_on_without_its_failed_step_is_no_success_for_its_revision(
    milepost: Command, workflow: Write
) -> None:
    milepost(
        "run",
        workflow("name: map\nsteps:\n  - {id: a, tool: file.read, input: {path: map.txt}}\n"),
    )
    assert milepost("recover", "last", "--strategy", "skip").code == 0

    ranking = milepost("revisions", "last", "--best", "--runs", "1", "--json").json
    [standing] = ranking["standings"]
    runs = [(run["epoch"], run["succeeded"], run["whole"]) for run in standing["runs"]]
    assert runs == [(1, False, True), (2, False, False)]


def test_a_cycle_is_removed_only_on_request_and_the_record_names_the_edge(
    milepost: Command, workflow: Write
) -> None:
    cyclic = workflow(
        "name: round\nsteps:\n"
        "  - {id: a, type: response, text: x, depends_on: [b]}\n"
        "  - {id: b, type: tool, tool: text.join, input: {parts: [y]}, depends_on: [a]}\n"
    )
    refused(milepost("validate", cyclic), "circle")
    refused(milepost("run", cyclic), "circle")
    checked = milepost("validate", cyclic, "--remove-cycles")
    assert checked.code == 0
    assert "left out the dependency of 'b' on 'a': it closes a cycle" in checked.out
    removed = milepost("validate", cyclic, "--remove-cycles", "--json").json["removed"]
    assert [(edge["source"], edge["target"]) for edge in removed] == [("a", "b")]
    done = milepost("run", cyclic, "--remove-cycles", "--json")

    assert done.code == 0
    assert kinds(milepost)[:3] == ["plan.drafted", "plan.decision_recorded", "plan.started"]
    page = milepost("history", "last", "--kind", "plan.decision_recorded", "--json").json["items"]
    decision = page[0]["data"]
    assert decision["what"] == "cycle_removal"
    assert (decision["chosen"]["source"], decision["chosen"]["target"]) == ("a", "b")
    assert milepost("replay", "last").code == 0
