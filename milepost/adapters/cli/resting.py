"""Plans at rest, told: what came of them, the files they made, what to do next."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from milepost.domain.ids import plan_of, stream_of, undone_path
from milepost.domain.plans import Completion, PlanResult, PlanSpec, PlanStatus, walk
from milepost.projections.views import as_json

from .output import Output
from .screen.terminal import show, shows_unicode
from .screen.values import document, json_line

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.projections.step_views import StepView

    from .screen.ending import Ending

DONE, FAILED, WAITING, OUT_OF_TIME = 0, 1, 3, 4
MOST_TOLD = 5
"""Most failed or asking steps that are told of."""
FILE_TOOLS = frozenset({"chart.create", "report.generate", "file.write"})
"""Tools whose output names the file that they made."""
_MANY = 1000
_UNDOING_ENDED = "plan.compensation_ended"
_UNDOING_OR_GOING_ON = (
    "plan.compensation_begun",
    _UNDOING_ENDED,
    "plan.resumed",
    "plan.recovered",
    "plan.restored",
    "plan.rolled_back",
)


def exit_code(result: PlanResult) -> int:
    """Return 0 for a plan that did all it was to do, 3 for a paused one, 4 for a late one, else 1.

    A plan that another process carries on is none that failed: 0.
    """
    if result.status is PlanStatus.PAUSED:
        return WAITING
    if result.status is PlanStatus.RUNNING:
        return DONE
    if result.completion is Completion.TIMEOUT:
        return OUT_OF_TIME
    return DONE if result.success else FAILED


async def tell(
    milepost: Milepost,
    result: PlanResult,
    output: Output,
    also: Mapping[str, object] | None = None,
) -> None:
    """Print how a plan ended or why it is paused; in JSON with what else is to be told."""
    if output.as_json:
        _print_json(await _document(milepost, result, output) | dict(also or {}), output)
        return
    from .screen.ending import ending_lines

    ending = await _ending(milepost, result, output)
    show(ending_lines(ending, unicode=shows_unicode(sys.stdout)))


async def tell_each(milepost: Milepost, results: Sequence[PlanResult], output: Output) -> None:
    """Print how several plans ended or why they are paused; as JSON in one list."""
    if output.as_json:
        _print_json([await _document(milepost, result, output) for result in results], output)
        return
    for result in results:
        await tell(milepost, result, output)


def _print_json(value: object, output: Output) -> None:
    sys.stdout.write((json_line if output.lines else document)(value) + "\n")


async def files_of(milepost: Milepost, plan: str, spec: PlanSpec, *, folder: str) -> list[str]:
    """Return the files that a plan's steps made, each once, as paths from here.

    What a step was given, or took over from another plan, was not made by it.
    """
    if not any(step.tool in FILE_TOOLS for step in walk(spec.steps)):
        return []
    page = await milepost.steps(plan, status=["completed"], limit=_MANY)
    made = [_path(one) for one in page.items if one.tool in FILE_TOOLS and _ran_in(plan, one)]
    return list(dict.fromkeys(_from_here(folder, path) for path in made if path))


def _ran_in(plan: str, step: StepView) -> bool:
    """Tell whether a step's result comes from a run in this plan, in this or an earlier turn."""
    source = stream_of(step.source) if step.source is not None else ""
    return not step.adopted or plan_of(source) == plan


def _from_here(folder: str, path: str) -> str:
    return os.path.relpath(Path(folder) / path)


async def _document(milepost: Milepost, result: PlanResult, output: Output) -> dict[str, object]:
    spec = (await milepost.plan(result.plan_id)).spec
    files = await files_of(milepost, result.plan_id, spec, folder=output.equipment.folder)
    told = as_json(result)
    fields = told if isinstance(told, dict) else {}
    asking = [_question(step) for step in await _asking(milepost, result)]
    return {**fields, "success": result.success, "files": files, "asking": asking}


def _question(step: StepView) -> dict[str, object]:
    """Return what a step asks; `waiting` is `unknown` where a crash left its outcome unknown."""
    asked = as_json(step.question)
    fields = asked if isinstance(asked, dict) else {}
    return {"step": step.path, "waiting": step.waiting and step.waiting.value, **fields}


async def _ending(milepost: Milepost, result: PlanResult, output: Output) -> Ending:
    from .screen.ending import Ending

    plan = await milepost.plan(result.plan_id)
    return Ending(
        result=result,
        name=plan.name or "plan",
        store=output.store,
        equipment=output.equipment,
        files=await files_of(milepost, result.plan_id, plan.spec, folder=output.equipment.folder),
        troubled=() if result.success else await _failed(milepost, result),
        asking=await _asking(milepost, result),
    )


async def _asking(milepost: Milepost, result: PlanResult) -> Sequence[StepView]:
    if result.status is not PlanStatus.PAUSED:
        return ()
    suspended = await _steps(milepost, result, "suspended")
    return [step for step in suspended if step.question is not None]


async def _steps(milepost: Milepost, result: PlanResult, status: str) -> Sequence[StepView]:
    """Return steps in a state, innermost ones rather than the containers that they failed."""
    page = await milepost.steps(result.plan_id, status=[status], limit=_MANY)
    return _innermost(page.items)[:MOST_TOLD]


async def _failed(milepost: Milepost, result: PlanResult) -> Sequence[StepView]:
    """Return failed steps; one that undoes another only if the plan has not gone on since."""
    page = await milepost.steps(result.plan_id, status=["failed"], limit=_MANY)
    not_undone = await _not_undone(milepost, result.plan_id)
    news = [one for one in page.items if undone_path(one.path) in (None, *not_undone)]
    return _innermost(news)[:MOST_TOLD]


async def undo_failed(milepost: Milepost, plan: str, *, after: int) -> bool:
    """Tell whether a plan could not undo one of its steps after a position."""
    page = await milepost.history(plan, kinds=[_UNDOING_ENDED], after=after, limit=_MANY)
    return any(event.data.get("failed") for event in page.items)


async def _not_undone(milepost: Milepost, plan: str) -> Sequence[str]:
    """Return the steps whose undoing failed, none if the plan has gone on since."""
    page = await milepost.history(plan, kinds=_UNDOING_OR_GOING_ON, newest_first=True, limit=1)
    failed = page.items[0].data.get("failed") if page.items else None
    return [str(path) for path in failed] if isinstance(failed, list) else ()


def _innermost(steps: Sequence[StepView]) -> list[StepView]:
    """Return steps without the containers that they failed."""
    paths = [step.path for step in steps]
    return [step for step in steps if not _holds_any(step.path, paths)]


def _holds_any(path: str, others: Sequence[str]) -> bool:
    inside = (f"{path}.", f"{path}[")
    return any(other.startswith(inside) for other in others)


def _path(step: StepView) -> str | None:
    path = step.output.get("path") if isinstance(step.output, dict) else None
    return path if isinstance(path, str) else None
