"""The checks of the chaos engine find what they are there to find."""

from dataclasses import replace

import pytest

from milepost.adapters.store.memory import MemoryStore
from milepost.domain.errors import ValidationError
from milepost.domain.plans import PlanResult, PlanStatus
from milepost.engine.journal import Stored
from milepost.engine.replay import Difference, ReplayReport
from milepost.testing import ScriptedTools, engine, find_failing_seed, run_virtual
from milepost.testing.chaos import Faults, Made
from milepost.testing.chaos_checks import problems_of

PLAN = {"steps": [{"id": "a", "tool": "t", "input": {}}]}


def recorded() -> tuple[PlanResult, list[Stored]]:
    store = MemoryStore()

    async def main() -> PlanResult:
        async with engine(ScriptedTools(), store=store) as opened:
            return await opened.run(PLAN)

    result = run_virtual(main)
    return result, [store.stored(at) for at in store.positions[result.plan_id]]


RESULT, STORED = recorded()
EQUAL = ReplayReport(RESULT.plan_id, len(STORED))
START = next(one.position for one in STORED if one.event.kind == "step.started.v1")
END = next(one.position for one in STORED if one.event.kind == "step.completed.v1")


def problems(*calls: Made, result: PlanResult = RESULT, replayed: ReplayReport = EQUAL) -> str:
    return "; ".join(problems_of(result, replayed, STORED, calls))


def test_a_run_as_it_must_be_has_no_problem() -> None:
    assert problems(Made("a", 0, 1, START)) == ""


def test_each_thing_that_must_not_be_is_told() -> None:
    call = Made("a", 0, 1, START)
    assert "called after it had completed" in problems(replace(call, position=END))
    assert "was called 2 times" in problems(call, call)
    assert "called before it was stored" in problems(replace(call, position=START - 1))
    assert "attempt 2 of step a was called before" in problems(replace(call, attempt=2))
    assert "before it was stored" in problems(replace(call, activation=1))
    running = RESULT.model_copy(update={"status": PlanStatus.PAUSED, "waiting": ("a",)})
    assert problems(call, result=running) == "the plan did not end: it is paused and waits for a"
    different = replace(EQUAL, difference=Difference(3, "p#3", None, None, "why"))
    assert problems(call, replayed=different) == "its replay differs at event p#3: why"


def test_faults_depend_on_seed_step_activation_and_attempt_alone() -> None:
    chances = Faults(seed=4, errors=0.3, crashes=0.3, delays=(1, 2), codes=("busy", "slow"))
    calls = [
        (step, activation, attempt) for step in "abc" for activation in (0, 1) for attempt in (1, 2)
    ]
    forwards = [chances.of(*call) for call in calls]
    assert forwards == [chances.of(*call) for call in reversed(calls)][::-1]
    assert forwards != [replace(chances, seed=5).of(*call) for call in calls]
    kinds = {fault.kind.value for number in range(99) for fault in chances.of("a", 0, number)}
    assert kinds == {"delay", "error", "crash_before", "crash_after"}


@pytest.mark.parametrize(
    "wrong",
    [{"errors": 1.5}, {"crashes": -1}, {"delays": (2, 1)}, {"delays": (-1, 1)}, {"codes": ()}],
)
def test_chances_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Faults(**wrong)  # type: ignore[arg-type]


def test_the_first_seed_that_raises_or_returns_false_is_found() -> None:
    def raises(seed: int) -> None:
        assert seed < 7

    assert find_failing_seed(raises, range(20)) == 7
    assert find_failing_seed(lambda seed: seed != 3, range(20)) == 3
    assert find_failing_seed(raises, range(7)) is None
