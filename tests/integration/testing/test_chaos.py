"""The ChaosEngine: seeded errors, delays and crashes; what must hold, holds."""

from collections import Counter
from datetime import timedelta
from typing import Any

import anyio
import pytest

import milepost
from milepost.domain.errors import ValidationError
from milepost.testing import (
    ChaosReport,
    ChaosTools,
    FaultKind,
    ScriptedTools,
    after,
    chaos_run,
    engine,
    fails,
    find_failing_seed,
    run_virtual,
)

from .flows import flow, question, tool

RETRY = {"max_attempts": 8}
PLAN = flow(
    tool("read"),
    tool("write", "read"),
    question("ok", "read"),
    {
        "id": "each",
        "type": "loop",
        "count": 4,
        "concurrency": 2,
        "depends_on": ["write", "ok"],
        "steps": [tool("send"), tool("note", "send")],
    },
    tool("last", "each"),
    settings={"default_retry": RETRY},
)
WRITES = ["write.tool", "send.tool"]


def tools() -> ScriptedTools:
    return ScriptedTools(default=after(2, "done"), writes=WRITES)


def chaos(**chances: Any) -> ChaosTools:
    return ChaosTools(tools(), **{"errors": 0.15, "crashes": 0.25, "delays": (0, 3), **chances})


def test_plans_end_well_through_errors_delays_and_crashes(seed: int, campaign: bool) -> None:
    kinds: Counter[FaultKind] = Counter()
    for number in range(seed, seed + (1_000 if campaign else 40)):
        report = chaos_run(PLAN, chaos(), seed=number, answers={"ok": "yes"})
        assert report.problems == (), f"seed {number}"
        assert report.result.status in ("completed", "failed")
        kinds.update(fault.kind for fault in report.faults)
    assert set(kinds) == set(FaultKind)


def test_the_same_seed_is_the_same_run_and_another_is_not() -> None:
    def run(seed: int) -> Any:
        return chaos_run(PLAN, chaos(), seed=seed, answers={"ok": "yes"})

    assert run(3) == run(3)
    assert len({run(seed).faults for seed in range(10)}) == 10


def test_other_steps_change_nothing_about_a_steps_faults() -> None:
    def faults_of_send(plan: dict[str, Any]) -> list[Any]:
        given = chaos(crashes=0.0)
        report = chaos_run(plan, given, seed=9, answers={"ok": "yes"})
        return sorted(
            (f.step, f.attempt, f.kind, f.detail) for f in report.faults if "send" in f.step
        )

    alone = {**PLAN, "steps": [{**PLAN["steps"][3], "depends_on": [], "concurrency": 1}]}
    assert faults_of_send(PLAN) == faults_of_send(alone)


def test_without_faults_a_run_is_a_run() -> None:
    report = chaos_run(PLAN, ChaosTools(tools()), answers={"ok": "yes"})
    assert (report.faults, report.crashes, report.problems) == ((), 0, ())
    assert report.result.success
    assert report.calls == 1 + 1 + 4 * 2 + 1


def test_a_crash_after_the_call_has_a_read_called_again_and_a_write_asked_about() -> None:
    def run(plan: dict[str, Any], *, unknown: str = "retry") -> Any:
        def wanted(seed: int) -> bool:
            faults = chaos_run(plan, chaos(errors=0, delays=(0, 0)), seed=seed).faults
            return [fault.kind for fault in faults] != [FaultKind.CRASH_AFTER]

        seed = find_failing_seed(wanted, range(200))
        return chaos_run(plan, chaos(errors=0, delays=(0, 0)), seed=seed, unknown=unknown)

    read = run(flow(tool("read")))
    assert (read.result.success, read.calls) == (True, 2)
    assert "step.suspended.v1" not in [event.kind for event in read.events]
    write = run(flow(tool("write")))
    assert (write.result.success, write.calls) == (True, 2)
    assert "step.suspended.v1" in [event.kind for event in write.events]
    given_up = run(flow(tool("write")), unknown="fail")
    assert (given_up.result.success, given_up.calls, given_up.problems) == (False, 1, ())


def test_a_question_that_nobody_answers_is_a_problem() -> None:
    report = chaos_run(PLAN, chaos(), seed=1)
    assert report.problems == ("the plan did not end: it is paused and waits for ok",)
    assert not report.is_sound


def test_a_run_with_too_many_crashes_is_given_up_and_says_so() -> None:
    plan = flow({"id": "each", "type": "loop", "count": 40, "steps": [tool("a")]})
    often = ChaosTools(ScriptedTools(), crashes=0.3)
    whole = chaos_run(plan, often, seed=2)
    assert whole.is_sound
    given_up = chaos_run(plan, often, seed=2, most_crashes=whole.crashes - 1)
    assert given_up.problems == (
        f"it was given up after {whole.crashes} crashes; see `most_crashes`",
        "the plan did not end: it is running",
    )


def test_delays_may_be_texts() -> None:
    def run(*delays: Any) -> ChaosReport:
        return chaos_run(flow(tool("a")), ChaosTools(ScriptedTools(), delays=delays), seed=1)

    assert run("1m", "2m") == run(60, 120)
    assert run("1m", "2m").result.duration >= timedelta(minutes=1)


def test_injected_errors_have_the_codes_that_were_given() -> None:
    plan = flow(tool("a", retry={"max_attempts": 2, "retryable_errors": ["busy"]}))
    for code, attempts in (("busy", 2), ("full", 1)):
        report = chaos_run(plan, ChaosTools(tools(), errors=1.0, codes=[code]))
        assert not report.result.success
        assert [fault.detail for fault in report.faults] == [code] * attempts
        assert report.problems == ()


def test_real_tools_are_given_as_a_list() -> None:
    called = 0

    @milepost.tool(name="real.tool", effect="read")
    async def real(number: int = 1) -> int:
        nonlocal called
        called += 1
        await anyio.sleep(number)
        return number

    plan = flow({"id": "a", "tool": "real.tool", "input": {"number": 60}, "retry": RETRY})
    report = chaos_run(plan, [real], seed=2)
    assert report.result.final_output == 60
    assert report.calls == called
    with pytest.raises(ValidationError, match=r"tool 'none\.tool' is not known"):
        chaos_run(flow({"id": "a", "tool": "none.tool", "input": {}}), [real])


def test_the_tools_work_under_any_engine_and_a_crash_is_then_an_error() -> None:
    given = ChaosTools(tools(), crashes=1.0)

    async def main() -> Any:
        async with engine(given) as opened:
            return await opened.run(flow(tool("a")))

    result = run_virtual(main)
    assert not result.success
    assert {fault.kind.partition("_")[0] for fault in given.faults} == {"crash"}


def test_a_failing_seed_is_found_and_fails_again() -> None:
    def done_in_time(seed: int) -> None:
        report = chaos_run(PLAN, chaos(), seed=seed, answers={"ok": "yes"})
        assert report.result.duration.total_seconds() < 60

    seed = find_failing_seed(done_in_time, range(100))
    assert seed is not None
    for _again in range(2):
        with pytest.raises(AssertionError):
            done_in_time(seed)


def test_tools_that_fail_by_themselves_do_so_under_chaos_too() -> None:
    report = chaos_run(flow(tool("a")), ScriptedTools({"a": fails("own", retryable=False)}), seed=0)
    assert report.result.error_message is not None
    assert report.problems == ()


def test_what_to_do_about_unknown_outcomes_is_retry_or_fail() -> None:
    with pytest.raises(ValidationError, match="'ask' is not retry or fail"):
        chaos_run(PLAN, tools(), unknown="ask")
