"""The StepRecorder: a run becomes a test of the plan."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import anyio
import pytest

import milepost
from milepost.adapters.store.memory import MemoryStore
from milepost.domain.errors import LimitError, RefusedError, UnknownNameError, ValidationError
from milepost.engine.models import Token
from milepost.testing import (
    Recording,
    ScriptedTools,
    after,
    attempts,
    check,
    engine,
    fails,
    hangs,
    record,
    run_virtual,
)
from milepost.testing import recording as recordings

from .flows import SALES, flow, question, tool

TOOLS = {
    "load": attempts(after(3, fails("busy")), after(4, {"rows": ["a", "b"]})),
    "send": after(2, lambda call: f"to {call.arguments['to']}"),
}


def recorded(plan: Any = SALES, tools: Any = TOOLS, **given: Any) -> Recording:
    """Run a plan with scripted tools and record it."""

    async def main() -> Recording:
        async with engine(ScriptedTools(tools), models=given.pop("models", None)) as opened:
            result = await opened.run(plan, **given)
            while result.waiting:
                await anyio.sleep(60)
                await opened.answer(result.plan_id, result.waiting[0], value="yes")
                result = await opened.wait(result.plan_id)
            return await record(opened, result.plan_id)

    return run_virtual(main)


def changed(**fields: Any) -> dict[str, Any]:
    """Return the plan with other fields in the step `count`."""
    plan = deepcopy(SALES)
    plan["steps"][1].update(fields)
    return plan


def told(recording: Recording, plan: Any, **more: Any) -> list[str]:
    return [str(difference) for difference in check(recording, plan, **more)]


def test_a_recording_holds_each_steps_end_and_attempts() -> None:
    recording = recorded()
    load = recording.steps["load"]
    assert (load.tool, load.status, load.output) == ("load.tool", "completed", {"rows": ["a", "b"]})
    assert [(one.seconds, one.error and one.error.code) for one in load.attempts] == [
        (3, "busy"),
        (4, None),
    ]
    assert recording.steps["each[1].send"].attempts[0].given == {"to": "b"}
    assert recording.steps["count"].attempts[0].given == {"rows": ["a", "b"]}
    assert recording.steps["count"].after == ("load",)


def test_the_recorded_plan_does_again_what_it_did() -> None:
    assert check(recorded()) == []


def test_a_file_keeps_all_of_it(tmp_path: Path) -> None:
    recording = recorded()
    recording.save(tmp_path / "run.json")
    assert Recording.load(tmp_path / "run.json") == recording
    assert check(Recording.load(tmp_path / "run.json")) == []


def test_changed_settings_that_change_nothing_are_no_difference() -> None:
    assert check(recorded(), changed(name="counting", priority=3)) == []


def test_another_input_is_a_difference_that_says_which() -> None:
    [step, *_rest] = [one for one in told(recorded(), changed(input={"n": 1})) if "count" in one]
    assert "step count: status: 'completed' recorded, 'failed' found" in step
    assert "recorded with {'rows': ['a', 'b']}, called with {'n': 1}" in step
    assert told(recorded(), changed(input={"n": 1, "x": "${load.output.rows}"}), strict=False) == []


def test_another_order_is_a_difference() -> None:
    plan = changed(input={"rows": ["a", "b"]})
    [found] = told(recorded(), plan)
    assert found.startswith("step count: order: 'after load' recorded, 'not after it' found")


def test_missing_and_new_steps_and_another_end_are_differences() -> None:
    plan = deepcopy(SALES)
    plan["steps"][2] = tool("paint", "load")
    found = told(recorded(), plan)
    assert "plan: status: 'completed' recorded, 'failed' found" in found
    assert "step draw: missing: 'completed' recorded, None found" in found
    [new] = [one for one in found if "paint" in one]
    assert "new: None recorded, 'failed' found" in new
    assert "no call of it was recorded" in new


def test_another_output_of_what_is_computed_is_a_difference() -> None:
    plan = deepcopy(SALES)
    plan["steps"][5]["text"] = "${size(each.output)} mails"
    assert told(recorded(), plan) == ["step tell: output: '2 sent' recorded, '2 mails' found"]


def test_failed_and_cut_off_steps_do_so_again() -> None:
    plan = flow(tool("bad"), tool("slow"), tool("after", "slow"), tool("stuck", timeout="5s"))
    tools = {"bad": after(10, fails("full", retryable=False)), "slow": hangs, "stuck": hangs}
    plan["settings"] = {"stop_on_first_failure": False, "max_execution_time": "20s"}
    recording = recorded(plan, tools)
    statuses = {path: step.status for path, step in recording.steps.items()}
    assert statuses == {"bad": "failed", "slow": "cancelled", "after": "skipped", "stuck": "failed"}
    assert check(recording) == []
    free = {**plan, "settings": {"stop_on_first_failure": False}}
    assert "it was cut off here when it was recorded" in "".join(told(recording, free))


def test_iterations_that_were_taken_back_do_again_what_they_did() -> None:
    again = {"max_attempts": 2, "initial_delay": "10s", "jitter": False}
    take = {"for_each": [1, 2], "steps": [tool("take")], "retry": again}
    plan = flow({"id": "each", "type": "loop", **take}, tool("stop"))
    plan["settings"] = {"max_parallel_steps": 1}
    stopping = after(20, fails("broken", retryable=False))
    recording = recorded(plan, {"take": fails("full"), "stop": stopping})
    assert recording.steps["each"].status == "cancelled"
    assert recording.steps["each[0].take"].status == "pending"
    assert len(recording.steps["each[0].take"].attempts) == 1
    assert check(recording) == []


def test_people_answer_as_recorded() -> None:
    plan = flow(question("ok"), {"id": "say", "type": "response", "text": "${ok.output}"})
    recording = recorded(plan)
    assert recording.steps["ok"].attempts[0].output == "yes"
    assert check(recording) == []


class Echo:
    """A model that says what it is asked, the second time."""

    def __init__(self) -> None:
        self.asked = 0

    async def answer(self, prompt: Any, key: str) -> Any:
        del key
        self.asked += 1
        if self.asked == 1:
            raise fails("overloaded")
        yield Token(whole=True, answer=f"you said {prompt.text}", input_tokens=3)

    def check(self, value: Any, schema: Any) -> None:
        del value, schema


def test_models_answer_as_recorded() -> None:
    ask = {"id": "ask", "type": "llm", "prompt": "hello", "retry": {"max_attempts": 2}}
    recording = recorded(flow(ask), models=Echo())
    assert [one.error is None for one in recording.steps["ask"].attempts] == [False, True]
    assert check(recording) == []
    other = told(recording, flow({**ask, "prompt": "goodbye"}))
    assert "called with 'goodbye'" in "".join(other)


def test_a_run_that_crashed_in_between_is_recorded_without_the_crash() -> None:
    store = MemoryStore()

    async def main() -> Recording:
        async with engine(ScriptedTools({"a": hangs}), store=store) as opened:
            plan = await opened.start(flow(tool("a"), tool("b", "a")))
            await anyio.sleep(1)
        async with engine(ScriptedTools({"a": "done"}), store=store) as opened:
            await opened.resume(plan)
            return await record(opened, plan)

    recording = run_virtual(main)
    assert [one.output for one in recording.steps["a"].attempts] == ["done"]
    assert check(recording) == []


def test_inputs_are_recorded_and_given_again() -> None:
    plan = flow(tool("a", input={"x": "${inputs.x}"}), inputs={"x": {"type": "integer"}})
    recording = recorded(plan, {"a": lambda call: call.arguments["x"]}, inputs={"x": 7})
    assert recording.inputs == {"x": 7}
    assert recording.steps["a"].output == 7
    assert check(recording) == []


@pytest.mark.anyio
async def test_a_file_store_is_recorded_with_large_values_whole(tmp_path: Path) -> None:
    @milepost.tool(name="big.tool", effect="read")
    async def big() -> str:
        return "x" * 100_000

    async with milepost.open(tmp_path / "plans.db", tools=[big]) as opened:
        result = await opened.run(flow(tool("big")))
        recording = await record(opened, result.plan_id)
    assert recording.steps["big"].output == "x" * 100_000


def test_plans_that_are_not_there_or_not_over_are_refused() -> None:
    async def main() -> None:
        async with engine(ScriptedTools()) as opened:
            with pytest.raises(UnknownNameError):
                await record(opened, "p1")
            result = await opened.run(flow(question("ok")))
            with pytest.raises(RefusedError, match="it is paused; record it when it ended"):
                await record(opened, result.plan_id)

    run_virtual(main)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no recording can be read"),
        ("[1]", "this is no recording"),
        ('{"format": "other"}', "this is no recording"),
        (
            '{"format": "milepost recording", "version": 2}',
            "version 2 of recordings is not known, 1 is",
        ),
        ('{"format": "milepost recording", "version": 1}', "are missing"),
    ],
)
def test_files_that_are_no_recordings_are_refused(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(ValidationError, match=wrong) as refused:
        Recording.load(path)
    assert str(path) in str(refused.value)


def test_a_missing_file_and_an_unwritable_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="no recording can be read"):
        Recording.load(tmp_path / "none.json")
    with pytest.raises(RefusedError, match="cannot be written"):
        recorded().save(tmp_path / "no" / "folder.json")


def test_a_recording_has_a_greatest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = recorded()
    recording.save(tmp_path / "run.json")
    monkeypatch.setattr(recordings, "MAX_BYTES", 1_000)
    with pytest.raises(LimitError, match="the size of a recording in bytes"):
        recording.save(tmp_path / "other.json")
    with pytest.raises(LimitError, match="the size of a recording in bytes"):
        Recording.load(tmp_path / "run.json")
    assert not (tmp_path / "other.json").exists()


def test_the_file_is_json_with_its_format_and_version_first(tmp_path: Path) -> None:
    recorded().save(tmp_path / "run.json")
    fields = json.loads((tmp_path / "run.json").read_text())
    assert list(fields)[:2] == ["format", "version"]
    assert fields["version"] == 1
