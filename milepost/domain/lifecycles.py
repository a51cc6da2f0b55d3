"""The lifecycles of steps and plans, each one table in a shared, model-less state machine.

`transitions` holds the table and draws it; nothing of it is conjured onto aggregates. Asking
costs a look-up, because the moves are compiled once from the machine's own events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from transitions import Machine

from .errors import IllegalTransitionError
from .plans import PlanStatus
from .steps import StepStatus

State = TypeVar("State", bound=StrEnum)


class Move(NamedTuple):
    """One row of a lifecycle table: `trigger` leads from each of `sources` to `target`."""

    trigger: str
    sources: Iterable[StrEnum]
    target: StrEnum


class Lifecycle(Generic[State]):
    """A table of legal moves; `after` answers, it never changes anything."""

    def __init__(self, name: str, *, initial: State, moves: Iterable[Move]) -> None:
        self.name = name
        self.initial = initial
        self.moves = tuple(moves)
        self.states: type[State] = type(initial)
        self.machine = Machine(
            model=None,
            states=sorted({state.value for move in self.moves for state in _ends(move)}),
            initial=initial.value,
            transitions=self.rows(),
            auto_transitions=False,
        )
        self._targets = self._compiled()

    def rows(self) -> list[dict[str, str]]:
        """Return the table as `transitions` takes it, one row per trigger and source."""
        return [
            {"trigger": move.trigger, "source": source.value, "dest": move.target.value}
            for move in self.moves
            for source in move.sources
        ]

    def after(self, trigger: str, state: State, what: str) -> State:
        """Return the state that `trigger` leads to; raise `IllegalTransitionError` if none."""
        target = self._targets.get((trigger, state))
        if target is None:
            raise IllegalTransitionError(what, state=state.value, trigger=trigger)
        return target

    def allows(self, trigger: str, state: State) -> bool:
        """Tell whether `trigger` is legal in `state`."""
        return (trigger, state) in self._targets

    def _compiled(self) -> Mapping[tuple[str, State], State]:
        return {
            (trigger, self.states(source)): self.states(str(transition.dest))
            for trigger, event in self.machine.events.items()
            for source, transitions in event.transitions.items()
            for transition in transitions
        }


def _ends(move: Move) -> list[StrEnum]:
    return [*move.sources, move.target]


_S = StepStatus
STEP = Lifecycle(
    "step",
    initial=_S.PENDING,
    moves=[
        Move("start", [_S.PENDING, _S.RETRYING, _S.SUSPENDED], _S.RUNNING),
        Move("complete", [_S.RUNNING, _S.SUSPENDED], _S.COMPLETED),
        Move("fail", [_S.PENDING, _S.RUNNING, _S.RETRYING, _S.SUSPENDED], _S.FAILED),
        Move("retry", [_S.RUNNING, _S.SUSPENDED], _S.RETRYING),
        Move("suspend", [_S.RUNNING], _S.SUSPENDED),
        Move("skip", [_S.PENDING, _S.RETRYING, _S.SUSPENDED], _S.SKIPPED),
        Move("cancel", [_S.PENDING, _S.RUNNING, _S.RETRYING, _S.SUSPENDED], _S.CANCELLED),
        Move("adopt", [_S.PENDING], _S.COMPLETED),
        Move("reset", [state for state in _S if state is not _S.READY], _S.PENDING),
    ],
)

_P = PlanStatus
PLAN = Lifecycle(
    "plan",
    initial=_P.READY,
    moves=[
        Move("start", [_P.READY], _P.RUNNING),
        Move("pause", [_P.RUNNING], _P.PAUSED),
        Move("resume", [_P.PAUSED], _P.RUNNING),
        Move("complete", [_P.RUNNING, _P.PAUSED], _P.COMPLETED),
        Move("fail", [_P.READY, _P.RUNNING, _P.PAUSED], _P.FAILED),
        Move("cancel", [_P.READY, _P.RUNNING, _P.PAUSED], _P.CANCELLED),
        Move("reopen", [_P.COMPLETED, _P.FAILED, _P.CANCELLED], _P.RUNNING),
    ],
)
PLAN_ENDED = frozenset({_P.COMPLETED, _P.FAILED, _P.CANCELLED})
