"""Every example is valid and gives the right answer, from the command that its head names."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .conftest import Command

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
WORKFLOWS = sorted(path.name for path in EXAMPLES.glob("*.yaml"))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        del format, args


@pytest.fixture
def server() -> Iterator[str]:
    handler = partial(Quiet, directory=str(EXAMPLES / "apis"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_an_example_is_valid_and_can_be_drawn(milepost: Command, name: str) -> None:
    tools = ("--tools", EXAMPLES / "analysis.py")

    assert milepost("validate", EXAMPLES / name, *tools).code == 0
    for language in ("mermaid", "dot", "svg"):
        assert milepost("graph", EXAMPLES / name, *tools, "--format", language).code == 0


@pytest.mark.parametrize("name", WORKFLOWS)
def test_an_example_names_the_command_that_runs_it(name: str) -> None:
    assert f"#   milepost run examples/{name}" in (EXAMPLES / name).read_text(encoding="utf-8")


def test_hello_tells_the_time_adds_and_reads_a_file(milepost: Command) -> None:
    run = milepost("run", EXAMPLES / "hello.yaml", "--folder", EXAMPLES, "--json")

    assert run.code == 0
    answer = run.json["final_output"]
    assert answer["sum"] == 30
    assert answer["greeting"] == "Hello from a file.\n"
    assert answer["time"].endswith("+00:00")


def test_summarise_reads_analyses_and_summarises_in_three_steps(milepost: Command) -> None:
    script = EXAMPLES / "summarise.models.json"
    run = milepost(
        *("run", EXAMPLES / "summarise.yaml", "--folder", EXAMPLES, "--models", script, "--json")
    )

    assert run.code == 0
    assert run.json["completed_steps"] == 3
    assert run.json["final_output"].endswith("to choose its colour by 12 March 2027.")


def test_gather_calls_three_apis_side_by_side_and_merges_them(
    milepost: Command, server: str
) -> None:
    words = ("run", EXAMPLES / "gather.yaml", "--input", f"server={server}", "--json")
    refused = milepost(*words)
    allowed = milepost(*words, "--allow-private-addresses")

    assert refused.code == 1
    assert allowed.code == 0
    assert allowed.json["final_output"] == {
        "weather": {"city": "Lisbon", "celsius": 19.5},
        "rates": {"base": "EUR", "usd": 1.08},
        "trains": {"next": "18:05", "to": "Porto"},
    }
    timeline = milepost("timeline", "last", "--json").json
    assert timeline["most_at_once"] == 3


@pytest.mark.parametrize(
    ("amount", "answer", "skipped"),
    [
        ("1200", "Please pay a deposit of 360.0 first.", 1),
        ("12", "Thank you for your order over 12.", 2),
    ],
)
def test_triage_takes_the_branch_that_the_amount_asks_for(
    milepost: Command, amount: str, answer: str, skipped: int
) -> None:
    run = milepost("run", EXAMPLES / "triage.yaml", "--input", f"amount={amount}", "--json")

    assert (run.code, run.json["final_output"]) == (0, answer)
    assert run.json["skipped_steps"] == skipped


@pytest.mark.parametrize(("approved", "completed"), [("true", 4), ("false", 3)])
def test_approval_waits_in_one_process_and_goes_on_in_another(
    program: Command, approved: str, completed: int
) -> None:
    run = program("run", EXAMPLES / "approval.yaml", "--input", "sum=480")
    assert run.code == 3
    assert "Shall 480 be paid, plus a fee of 10?" in run.out
    assert "milepost answer p" in run.out

    answer = f'{{"approved": {approved}}}'
    done = program("answer", "last", "approve", "--value", answer, "--who", "ada", "--json")

    assert done.code == 0
    assert done.json["final_output"] == {"approved": approved == "true"}
    assert done.json["completed_steps"] == completed
    made = program("history", "last", "--kind", "request.made", "--json").json["items"]
    assert [event["actor"] for event in made] == ["ada"]


def test_rounds_loops_over_a_list_and_until_something_holds(milepost: Command) -> None:
    run = milepost("run", EXAMPLES / "rounds.yaml", "--input", "numbers=[3, 5, 8]", "--json")

    assert run.code == 0
    assert run.json["final_output"] == {
        "squares": [9, 25, 64],
        "first_power_of_two_over_100": 128,
    }


def test_reminder_waits_as_long_as_it_is_told(milepost: Command) -> None:
    run = milepost("run", EXAMPLES / "reminder.yaml", "--input", "pause=200ms", "--json")

    assert run.code == 0
    assert run.json["final_output"] >= 0.2


def test_the_demo_finds_the_peak_and_makes_a_picture_and_a_report(
    milepost: Command, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    table = (EXAMPLES / "data/bird_strikes.csv").read_bytes()
    (tmp_path / "data/bird_strikes.csv").write_bytes(table)
    run = milepost("run", EXAMPLES / "data-analysis.yaml", "--tools", EXAMPLES / "analysis.py")

    assert run.code == 0
    assert run.lines[0].startswith("+ completed  bird strikes")
    assert any(
        line.startswith("3,780 strikes were reported, 444 with damage") for line in run.lines
    )
    assert "output/bird-strikes.svg" in run.lines
    assert b"<svg" in (tmp_path / "output/bird-strikes.svg").read_bytes()
    assert "| climb | 739 | 147 |" in (tmp_path / "output/bird-strikes.md").read_text()
    timeline = milepost("timeline", "last")
    assert any(line.startswith("chart") and "###" in line for line in timeline.lines)
    assert milepost("replay", "last").code == 0


def test_the_analysis_names_what_is_wrong_when_there_is_nothing_to_analyse(
    milepost: Command, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    table = (EXAMPLES / "data/bird_strikes.csv").read_bytes()
    (tmp_path / "data/bird_strikes.csv").write_bytes(table)
    run = milepost(
        *("run", EXAMPLES / "data-analysis.yaml", "--tools", EXAMPLES / "analysis.py"),
        *("--input", "since=2100-01-01", "--input", "before=2101-01-01"),
    )

    assert run.code == 1
    assert "failed  analyze (strikes.analyze)" in run.out
    assert "there are no strikes to analyse" in run.out
