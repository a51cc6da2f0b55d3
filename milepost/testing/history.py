"""How long steps took and how often they failed in plans that really ran."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from milepost.domain.errors import UnknownNameError
from milepost.domain.steps import StepKind
from milepost.domain.values import Json
from milepost.facade import Milepost
from milepost.projections.reader import PlanFilter, Reader

from .past import past_plan, reader_of
from .past_attempts import PastAttempt, attempts_of
from .trials import Failure, Trial, without_numbers

MOST_PLANS = 100
"""Plans that are learnt from unless another number is given: the newest ones."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one attempt took and came to."""

    seconds: float
    output: Json = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The attempts of past plans by step (numbers of iterations left out) and by tool.

    Each attempt of a simulated step is one of the recorded attempts of that step, each as likely
    as any other: its duration, and its output or its failure. A step that never ran is drawn from
    all calls of its tool.
    """

    plans: int = 0
    by_step: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)
    by_tool: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)

    @classmethod
    async def of(
        cls,
        source: Milepost | Reader,
        plan_filter: PlanFilter | None = None,
        *,
        most: int = MOST_PLANS,
    ) -> History:
        """Learn from the newest `most` plans that a filter lets pass.

        Raises `UnknownNameError` when there is none.
        """
        page = await (await reader_of(source)).plans(plan_filter, limit=most)
        if not page.items:
            raise UnknownNameError("no plan has run that could be learnt from; run some first")
        by_step: defaultdict[str, list[Sample]] = defaultdict(list)
        by_tool: defaultdict[str, list[Sample]] = defaultdict(list)
        for summary in page.items:
            for attempt in attempts_of(await past_plan(source, summary.id)):
                if not attempt.is_cut_off:
                    sample = _sample(attempt)
                    by_step[without_numbers(attempt.path)].append(sample)
                    by_tool[attempt.spec.tool or ""].append(sample)
        by_tool.pop("", None)
        return cls(len(page.items), _fixed(by_step), _fixed(by_tool))

    def draw(self, trial: Trial) -> Sample | None:
        """Return one of the attempts of a step, or of its tool; None if there are none."""
        samples = self.by_step.get(without_numbers(trial.step))
        if samples is None and trial.tool is not None:
            samples = self.by_tool.get(trial.tool)
        return trial.luck("history").choice(samples) if samples else None


def _sample(attempt: PastAttempt) -> Sample:
    error = attempt.error
    failure = None
    if error is not None and attempt.spec.kind is not StepKind.USER_INPUT:
        failure = Failure(error.code, retryable=error.retryable)
    return Sample(attempt.seconds, attempt.output, failure)


def _fixed(samples: Mapping[str, list[Sample]]) -> dict[str, tuple[Sample, ...]]:
    return {name: tuple(each) for name, each in samples.items()}
