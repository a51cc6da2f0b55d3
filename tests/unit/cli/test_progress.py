"""A running plan's bar and rows follow its events."""

import io
from datetime import timedelta

from rich.console import Console

from milepost.adapters.cli.screen.progress import MOST_ROWS, Progress
from milepost.adapters.workflow import load_text

from .views import event

SHORT = """
name: short
steps:
  - {id: load, name: Load it, tool: time.now, input: {}}
  - id: both
    type: parallel
    depends_on: [load]
    steps:
      - {id: a, tool: time.now, input: {}}
      - {id: b, tool: time.now, input: {}}
"""
LONG = "name: long\nsteps:\n" + "".join(
    f"  - {{id: s{number}, tool: time.now, input: {{}}}}\n" for number in range(40)
)


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def following(text: str) -> tuple[Progress, Hand]:
    clock = Hand()
    return Progress(load_text(text, name="a.yaml").spec, unicode=False, clock=clock), clock


def shown(progress: Progress) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=120).print(progress)
    return stream.getvalue().splitlines()


def test_before_anything_happened_all_steps_are_there_and_nothing_is_estimated() -> None:
    progress, _clock = following(SHORT)
    lines = shown(progress)

    assert lines[0].startswith("short ----")
    assert "0%  0/4 steps" in lines[0]
    assert "left" not in lines[0]
    assert [line.strip() for line in lines[1:]] == [". Load it", ". both", ".   a", ".   b"]


def test_percent_states_times_and_the_remaining_time_follow_the_events() -> None:
    progress, clock = following(SHORT)
    progress.note(event("step.started", step="load"))
    clock.seconds = 2
    progress.note(event("step.completed", step="load"))
    progress.note(event("step.started", step="both"))
    progress.note(event("step.started", step="both.a"))
    clock.seconds = 3
    lines = shown(progress)

    assert "25%  1/4 steps" in lines[0]
    assert progress.remaining == timedelta(seconds=9)
    assert "about 9s left" in lines[0]
    assert lines[1].strip() == "+ Load it  2s"
    assert lines[3].strip() == ">   a  1s"


def test_iterations_join_the_rows_when_they_begin() -> None:
    progress, _clock = following(
        "steps:\n  - {id: each, type: loop, count: 3, steps: [{id: x, tool: time.now, input: {}}]}"
    )
    progress.note(event("step.started", step="each[0].x"))

    assert any("each[0].x" in line for line in shown(progress))


def test_a_long_plan_shows_what_runs_and_what_ended_last() -> None:
    progress, clock = following(LONG)
    for number in range(20):
        clock.seconds += 1
        progress.note(event("step.started", step=f"s{number}"))
        progress.note(event("step.completed", step=f"s{number}"))
    progress.note(event("step.started", step="s30"))
    rows = shown(progress)[1:]

    assert len(rows) <= MOST_ROWS
    assert [row.split()[1] for row in rows] == ["s16", "s17", "s18", "s19", "s30"]


def test_a_retry_and_a_reset_take_a_step_back() -> None:
    progress, _clock = following(SHORT)
    progress.note(event("step.started", step="load"))
    progress.note(event("step.retrying", step="load"))
    assert any("~ Load it" in line and line.endswith("retrying") for line in shown(progress))

    progress.note(event("step.completed", step="load"))
    progress.note(event("step.reset", step="load"))
    assert progress.done == 0
