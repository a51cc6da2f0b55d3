"""The timeline in the terminal is true to scale and readable in 80 plain columns."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from milepost.adapters.cli.screen.gantt import gantt
from milepost.domain.steps import StepKind, StepStatus
from milepost.projections.epochs import Epoch
from milepost.projections.timeline import Timeline

from .views import at, lane, run, timeline, wait

SERVED = timeline(
    lane("load", run(0, 250), is_critical=True),
    lane("analyse", run(300, 400, "retrying"), wait(400, 450), run(450, 500), available=250),
    lane("both", run(500, 1000), available=500, kind=StepKind.PARALLEL, is_critical=True),
    lane("both.chart", run(500, 1000), available=500, level=1),
    lane("both.report", run(500, 750, "failed"), available=500, status=StepStatus.FAILED),
    total=1000,
)


def drawn(shown: Timeline, *, width: int = 80, unicode: bool = True, most: int = 100) -> list[str]:
    return [line.plain for line in gantt(shown, width=width, unicode=unicode, most=most)]


def bar_of(lines: list[str], label: str) -> str:
    """Return the chart's columns of the lane with that label."""
    ruler = next(line for line in lines if line.strip().startswith(("┴", "+")))
    start, end = len(ruler) - len(ruler.lstrip()), len(ruler.rstrip())
    return next(line for line in lines if line.strip().startswith(label))[start:end]


def extent(bar: str, signs: str) -> tuple[float, float]:
    """Return where signs begin and end, as fractions of the chart."""
    places = [place for place, sign in enumerate(bar) if sign in signs]
    return min(places) / len(bar), (max(places) + 1) / len(bar)


def test_bars_begin_and_end_where_the_steps_did() -> None:
    lines = drawn(SERVED)
    cell = 1 / len(bar_of(lines, "load"))

    assert extent(bar_of(lines, "load"), "█") == pytest.approx((0, 0.25), abs=cell)
    assert extent(bar_of(lines, "chart"), "█") == pytest.approx((0.5, 1), abs=cell)
    assert extent(bar_of(lines, "report"), "▓") == pytest.approx((0.5, 0.75), abs=cell)


def test_steps_side_by_side_share_columns() -> None:
    lines = drawn(SERVED)
    both = zip(bar_of(lines, "chart"), bar_of(lines, "report"), strict=True)

    assert any(one != " " and other != " " for one, other in both)


def test_attempts_waits_and_time_without_a_slot_look_different() -> None:
    bar = bar_of(drawn(SERVED), "analyse")

    assert re.fullmatch(r" *·+▓+░+█+ *", bar)


def test_what_was_taken_back_looks_different() -> None:
    again = timeline(lane("load", replace(run(0, 400), superseded=True), run(400, 800)), total=800)

    assert re.fullmatch(r"▒+█+", bar_of(drawn(again), "load"))
    assert re.fullmatch(r"=+#+", bar_of(drawn(again, unicode=False), "load"))


def test_time_without_a_slot_ends_where_the_step_began_again() -> None:
    before = replace(run(0, 250), superseded=True)
    again = timeline(lane("load", before, run(750, 1000), available=500), total=1000)

    assert re.fullmatch(r"▒+ +·+█+", bar_of(drawn(again), "load"))


def test_a_container_is_a_line_around_its_children() -> None:
    assert re.fullmatch(r" *├─+┤", bar_of(drawn(SERVED), "both"))


def test_the_sums_name_total_serial_and_saved_time_and_the_critical_path() -> None:
    told = "\n".join(drawn(SERVED))

    assert "total 1s, one after the other 1.2s, saved 200ms" in told
    assert "at most 2 at once, side by side for 200ms" in told
    assert "held up by  load → both" in told


@pytest.mark.parametrize("unicode", [True, False])
def test_it_fits_into_80_columns(*, unicode: bool) -> None:
    assert max(cell_len(line) for line in drawn(SERVED, unicode=unicode)) <= 80


def test_without_unicode_only_ascii_is_drawn() -> None:
    assert "".join(drawn(SERVED, unicode=False)).isascii()


def test_labels_in_wide_characters_keep_the_columns_straight() -> None:
    shown = timeline(lane("데이터", run(0, 500)), lane("load", run(0, 500)), total=1000)
    chart = [line for line in drawn(shown) if "█" in line]

    assert len({cell_len(line[: line.index("█")]) for line in chart}) == 1


def test_a_label_cannot_steer_the_terminal() -> None:
    shown = timeline(lane("a", run(0, 500), label="\x1b[2Jx\ny"), total=1000)

    assert "\x1b" not in "".join(drawn(shown))
    assert any("\\x1b[2Jx y" in line for line in drawn(shown))


def test_more_lanes_than_wanted_are_counted() -> None:
    shown = timeline(*(lane(f"s{number}", run(0, 9)) for number in range(9)), total=10)
    lines = drawn(shown, most=4)

    assert sum("█" in line for line in lines) == 4
    assert "and 5 more; see --limit" in lines


def test_a_step_that_still_runs_is_drawn_up_to_now() -> None:
    shown = timeline(lane("a", run(500, None, "running"), status=StepStatus.RUNNING), total=1000)

    assert bar_of(drawn(shown), "a").endswith("▶")


def test_a_plan_that_took_no_time_is_drawn() -> None:
    assert "█" in bar_of(drawn(timeline(lane("a", run(0, 0)), total=0)), "a")


@given(
    total=st.floats(1, 1e9),
    parts=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5),
    width=st.integers(60, 240),
)
def test_any_timeline_keeps_its_scale_and_its_width(
    total: float, parts: list[tuple[float, float]], width: int
) -> None:
    lanes = [
        lane(f"s{number}", run(min(part) * total, max(part) * total))
        for number, part in enumerate(parts)
    ]
    lines = drawn(timeline(*lanes, total=total), width=width)
    for number, part in enumerate(parts):
        bar = bar_of(lines, f"s{number}")
        begin, end = extent(bar, "█")
        assert begin == pytest.approx(min(part), abs=2 / len(bar))
        assert end == pytest.approx(max(part), abs=2 / len(bar))
    assert max(map(cell_len, lines)) <= max(width, 80)


def test_the_time_between_two_epochs_takes_no_room_and_is_marked() -> None:
    twice = timeline(lane("a", run(0, 500)), lane("b", run(9500, 10000)), total=1000)
    epochs = (Epoch(at(0), at(500)), Epoch(at(9500), at(10000)))
    lines = drawn(replace(twice, ended=at(10000), epochs=epochs))
    cell = 1 / len(bar_of(lines, "a"))

    assert extent(bar_of(lines, "a"), "█") == pytest.approx((0, 0.5), abs=cell)
    assert extent(bar_of(lines, "b"), "█") == pytest.approx((0.5, 1), abs=cell)
    ruler = bar_of(lines, "┴")
    assert ruler.index("╫") / len(ruler) == pytest.approx(0.5, abs=cell)


def test_ticks_are_at_round_times() -> None:
    shown = timeline(lane("a", run(0, 1)), total=timedelta(minutes=7).total_seconds() * 1000)
    axis = drawn(shown)[0]

    assert re.findall(r"\d+[hm] \d\d[sm]|\d+s", axis)[:3] == ["0s", "2m 00s", "4m 00s"]
