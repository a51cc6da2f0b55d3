"""People for plans under test: their answers are written down beforehand, and take their time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import anyio
import orjson
from anyio.abc import TaskGroup

from milepost.adapters.tools.bounded_check import problem_of
from milepost.domain.errors import MilepostError, RefusedError, ValidationError
from milepost.domain.events import Event, StepSuspended, Waiting
from milepost.domain.ids import StepPath, path_of, plan_of
from milepost.domain.plans import PlanResult, PlanStatus
from milepost.domain.values import Json, canonical_bytes
from milepost.engine.coordinator import Watch
from milepost.facade import Milepost


@dataclass(frozen=True, slots=True)
class Question:
    """What a step of a plan asks, for the `asked`-th time; `is_unknown` after a cut-off call."""

    step: StepPath
    asked: int
    is_unknown: bool
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says after some seconds: a value; `retry` or `fail` to an unknown outcome."""

    value: Json = None
    seconds: float = 0.0
    outcome: str = "value"


Reply = Callable[[Question], Answer | None]
"""Gives the answer to a question, None if nobody answers."""
Begin = Callable[[Watch], Awaitable[str]]
"""Starts or resumes a plan that the given function then watches; returns its id."""


async def carry_out(opened: Milepost, begin: Begin, reply: Reply) -> PlanResult:
    """Carry a plan to its end with people who answer; paused if nobody answers what it asks.

    Raises `ValidationError` for an answer that does not fit its question, or that `reply` fails
    to give.
    """
    people = _People(opened, reply)
    failure: MilepostError | None = None
    async with anyio.create_task_group() as people.tasks:
        try:
            result = await people.wait(await begin(people.listen))
        except MilepostError as error:
            failure = error
        people.tasks.cancel_scope.cancel()
    failure = failure or people.misfit
    if failure is not None:
        raise failure
    return result


class _People:
    """Listens for questions and answers each in a task of its own."""

    tasks: TaskGroup

    def __init__(self, opened: Milepost, reply: Reply) -> None:
        self.misfit: RefusedError | None = None
        self._opened = opened
        self._reply = reply
        self._asked: Counter[StepPath] = Counter()
        self._thinking = 0
        self._answered = anyio.Event()

    def listen(self, event: Event) -> None:
        """Take note of an event; begin to think if it asks something."""
        path = path_of(event.originator_id)
        if path is None or not isinstance(event, StepSuspended):
            return
        if event.waiting not in (Waiting.PERSON, Waiting.UNKNOWN):
            return
        self._asked[path] += 1
        prompt = event.question.prompt if event.question else None
        is_unknown = event.waiting is Waiting.UNKNOWN
        self._thinking += 1
        question = Question(path, self._asked[path], is_unknown, prompt)
        self.tasks.start_soon(self._think, event, question)

    async def wait(self, plan: str) -> PlanResult:
        """Return what came of the plan once it rests and nobody is about to answer."""
        while True:
            result = await self._opened.wait(plan)
            if result.status is not PlanStatus.PAUSED or not self._thinking or self.misfit:
                return result
            await self._answered.wait()

    async def _think(self, event: StepSuspended, question: Question) -> None:
        try:
            answer = _said(self._reply, question)
            if answer is not None:
                await anyio.sleep(answer.seconds)
                await self._tell(event, question.step, _fitting(answer, event, question.step))
        except RefusedError as error:
            self.misfit = error
        self._thinking -= 1
        self._answered.set()
        self._answered = anyio.Event()

    async def _tell(self, event: StepSuspended, path: StepPath, answer: Answer) -> None:
        """Give an answer; one that comes too late changes nothing."""
        plan = plan_of(event.originator_id)
        try:
            await self._opened.answer(
                plan, path, value=answer.value, outcome=answer.outcome, watch=self.listen
            )
        except RefusedError:
            return


def _said(reply: Reply, question: Question) -> Answer | None:
    """Return the answer to a question; raise `RefusedError` for rules that fail to give it."""
    try:
        return reply(question)
    except RefusedError:
        raise
    except Exception as error:
        problem = f"the rule for its answer failed ({error!r})"
        raise ValidationError(problem, where=question.step) from error


def _fitting(answer: Answer, event: StepSuspended, path: StepPath) -> Answer:
    """Return an answer as JSON holds it; raise `RefusedError` if it does not fit its question."""
    if answer.outcome != "value":
        return answer
    value = orjson.loads(canonical_bytes(answer.value))
    problem = problem_of(value, event.question.answer_schema if event.question else None)
    if problem is not None:
        raise ValidationError(f"the answer does not fit: {problem}", where=path)
    return replace(answer, value=value)
