"""Rules of a simulation: what an attempt takes, gives and fails with, and bad ones refused."""

import math
from datetime import timedelta
from typing import Any

import pytest

from milepost.domain.errors import ValidationError
from milepost.testing import Failure, Trial
from milepost.testing.trials import check_names, durations, failures, outputs


def trial(step: str = "load", *, attempt: int = 1, tool: str = "t", seed: int = 0) -> Trial:
    return Trial(seed, step, 0, attempt, tool)


def seconds(given: Any, **which: Any) -> float:
    rule = durations({"*": given}).find("load", None)
    assert rule is not None
    return rule(trial(**which))


def failure(given: Any, **which: Any) -> Failure | None:
    rule = failures({"*": given}).find("load", None)
    assert rule is not None
    return rule(trial(**which))


def test_a_rule_is_found_by_path_then_path_without_numbers_then_id_then_tool_then_star() -> None:
    given = {"each[1].fetch": 1, "each.fetch": 2, "fetch": 3, "http.get": 4, "*": 5}
    found = []
    for name in given:
        rule = durations(given).find("each[1].fetch", "http.get")
        assert rule is not None
        found.append(rule(trial()))
        given = {key: value for key, value in given.items() if key != name}
    assert found == [1, 2, 3, 4, 5]
    assert durations({"other": 1}).find("fetch", None) is None


def test_durations_are_seconds_texts_ranges_and_functions() -> None:
    assert seconds(2) == 2
    assert seconds("1m30s") == 90
    assert seconds(timedelta(hours=1)) == 3600
    assert seconds(lambda one: one.attempt * 7, attempt=3) == 21
    drawn = {seconds((1, "3s"), seed=seed) for seed in range(50)}
    assert len(drawn) == 50
    assert all(1 <= each <= 3 for each in drawn)


def test_the_same_attempt_draws_the_same_numbers_and_every_other_draws_others() -> None:
    one = trial().luck("a").random()
    assert trial().luck("a").random() == one
    others = [trial(seed=1), trial("save"), trial(attempt=2), Trial(0, "load", 1, 1, "t")]
    assert (
        len({one, trial().luck("b").random(), *(each.luck("a").random() for each in others)}) == 6
    )


def test_failures_are_codes_rates_objects_and_one_per_attempt() -> None:
    assert failure(None) is None
    assert failure(0) is None
    assert failure("busy") == Failure("busy")
    assert failure(Failure("full", retryable=False)) == Failure("full", retryable=False)
    assert failure({"code": "busy", "retryable": False}) == Failure("busy", retryable=False)
    per_attempt = ["busy", "slow", None]
    codes = [failure(per_attempt, attempt=number) for number in (1, 2, 3, 9)]
    assert codes == [Failure("busy"), Failure("slow"), None, None]
    assert failure(lambda one: "late" if one.attempt > 1 else None, attempt=2) == Failure("late")


def test_a_rate_is_the_share_of_attempts_that_fail() -> None:
    failed = sum(failure(0.2, seed=seed) is not None for seed in range(2_000))
    assert 320 < failed < 480


def test_outputs_are_values_and_functions() -> None:
    rule = outputs({"load": lambda one: {"by": one.step}}).find("load", None)
    assert rule is not None
    assert rule(trial()) == {"by": "load"}


@pytest.mark.parametrize("value", [-1, math.nan, "soon", [1], [1, 2, 3], [3, 2], True, None, {}])
def test_what_is_no_duration_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"^durations load: "):
        durations({"load": value})


@pytest.mark.parametrize(
    "value", [-0.1, 1.1, math.nan, {}, [], {"rat": 1}, {"code": 5}, {"rate": "x"}, object()]
)
def test_what_says_not_how_to_fail_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"^failures load: "):
        failures({"load": value})


def test_a_function_that_gives_no_duration_is_told() -> None:
    with pytest.raises(ValidationError, match=r"^durations \*: 'soon' is not a duration"):
        seconds(lambda _trial: "soon")


def test_names_that_the_plan_does_not_have_are_refused_with_the_nearest() -> None:
    known = ["load", "fetch", "each.fetch", "http.get"]
    check_names({"load": 1, "each[2].fetch": 1, "http.get": 1, "*": 1}, known, where="durations")
    with pytest.raises(ValidationError, match=r"^durations: 'lod' .*did you mean `load`"):
        check_names({"lod": 1}, known, where="durations")
    with pytest.raises(ValidationError, match=r"'eech\[2\].fetch' .*did you mean `each.fetch`"):
        check_names({"eech[2].fetch": 1}, known, where="durations")
