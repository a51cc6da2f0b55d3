"""A plugin of pytest that disables one feature: `pytest -p tests.acceptance.sabotage TEST`.

The environment variable `SABOTAGE` names the feature. Only `test_tests_can_fail.py` uses it, to
show that the test of a requirement fails when the product does not do what it says.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

VARIABLE = "SABOTAGE"


@dataclass(frozen=True)
class Sabotage:
    """A requirement, the test that shows it, and what is put in a feature's place."""

    row: str
    test: str
    target: str
    """`module:name` or `module:Class.name` of what is replaced; it must be there."""
    replacement: Callable[[Any], Any]
    """Makes the replacement out of the original."""

    def commit(self) -> None:
        """Replace the feature."""
        module, _colon, names = self.target.partition(":")
        owner: Any = import_module(module)
        *way, name = names.split(".")
        for part in way:
            owner = getattr(owner, part)
        setattr(owner, name, self.replacement(getattr(owner, name)))


def always(value: Any) -> Callable[[Any], Any]:
    """Return a maker of functions that give the same whatever they are asked."""

    def made(_original: Any) -> Callable[..., Any]:
        return lambda *_given, **_named: value

    return made


def _without_step_limits(add: Any) -> Any:
    def added(timers: Any, at: Any, alarm: Any, instance: Any) -> None:
        if alarm != "step":
            add(timers, at, alarm, instance)

    return added


def _one_slot(init: Any) -> Any:
    def made(queue: Any, compiled: Any) -> None:
        init(queue, compiled)
        queue._slots = 1  # noqa: SLF001 - this is sabotage

    return made


def _many_slots(init: Any) -> Any:
    def made(queue: Any, compiled: Any) -> None:
        init(queue, compiled)
        queue._slots = 1000  # noqa: SLF001 - this is sabotage

    return made


def _first_come(_key: Any) -> Any:
    return lambda queue, _instance: (0.0, 0.0, 0, queue._arrivals)  # noqa: SLF001 - as above


def _of_now(bound: Any) -> Any:
    return lambda _as_of: bound(None)


A = "tests/acceptance"
SABOTAGES: Mapping[str, Sabotage] = {
    "retries": Sabotage(
        "K2",
        f"{A}/test_retries_and_limits.py::test_a_flaky_step_succeeds_on_the_second_attempt_and_both_are_in_the_history",
        "milepost.domain.policies:RetryPolicy.retries",
        always(value=False),
    ),
    "step timeouts": Sabotage(
        "H11",
        f"{A}/test_retries_and_limits.py::test_a_step_that_passes_its_timeout_fails_then_and_frees_its_slot",
        "milepost.engine.core.timers:Timers.add",
        _without_step_limits,
    ),
    "running side by side": Sabotage(
        "G5",
        f"{A}/test_order.py::test_the_two_middle_steps_of_a_diamond_run_at_the_same_time",
        "milepost.engine.core.ready:ReadyQueue.__init__",
        _one_slot,
    ),
    "the cap on running side by side": Sabotage(
        "B13",
        f"{A}/test_order.py::test_twenty_free_steps_never_run_more_than_five_at_once",
        "milepost.engine.core.ready:ReadyQueue.__init__",
        _many_slots,
    ),
    "priorities": Sabotage(
        "A22",
        f"{A}/test_order.py::test_a_higher_priority_runs_first_when_slots_are_scarce",
        "milepost.engine.core.ready:ReadyQueue._key",
        _first_come,
    ),
    "conditions": Sabotage(
        "A22",
        f"{A}/test_order.py::test_a_false_condition_skips_a_step_and_the_reason_is_recorded",
        "milepost.engine.core.skips:_unmet_condition",
        always(None),
    ),
    "writes to the context": Sabotage(
        "I2",
        f"{A}/test_records.py::test_a_step_reads_the_output_of_another_and_the_context_gathers_results",
        "milepost.engine.core.attempts:write_context",
        always(None),
    ),
    "checks of arguments": Sabotage(
        "E8",
        f"{A}/error_cases/test_refused.py::test_a_faulty_plan_is_refused_with_a_pointer_and_nothing_is_stored",
        "milepost.adapters.workflow.arguments:Arguments.problems",
        always(()),
    ),
    "checks of answers": Sabotage(
        "H18",
        "tests/e2e/cli/test_steering.py::test_answers_are_checked_and_a_wrong_one_changes_nothing",
        "milepost.adapters.tools.bounded_check:BoundedCheck.problem",
        always(None),
    ),
    "comparing in replay": Sabotage(
        "Q3",
        "tests/e2e/cli/test_proving.py::test_replay_names_the_event_that_does_not_follow",
        "milepost.engine.replay:_same",
        always(value=True),
    ),
    "comparing in check": Sabotage(
        "U5",
        "tests/e2e/cli/test_proving.py::test_a_changed_table_is_found_and_a_rebuild_mends_it",
        "milepost.adapters.store.check:_findings",
        always(()),
    ),
    "reading as of a moment": Sabotage(
        "Y6",
        f"{A}/test_records.py::test_the_state_is_printed_at_a_pause_and_at_any_past_event",
        "milepost.adapters.store.reads_story:bound",
        _of_now,
    ),
    "undoing what is finished": Sabotage(
        "K10",
        "tests/unit/engine/test_compensation.py::test_a_failing_plan_undoes_the_last_finished_step_first",
        "milepost.engine.core.compensation:undoable",
        always(()),
    ),
    "finding loops": Sabotage(
        "O1",
        f"{A}/test_loop_prevention.py::test_a_repeating_sequence_is_reported_with_its_steps_and_how_often",
        "milepost.engine.core.loop_detector:holds",
        always(value=False),
    ),
    "adopting results in forks": Sabotage(
        "P1",
        "tests/unit/engine/test_forking.py::test_what_was_finished_is_adopted_and_the_rest_runs",
        "milepost.engine.core.forking:_inherit",
        always(None),
    ),
}

if VARIABLE in os.environ:
    SABOTAGES[os.environ[VARIABLE]].commit()
