"""Reading plans from the command line, now and as of any past moment."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command

Write = Callable[..., Path]

CHAIN = """
name: chain
description: Two numbers, and what they make.
settings: {log_level: warning}
steps:
  - {id: first, name: The first number, type: tool, tool: calc.evaluate, input: {expression: "2"}}
  - id: second
    type: tool
    tool: calc.evaluate
    input: {expression: n * 21, variables: {n: "${first.output}"}}
  - {id: late, type: tool, tool: time.now, input: {}, when: "second.output > 100"}
"""
BROKEN = """
name: broken
steps:
  - id: read
    type: tool
    tool: file.read
    input: {path: none.txt}
    retry: {max_attempts: 2, initial_delay: 10ms, retryable_errors: [not_found]}
"""


@pytest.fixture
def chain(milepost: Command, workflow: Write) -> str:
    """Run a chain of steps; return its plan's id."""
    return str(milepost("run", workflow(CHAIN), "--json").json["plan_id"])


@pytest.fixture
def broken(milepost: Command, workflow: Write) -> str:
    """Run a plan that fails; return its id."""
    return str(milepost("run", workflow(BROKEN, "broken.yaml"), "--json").json["plan_id"])


def test_show_tells_the_plan_its_steps_and_its_answer(milepost: Command, chain: str) -> None:
    out = milepost("show", chain).out

    assert re.search(rf"^plan +{chain}$", out, flags=re.MULTILINE)
    assert re.search(r"^steps +3: 2 completed, 1 skipped$", out, flags=re.MULTILINE)
    assert "Two numbers, and what they make." in out
    assert re.search(r"completed +first +The first number +calc\.evaluate", out)
    assert re.search(r"skipped +late .*`second.output > 100` does not hold", out)


def test_show_of_one_step_tells_its_input_as_resolved_and_its_output(
    milepost: Command, chain: str
) -> None:
    out = milepost("show", chain, "second").out

    assert '"n": 2' in out
    assert re.search(r"^output\n42$", out, flags=re.MULTILINE)


def test_a_plan_is_named_by_last_or_by_the_beginning_of_its_id(
    milepost: Command, chain: str
) -> None:
    for name in ("last", chain, chain[:-4], chain[:1]):
        assert milepost("show", name, "--json").json["id"] == chain


def test_a_beginning_that_two_plans_share_is_refused_and_names_them(
    milepost: Command, chain: str, broken: str
) -> None:
    shown = milepost("show", "p0")

    assert shown.code == 2
    assert "2 plans begin so; write more of it" in shown.err
    assert chain in shown.err
    assert broken in shown.err


def test_an_empty_name_means_no_plan(milepost: Command, chain: str) -> None:
    del chain
    told = milepost("show", "")

    assert (told.code, told.err) == (2, "error: plan '': there is none; see `milepost plans`\n")


@pytest.mark.parametrize("command", ["show", "steps", "history", "timeline", "log", "report"])
def test_an_unknown_plan_is_refused_in_one_line(
    milepost: Command, chain: str, command: str
) -> None:
    del chain
    told = milepost(command, "pnone")

    assert told.code == 2
    assert told.err == "error: plan pnone: there is none; see `milepost plans`\n"


@pytest.mark.parametrize("command", ["plans", "workflows", "check"])
def test_reading_makes_no_store_where_there_is_none(
    milepost: Command, tmp_path: Path, command: str
) -> None:
    told = milepost(command)

    assert told.code == 2
    assert told.err.startswith("error: milepost.db: there is no store here; run a workflow first")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store_is_refused_in_one_line(milepost: Command, tmp_path: Path) -> None:
    (tmp_path / "milepost.db").write_text("hello")
    told = milepost("plans")

    assert told.code == 2
    assert re.fullmatch(r"error: .*milepost\.db.*\n", told.err)


def test_steps_are_filtered_by_status_and_by_what_it_means(milepost: Command, chain: str) -> None:
    def paths(*words: str) -> list[str]:
        items = milepost("steps", chain, *words, "--json").json["items"]
        return [step["path"] for step in items]

    assert paths() == ["first", "second", "late"]
    assert paths("--status", "skipped") == ["late"]
    assert paths("--status", "done") == ["first", "second", "late"]
    assert paths("--status", "failed", "--status", "running") == []
    assert milepost("steps", chain, "--status", "finished").code == 2


def test_history_is_filtered_by_step_and_kind_and_comes_in_pages(
    milepost: Command, chain: str
) -> None:
    whole = milepost("history", chain, "--json").json["items"]
    of_second = milepost("history", chain, "--step", "second", "--json").json["items"]
    ends = milepost("history", chain, "--kind", "step.completed", "--json").json["items"]

    assert [event["kind"] for event in of_second] == ["step.started.v1", "step.completed.v1"]
    assert [event["step"] for event in ends] == ["first", "second"]
    found, after = [], "0"
    for _page in range(20):
        page = milepost("history", chain, "--limit", "2", "--after", after, "--json").json
        found += [event["position"] for event in page["items"]]
        if page["next"] is None:
            break
        after = str(page["next"])
    assert found == [event["position"] for event in whole]


def test_history_as_text_says_what_happened_and_that_there_is_more(
    milepost: Command, chain: str
) -> None:
    told = milepost("history", chain, "--limit", "3")

    assert told.lines[0].split() == ["position", "time", "event", "step", "who", "what"]
    assert len(told.lines) == 4
    assert re.search(r"there is more: --after \d+", told.err)


def test_plans_are_filtered(milepost: Command, chain: str, broken: str) -> None:
    def ids(*words: str) -> list[str]:
        return [plan["id"] for plan in milepost("plans", *words, "--json").json["items"]]

    assert ids() == [broken, chain]
    assert ids("--status", "failed") == [broken]
    assert ids("--status", "failed", "--status", "completed") == [broken, chain]
    assert ids("--step", "second") == [chain]
    assert ids("--tool", "file.read") == [broken]
    assert ids("--error", "not_found") == [broken]
    assert ids("--text", "CHAI") == [chain]
    assert ids("--name", "broken") == [broken]
    assert ids("--since", "2100-01-01") == []
    assert ids("--until", "2100-01-01T00:00:00Z") == [broken, chain]
    first = milepost("plans", "--limit", "1", "--json").json
    assert [plan["id"] for plan in first["items"]] == [broken]
    assert ids("--cursor", first["next"]) == [chain]


@pytest.mark.parametrize("words", [("--status", "runing"), ("--since", "soon")])
def test_a_filter_that_means_nothing_is_refused(
    milepost: Command, chain: str, words: tuple[str, str]
) -> None:
    del chain
    told = milepost("plans", *words)

    assert told.code == 2
    assert told.err.startswith(f"error: {words[0]}: ")


def test_every_reading_command_answers_as_of_a_past_position(
    milepost: Command, chain: str, broken: str
) -> None:
    del broken
    events = milepost("history", chain, "--json").json["items"]
    [moment] = [
        str(event["position"])
        for event in events
        if event["kind"] == "step.completed.v1" and event["step"] == "first"
    ]
    past = ("--as-of", moment, "--json")

    shown = milepost("show", chain, *past).json
    assert shown["status"] == "running"
    assert shown["steps"]["completed"] == 1
    assert [plan["id"] for plan in milepost("plans", *past).json["items"]] == [chain]
    steps = {step["path"]: step for step in milepost("steps", chain, *past).json["items"]}
    assert (steps["first"]["status"], steps["second"]["output"]) == ("completed", None)
    assert milepost("history", chain, *past).json["items"][-1]["position"] == int(moment)
    lanes = {lane["path"]: lane for lane in milepost("timeline", chain, *past).json["lanes"]}
    assert lanes["second"]["bars"] == []
    assert milepost("report", chain, *past).json["counts"]["completed"] == 1
    assert "s0[" in milepost("graph", chain, "--as-of", moment).out


def test_a_past_moment_may_be_a_time(milepost: Command, chain: str) -> None:
    created = milepost("show", chain, "--json").json["created_at"]

    shown = milepost("show", chain, "--as-of", created, "--json").json
    assert shown["status"] in ("ready", "running")
    assert milepost("show", chain, "--as-of", "1999-01-01").code == 2
    late = milepost("show", chain, "--as-of", "99999")
    assert late.code == 2
    assert "there is no position 99999 yet, the last one is" in late.err
    assert milepost("show", chain, "--as-of", "2999-01-01").code == 0
    assert milepost("show", chain, "--as-of", "yesterday").code == 2


def test_the_timeline_fits_80_columns_without_colour_or_unicode(
    milepost: Command, chain: str
) -> None:
    out = milepost("timeline", chain).out

    assert out.replace("µs", "us").isascii()
    assert max(map(len, out.splitlines())) <= 80
    assert re.search(r"^The first number \+ #+", out, flags=re.MULTILINE)
    assert re.search(r"^total \S+, one after the other \S+, saved", out, flags=re.MULTILINE)


def test_the_log_keeps_to_the_plans_level_unless_another_is_given(
    milepost: Command, chain: str, broken: str
) -> None:
    assert milepost("log", chain).out == ""
    everything = milepost("log", chain, "--level", "trace")
    assert re.search(r"information +second +completed", everything.out)

    def levels(*words: str) -> set[str]:
        return {line.split()[1] for line in milepost("log", broken, *words).lines}

    assert levels("--level", "warning") == {"warning", "error", "critical"}
    assert levels("--level", "error", "--step", "read") == {"error"}
    assert levels() == {"information", "warning", "error", "critical"}


def test_a_report_has_total_time_times_of_steps_throughput_and_retries(
    milepost: Command, broken: str
) -> None:
    out = milepost("report", broken).out

    for name in ("total time", "steps waited", "steps ran", "throughput", "retries"):
        assert re.search(rf"^{name} +\S+", out, flags=re.MULTILINE)
    figures = milepost("report", broken, "--json").json
    assert figures["retries"] == 1
    assert figures["steps"][0]["attempts"] == 2


def test_from_a_failed_run_three_commands_lead_to_step_input_and_cause(
    milepost: Command, broken: str
) -> None:
    [failed] = milepost("plans", "--status", "failed", "--json").json["items"]
    assert failed["id"] == broken
    [step] = milepost("steps", broken, "--status", "failed", "--json").json["items"]
    shown = milepost("show", broken, step["path"]).out

    assert '"path": "none.txt"' in shown
    assert "path 'none.txt': is not there; check the name [not_found]" in shown
