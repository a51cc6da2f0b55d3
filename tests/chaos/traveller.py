"""The one who carries a plan on that goes back, and asks again for what was not acknowledged."""

from milepost import Milepost, RefusedError
from milepost.engine.tooling import Tool

from .errands import JOURNEY, Errand
from .ledger import Ledger
from .programs import OPEN, Carrier, known_plan
from .tools import world_tools
from .undo_tools import undo_tools


class Traveller(Carrier):
    """Carries a plan on that goes back, and answers for each activation by itself."""

    def __init__(self, mp: Milepost, ledger: Ledger) -> None:
        super().__init__(mp, ledger, JOURNEY)
        self.watch = self._watch

    async def lead_up(self, errand: Errand) -> None:
        """Run to the first stop, do what comes before, go on to the last."""
        if errand.locked:
            self._ledger.note("locked")
        result = await self._mp.run(self._plan, breakpoints=errand.stops, watch=self.watch)
        if errand.before is not None:
            await errand.before(self._mp, result.plan_id, self.watch)
        for _stop in errand.stops[1:]:
            result = (await self._mp.resume(result.plan_id, watch=self.watch))[0]
        if errand.ended:
            result = (await self._mp.resume(result.plan_id, watch=self.watch))[0]
            assert result.status not in OPEN, result

    async def run(self, errand: Errand, plan: str) -> None:
        """Ask until it is acknowledged, then carry on what is open."""
        if not self._ledger.entries("told"):
            if errand.locked and errand.status == "completed":
                self._ledger.note("unlocked")
            again = bool(self._ledger.entries("asked"))
            self._ledger.note("asked")
            self._ledger.note("told", result=await self._ask(errand, plan, again=again))
        for one in (await self._mp.plans()).items:
            await self.to_its_end(one.id)

    async def to_its_end(self, plan: str) -> None:
        """Carry one plan on, and note its end."""
        result = await self._mp.wait(plan)
        while result.status in OPEN:
            for step in result.waiting:
                await self._answer(plan, step)
            if result.waiting:
                result = await self._mp.wait(plan)
            else:
                result = (await self._mp.resume(plan, watch=self.watch))[0]
        report = await self._mp.replay(plan)
        self._ledger.note(
            "end",
            plan=plan,
            status=result.status,
            output=result.final_output,
            replay=str(report.difference),
        )

    async def _ask(self, errand: Errand, plan: str, *, again: bool) -> str:
        """Ask; what was asked before may have been done, or be under way."""
        try:
            return str(await errand.ask(self._mp, plan, self.watch))
        except RefusedError as error:
            if not again:
                raise
            await self._rest(plan)
            try:
                return str(await errand.ask(self._mp, plan, self.watch))
            except RefusedError:
                return f"done before: {error}"

    async def _rest(self, plan: str) -> None:
        """Let what was begun before come to its rest."""
        result = await self._mp.wait(plan)
        if result.status == "running":
            result = (await self._mp.resume(plan, watch=self.watch))[0]
        for step in result.waiting:
            await self._answer(plan, step)

    async def _answer(self, plan: str, step: str) -> None:
        """Answer as a person does who looks up what this activation did to the world."""
        activation = (await self._mp.state(plan)).state["steps"][step]["activation"]
        key = f"{plan}/{step}/{activation}"
        effects = [entry for entry in self._ledger.entries("effect") if entry["key"] == key]
        try:
            if step == "approve":
                await self._mp.answer(plan, step, value=True)
            elif effects:
                await self._mp.answer(plan, step, value=effects[-1]["result"], why="it was done")
            else:
                await self._mp.answer(plan, step, outcome="retry", why="it was not done")
        except RefusedError:  # an answer that was given before a crash came first
            return


def first_plan(ledger: Ledger) -> str:
    """Return the plan that was begun first."""
    return str(known_plan(ledger))


def all_tools(ledger: Ledger) -> list[Tool]:
    """Return every tool that plans call here."""
    return [*world_tools(ledger), *undo_tools(ledger)]
