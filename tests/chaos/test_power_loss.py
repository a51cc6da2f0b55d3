"""Power lost at any moment: what was synced is there, and nothing of it is damaged.

A run is traced, the disk is rebuilt as it may have been left after each system call, and every
such state is opened.
"""

import random
from collections.abc import Callable, Sequence

import pytest

from .conftest import Tallying
from .crash_trials import joined, oracle_on, problems_of, some, traced
from .disk import CrashState, crash_states
from .programs import carry_on_without_durability, die_of_a_refusal, insist, run_a_crowd
from .scene import KILLED, Scene
from .syscalls import Create, Sync, Write
from .tally import Tally

pytestmark = [pytest.mark.chaos, pytest.mark.strace, pytest.mark.timeout(7200)]
NewScene = Callable[[], Scene]
_FAILING = "inject=fdatasync:error=EIO:when={}"


def test_acknowledged_events_survive_power_loss(
    scene: Scene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    code, operations = traced(scene)
    assert code == 0
    points = some(operations, luck, None if campaign else 10)
    with tally("power loss while one plan runs") as figures:
        for number, state in enumerate(crash_states(operations, luck, points)):
            _try(figures, state, go_on=number % 12 == 0)


def test_acknowledged_events_survive_power_loss_where_the_log_begins_anew(
    scene: Scene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    code, operations = traced(scene, run_a_crowd)
    assert code == 0
    begun_anew = [
        number
        for number, one in enumerate(operations)
        if isinstance(one, Write) and one.path.name.endswith("-wal") and one.offset == 0
    ]
    assert len(begun_anew) > 1, "the write-ahead log was never begun anew"
    points = some(operations, luck, 1500 if campaign else 2)
    points |= frozenset(luck.sample(begun_anew, len(begun_anew) if campaign else 1))
    with tally("power loss while 48 plans run, the log begun anew") as figures:
        for state in crash_states(operations, luck, points):
            _try(figures, state)


def test_the_oracle_finds_what_a_store_without_durability_loses(
    scene: Scene, campaign: bool, luck: random.Random, tally: Tallying
) -> None:
    code, operations = traced(scene, carry_on_without_durability)
    assert code == 0
    points = some(operations, luck, 400 if campaign else 12)
    with tally("the oracle's own test: power loss with synchronous=NORMAL") as figures:
        lossy = 0
        for state in crash_states(operations, luck, points):
            lossy += _lost(state)
            figures.add([], "NORMAL")
        figures.remark(f"{lossy / figures.trials:.0%} of the states lost acknowledged events")
        assert lossy > figures.trials / 10


def test_the_oracle_finds_what_a_disk_loses_whose_folders_are_not_synced(
    scene: Scene, luck: random.Random
) -> None:
    _code, operations = traced(scene)
    blind = [one for one in operations if not (isinstance(one, Sync) and one.path.is_dir())]
    assert any(isinstance(one, Create) for one in blind)
    states = crash_states(blind, luck, frozenset([len(blind) // 2]))
    assert any(_lost(state) for state in states)


@pytest.mark.parametrize("program", [insist, die_of_a_refusal])
def test_nothing_is_built_upon_a_failed_sync(
    program: Callable[..., None],
    new_scene: NewScene,
    campaign: bool,
    luck: random.Random,
    tally: Tallying,
) -> None:
    with tally(f"power loss after fdatasync failed (`{program.__name__}`)") as figures:
        for number in range(6, 46) if campaign else [luck.randint(6, 34)]:
            scene = new_scene()
            code, first = traced(scene, program, "-e", _FAILING.format(number))
            operations, since = first, _first_failure(first)
            if code == KILLED:
                operations = joined(first, traced(scene)[1])
            points = some(operations, luck, 12 if campaign else 3, since=since)
            for state in crash_states(operations, luck, points):
                _try(figures, state, where=f"EIO at {number}")


def _first_failure(operations: Sequence[object]) -> int:
    failed = (
        number for number, one in enumerate(operations) if isinstance(one, Sync) and one.failed
    )
    return next(failed, 0)


def _try(
    figures: Tally, state: CrashState, *, go_on: bool = False, where: str = "power lost"
) -> None:
    figures.add(problems_of(state, go_on=go_on), f"{where} after {state.after}, {state.fate}")


def _lost(state: CrashState) -> bool:
    problems = oracle_on(state)
    damaged = [problem for problem in problems if problem.startswith("I18")]
    assert not damaged, damaged
    return any(problem.startswith("I1 ") for problem in problems)
