"""What is certain to be lost or to fail in a step is refused before it runs."""

import pytest

from .texts import load_step, step_refusal


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("type: wait\nfor: 1s\nwait_for: 5h", "w.yaml:6:5: `for` and `wait_for` are the same key"),
        (
            "type: wait\nwait_until: 2026-01-01T00:00:00Z\nuntil: 2027-01-01T00:00:00Z",
            "w.yaml:6:5: `wait_until` and `until` are the same key; keep one",
        ),
        ("type: response\ntext: a\noutput: b", "w.yaml:6:5: `output` is all that is answered"),
        ("type: response\ninput: {a: 1}\noutput: b", "`output` is all that is answered; put the"),
    ],
)
def test_a_key_that_would_be_lost_is_refused(step: str, message: str) -> None:
    assert message in step_refusal(step)


@pytest.mark.parametrize("count", ["'3'", "2.0", "2.5", "-1", "true", "three", "[1]", "n ${x}"])
def test_a_count_that_is_no_whole_number_is_refused(count: str) -> None:
    refused = step_refusal(f"type: loop\ncount: {count}\nsteps: [{{tool: t}}]")

    assert refused.startswith("w.yaml:5:5: `count` must be a whole number from 0, or one ${…}")


@pytest.mark.parametrize("items", ["5", "abc", "{a: 1}", "true", "n ${x}"])
def test_a_loop_over_what_is_no_list_is_refused(items: str) -> None:
    refused = step_refusal(f"type: loop\nfor_each: {items}\nsteps: [{{tool: t}}]")

    assert refused.startswith("w.yaml:5:5: `for_each` must be a list, or one ${…}")


@pytest.mark.parametrize("way", ["count: 0", "count: ${x}", "for_each: []", "for_each: ${x}"])
def test_a_loop_that_may_work_is_read(way: str) -> None:
    assert load_step(f"type: loop\n{way}\nsteps: [{{tool: t}}]").steps
