"""Retry policies: their defaults, their delays, what they retry."""

from datetime import timedelta
from itertools import pairwise

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.durations import MAX_DURATION
from milepost.domain.policies import MAX_ATTEMPTS, RetryPolicy, RetryStrategy, jittered

DURATIONS = st.timedeltas(timedelta(), MAX_DURATION)


def seconds(delays: list[timedelta]) -> list[float]:
    return [delay.total_seconds() for delay in delays]


def test_the_default_policy_is_the_seeds() -> None:
    policy = RetryPolicy()

    assert policy.max_attempts == 3
    assert policy.strategy is RetryStrategy.EXPONENTIAL
    assert policy.initial_delay == timedelta(seconds=1)
    assert policy.max_delay == timedelta(minutes=1)
    assert policy.retryable_errors == ()
    assert seconds(policy.delays()) == [1, 2]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (RetryStrategy.FIXED, [1, 1, 1, 1]),
        (RetryStrategy.LINEAR, [1, 2, 3, 4]),
        (RetryStrategy.EXPONENTIAL, [1, 2, 4, 8]),
    ],
)
def test_each_strategy_has_its_schedule(strategy: RetryStrategy, expected: list[float]) -> None:
    assert seconds(RetryPolicy(max_attempts=5, strategy=strategy).delays()) == expected


def test_delays_stop_growing_at_the_longest_delay() -> None:
    policy = RetryPolicy(max_attempts=9, max_delay="10s")

    assert seconds(policy.delays()) == [1, 2, 4, 8, 10, 10, 10, 10]


@given(
    strategy=st.sampled_from(RetryStrategy),
    initial=DURATIONS,
    longest=DURATIONS,
    attempts=st.integers(1, MAX_ATTEMPTS),
)
def test_delays_never_shrink_and_never_pass_the_longest(
    strategy: RetryStrategy, initial: timedelta, longest: timedelta, attempts: int
) -> None:
    policy = RetryPolicy(
        max_attempts=attempts, strategy=strategy, initial_delay=initial, max_delay=longest
    )
    delays = policy.delays()

    assert len(delays) == attempts - 1
    assert all(timedelta() <= delay <= longest for delay in delays)
    assert all(earlier <= later for earlier, later in pairwise(delays))
    assert delays[:1] == [min(initial, longest)][: attempts - 1]


@given(delay=DURATIONS, randomness=st.floats(0, 1, exclude_max=True))
def test_jitter_leaves_at_least_half_and_never_adds(delay: timedelta, randomness: float) -> None:
    microsecond = timedelta(microseconds=1)

    assert delay / 2 - microsecond <= jittered(delay, randomness) <= delay


def test_an_empty_list_of_errors_retries_what_calls_itself_retryable() -> None:
    policy = RetryPolicy()

    assert policy.retries("timeout", retryable=True)
    assert not policy.retries("timeout", retryable=False)


def test_a_list_of_errors_retries_those_and_no_others() -> None:
    policy = RetryPolicy(retryable_errors=("timeout", "http_503"))

    assert policy.retries("http_503", retryable=False)
    assert not policy.retries("http_500", retryable=True)


@pytest.mark.parametrize(
    "fields",
    [{"max_attempts": 0}, {"max_attempts": MAX_ATTEMPTS + 1}, {"initial_delay": -1}, {"delay": 1}],
)
def test_a_policy_out_of_bounds_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(pydantic.ValidationError):
        RetryPolicy.model_validate(fields)
