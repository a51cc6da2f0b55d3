"""`milepost simulate`: a timeline and a result from the command line, and nothing is touched."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command

FLOW = """
name: nightly
inputs: {region: {type: string, default: EU}}
steps:
  - {id: load, tool: text.join, input: {parts: ["${inputs.region}"]}, retry: {max_attempts: 2}}
  - {id: rest, type: wait, for: 1h, depends_on: [load]}
  - {id: say, type: response, text: "${load.output}", depends_on: [rest]}
"""
Write = Callable[[str], Path]


def test_it_shows_the_result_and_the_timeline_and_stores_nothing(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    file = workflow(FLOW)
    done = milepost("simulate", file, "--durations", '{"load": "10m"}')
    assert (done.code, done.err) == (0, "")
    assert done.lines[0] == "+ completed  nightly  1h 10m, simulated with seed 0"
    assert any(line.startswith("load") and line.endswith("10m 00s") for line in done.lines)
    assert "held up by  load -> rest" in done.lines
    assert list(tmp_path.iterdir()) == [file]


def test_rules_may_be_files_and_json_holds_everything(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    rules = {"durations": "load: [2, 4]", "failures": "load: [busy, null]", "outputs": "load: EU!"}
    words = []
    for name, text in rules.items():
        (tmp_path / f"{name}.yaml").write_text(text)
        words += [f"--{name}", tmp_path / f"{name}.yaml"]
    words += ["--begin", "2026-03-01T09:00:00Z"]
    shown = milepost("simulate", workflow(FLOW), *words, "--seed", "5", "--json").json
    assert shown["seed"] == 5
    assert shown["result"]["final_output"] == "EU!"
    [load] = [lane for lane in shown["timeline"]["lanes"] if lane["path"] == "load"]
    assert [bar["state"] for bar in load["bars"]] == ["retrying", "retry", "completed"]
    again = milepost("simulate", workflow(FLOW), *words, "--seed", "5", "--json").json
    assert again == shown


def test_a_failed_plan_ends_with_1_and_a_waiting_one_with_3(
    milepost: Command, workflow: Write
) -> None:
    failed = milepost("simulate", workflow(FLOW), "--failures", '{"load": "busy"}')
    assert failed.code == 1
    assert failed.lines[0].startswith("x failed  nightly")
    assert "simulated to fail" in failed.lines[1]
    asks = workflow("steps: [{id: ok, type: user_input, prompt: 'ok?'}]")
    waiting = milepost("simulate", asks)
    assert waiting.code == 3
    assert "nobody answers ok; give answers with --outputs" in waiting.lines
    assert milepost("simulate", asks, "--outputs", '{"ok": true}').code == 0


def test_it_begins_now_or_when_it_is_told(milepost: Command, workflow: Write) -> None:
    file = workflow('steps: [{id: rest, type: wait, until: "2020-01-02T00:00:00Z"}]')
    assert milepost("simulate", file, "--json").json["result"]["duration"] == "PT0S"
    before = milepost("simulate", file, "--begin", "2020-01-01T00:00:00Z", "--json").json
    assert before["result"]["duration"] == "P1D"


def test_many_runs_tell_how_long_and_how_often(milepost: Command, workflow: Write) -> None:
    words = ("--runs", "40", "--failures", '{"load": 0.5}', "--durations", '{"load": [60, 600]}')
    told = milepost("simulate", workflow(FLOW), *words)
    assert told.code == 1
    assert told.lines[0].startswith("40 runs of nightly: ")
    assert told.lines[1].startswith("took least ")
    shown = milepost("simulate", workflow(FLOW), *words, "--json").json
    assert (shown["runs"], shown["seed"]) == (40, 0)
    assert len(shown["failing_seeds"]) == 40 - shown["succeeded"]
    [(why, count)] = shown["errors"].items()
    assert (count, "simulated to fail" in why) == (40 - shown["succeeded"], True)
    assert f"{count} of them: {why}" in told.lines
    assert set(shown["durations"]) == {"least", "p50", "p95", "most"}


def test_many_runs_that_all_succeed_end_with_0_and_waiting_ones_tell_for_whom(
    milepost: Command, workflow: Write
) -> None:
    assert milepost("simulate", workflow(FLOW), "--runs", "3").code == 0
    asks = workflow("steps: [{id: ok, type: user_input, prompt: 'ok?'}]")
    told = milepost("simulate", asks, "--runs", "3")
    assert told.code == 1
    assert "3 of them: nobody answers ok" in told.lines


def test_what_is_not_said_is_drawn_from_the_runs_in_the_store(
    milepost: Command, workflow: Write
) -> None:
    file = workflow(FLOW.replace("1h", "1ms"))
    assert milepost("run", file, "--input", "region=Asia").code == 0
    shown = milepost("simulate", file, "--from-history", "--json").json
    assert shown["result"]["final_output"] == "Asia"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--durations", '{"lod": 5}'], "durations: 'lod' is no step and no tool here; did you"),
        (["--durations", '{"load": -5}'], "durations load: -5 is out of range for a duration"),
        (["--durations", '{"load": 5'], "--durations:1:11: it is not YAML"),
        (["--durations", "none.json"], "none.json: there is no such file"),
        (["--failures", '{"load": 7}'], "failures load: the rate 7 is not within 0 and 1"),
        (["--failures", '{"load": {"rat": 1}}'], "failures load: {'rat': 1} says not how to fail"),
        (["--outputs", "flow.yaml"], "outputs: 'name' is no step and no tool here"),
        (["--input", "x=1"], "there is no input `x`"),
        (["--runs", "0"], "Invalid value for '--runs'"),
        (["--begin", "soon"], "--begin: 'soon' is not a time"),
        (
            ["--begin", "0001-01-01"],
            "--begin: leaves no room for what comes; give one of the years",
        ),
        (
            ["--begin", "9999-12-31"],
            "--begin: leaves no room for what comes; give one of the years",
        ),
        (["--seed", "x"], "Invalid value for '--seed'"),
        (["--from-history"], "milepost.db: there is no store here"),
    ],
)
def test_bad_words_are_refused_in_one_line(
    milepost: Command, workflow: Write, tmp_path: Path, words: list[str], told: str
) -> None:
    file = workflow(FLOW)
    refused = milepost("simulate", file, *words)
    assert (refused.code, refused.out) == (2, "")
    [line] = refused.err.splitlines()
    assert told in line
    assert list(tmp_path.iterdir()) == [file]


def test_a_list_is_no_rules(milepost: Command, workflow: Write, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text("[1]")
    refused = milepost("simulate", workflow(FLOW), "--durations", "rules.json")
    assert (refused.code, refused.err) == (
        2,
        'error: rules.json: is not an object of rules; write for example {"load": "5s"}\n',
    )


def test_history_needs_runs_of_that_name(milepost: Command, workflow: Write) -> None:
    assert milepost("run", workflow(FLOW.replace("1h", "1ms"))).code == 0
    other = milepost("simulate", workflow(FLOW.replace("nightly", "weekly")), "--from-history")
    assert (other.code, "no plan has run" in other.err) == (2, True)
    nameless = workflow("steps: [{id: a, tool: t, input: {}}]")
    told = milepost("simulate", nameless, "--from-history")
    assert (told.code, "found by its name, and it has none" in told.err) == (2, True)


def test_a_file_that_cannot_run_is_refused(milepost: Command, workflow: Write) -> None:
    refused = milepost("simulate", workflow("steps: [{id: a, tool: t, input: {}, dependson: b}]"))
    assert (refused.code, "did you mean `depends_on`" in refused.err) == (2, True)
