"""Undoing in random plans: each finished step that can be undone is, once, the last one first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.events import Event

from .match import CHOICES
from .referee_of_moments import name_of, owner
from .travel import Traveller, each_tool, travelled_plans
from .written_plans import WrittenPlan

UNDO = "~undo"
CRASHES = st.frozensets(st.integers(0, 20), max_size=8)


def compensable(plan: WrittenPlan) -> set[str]:
    return {step["id"] for step in each_tool(plan.steps) if "compensate" in step}


def to_undo(events: list[Event], ids: set[str]) -> list[str]:
    """Return the finished steps that can be undone, the last to finish first."""
    done: list[str] = []
    for event in events:
        family, what, path = name_of(event)
        if family != "step" or path.endswith(UNDO):
            continue
        if path in done and what == "reset":
            done.remove(path)
        if what == "completed" and path.rpartition(".")[2] in ids:
            done.append(path)
    return done[::-1]


def undone(events: list[Event]) -> list[str]:
    ends = [name_of(event) for event in events if name_of(event)[0] == "step"]
    return [
        path[: -len(UNDO)] for _f, what, path in ends if path.endswith(UNDO) and what == "completed"
    ]


def go_on(traveller: Traveller, choice: int) -> bool:
    """Let one thing happen, or have what was cut off made again; tell whether anything was left."""
    run = traveller.run
    if traveller.turn(choice):
        return True
    if run.state.plan.ended or not run.state.asking:
        return False
    assert run.state.plan.status == "paused"
    run.ask("answer", step=next(iter(run.state.asking)), outcome="retry")
    return True


@given(
    travelled_plans(stopping=True),
    CHOICES,
    st.integers(0, 40),
    CRASHES,
    st.booleans(),
    st.booleans(),
)
def test_what_was_done_is_undone_once_in_reverse_order(
    plan: WrittenPlan,
    choices: list[int],
    size: int,
    crashes: frozenset[int],
    writes: bool,
    cancels: bool,
) -> None:
    traveller = Traveller(plan)
    run = traveller.run
    for turn in range(300):
        if turn in crashes and not run.state.plan.ended:
            run.crash(writes=writes)
        if turn == size and cancels:
            run.ask("cancel")
        if not go_on(traveller, choices[turn] if turn < len(choices) else 0):
            break
    assert run.state.plan.ended
    log = run.own
    begun = [at for at, event in enumerate(log) if event.kind == "plan.compensation_begun.v1"]
    expected = to_undo(log[: begun[0]] if begun else log, compensable(plan))
    if run.state.plan.status == "completed":
        assert begun == []
        return
    assert undone(log) == expected
    assert len(begun) == (1 if expected else 0)
    starts = [name_of(event)[2] for event in log if event.kind == "step.started.v1"]
    if not crashes:
        assert [path for path in starts if path.endswith(UNDO)] == [p + UNDO for p in expected]
    assert run.replayed().difference is None
    assert all(owner(path) != path for path in expected)
