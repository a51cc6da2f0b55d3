"""What people ask of a plan that goes back or elsewhere: how it is led up to, asked and ends."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from milepost import Milepost
from milepost.domain.events import Event
from milepost.domain.plans import PlanSpec

JOURNEY = Path(__file__).with_name("journey.yaml")
Watch = Callable[[Event], None]
Asking = Callable[[Milepost, str, Watch], Awaitable[object]]
END = {
    "gather": {"room": 102, "car": 205, "facts": 12},
    "each": [200, 202],
    "chain": 4,
    "fee": 214,
    "first": 2,
    "last": 18,
}
"""What the journey answers."""
MIDDLE, LAST = "middle", "last"


@dataclass(frozen=True)
class Errand:
    """One change of a plan's course, and the state that it begins in."""

    ask: Asking
    stops: Sequence[str] = (MIDDLE, LAST)
    """Where the plan pauses: breakpoints."""
    before: Asking | None = None
    """What is asked at the first stop; then it goes on to the second."""
    locked: bool = False
    """Whether the door is locked until the errand is asked for."""
    ended: bool = False
    """Whether the plan has ended before."""
    status: str = "completed"
    output: Mapping[str, Any] | None = field(default_factory=lambda: END)
    forked: Mapping[str, Any] | None = None
    """What a fork answers."""


async def _revise(mp: Milepost, plan: str, watch: Watch) -> object:
    return await mp.revise(plan, await changed(mp, plan), who="reviser", watch=watch)


async def changed(mp: Milepost, plan: str) -> PlanSpec:
    """Return the journey with another last step, and two more that come before it in turn."""
    content = (await mp.content(plan)).model_dump(mode="json", exclude_defaults=True, by_alias=True)
    *steps, last, answer = content["steps"]
    more = {"id": "more", "kind": "tool_call", "tool": "post", "input": {"amount": 1}}
    more |= {"depends_on": ["door"], "on_unknown": "retry"}
    more["compensate"] = {"tool": "unpost", "input": {"amount": "${more.output}"}}
    extra = {"id": "extra", "kind": "tool_call", "tool": "weigh", "input": {"number": 2}}
    extra["depends_on"] = ["middle"]
    last = {**last, "input": {"number": "${more.output}"}, "depends_on": ["door", "more"]}
    return PlanSpec.model_validate({**content, "steps": [*steps, more, extra, last, answer]})


async def _roll_back(mp: Milepost, plan: str, watch: Watch) -> object:
    return await mp.rollback(plan, 1, effects="accept", who="roller", watch=watch)


async def _undo_and_roll_back(mp: Milepost, plan: str, watch: Watch) -> object:
    return await mp.rollback(plan, 1, effects="compensate", who="roller", watch=watch)


async def _restore(mp: Milepost, plan: str, watch: Watch) -> object:
    return await mp.restore(plan, checkpoint="early", effects="accept", who="keeper", watch=watch)


async def _undo_and_restore(mp: Milepost, plan: str, watch: Watch) -> object:
    return await mp.restore(
        plan, checkpoint="early", effects="compensate", who="keeper", watch=watch
    )


async def _name_it(mp: Milepost, plan: str, _watch: Watch) -> object:
    """Name the moment when the booking of the car was stored."""
    history = await mp.history(plan, step="gather.car", kinds=["step.completed"])
    return await mp.checkpoint(plan, "early", at=history.items[0].id)


async def _snapshot(mp: Milepost, plan: str, _watch: Watch) -> object:
    return await mp.checkpoint(plan, "state", snapshot=True)


async def _name_it_and_revise(mp: Milepost, plan: str, watch: Watch) -> object:
    await _name_it(mp, plan, watch)
    return await _revise(mp, plan, watch)


async def _go_back_twice(mp: Milepost, plan: str, watch: Watch) -> object:
    return [await ask(mp, plan, watch) for ask in WAYS.values()]


async def _compensate(mp: Milepost, plan: str, _watch: Watch) -> object:
    return await mp.compensate(plan)


async def _recover(mp: Milepost, plan: str, watch: Watch) -> object:
    return await mp.recover(plan, strategy="resume", effects="accept", who="mender", watch=watch)


async def _fork(mp: Milepost, plan: str, watch: Watch) -> object:
    return await mp.fork(plan, checkpoint="early", watch=watch)


async def _fork_otherwise(mp: Milepost, plan: str, watch: Watch) -> object:
    return await mp.fork(plan, checkpoint="early", replace={"gather.car": 300}, watch=watch)


async def _go_on(mp: Milepost, plan: str, watch: Watch) -> object:
    return (await mp.resume(plan, watch=watch))[0].status


WAYS = {"roll back": _roll_back, "restore": _restore}
"""Ways back that a plan may be asked to go by several at one moment."""
ERRANDS = {
    "revise": Errand(_revise, stops=(MIDDLE,), output={**END, "last": 402}),
    "roll back": Errand(_roll_back, before=_revise),
    "undo and roll back": Errand(_undo_and_roll_back, before=_revise, ended=True),
    "restore": Errand(_restore, before=_name_it),
    "undo and restore": Errand(_undo_and_restore, before=_name_it),
    "restore what has ended": Errand(_restore, before=_name_it, ended=True),
    "fork": Errand(_fork, before=_name_it, stops=(MIDDLE,), forked=END),
    "fork with another result": Errand(
        _fork_otherwise,
        before=_name_it,
        stops=(MIDDLE,),
        forked={**END, "gather": {"room": 102, "car": 300, "facts": 12}},
    ),
    "roll back, then restore": Errand(_go_back_twice, before=_name_it_and_revise),
    "compensate": Errand(_compensate),
    "fail and undo": Errand(_go_on, locked=True, stops=(MIDDLE,), status="failed", output=None),
    "recover": Errand(_recover, locked=True, ended=True, stops=(MIDDLE,)),
    "snapshot": Errand(_snapshot),
}
