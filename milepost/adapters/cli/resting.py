"""Plans at rest, told: what came of them, the files they made, what to do next."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from milepost.domain.plans import PlanResult, PlanSpec, PlanStatus, walk
from milepost.projections.views import as_json

from .output import Output
from .screen.terminal import show, shows_unicode
from .screen.values import document, json_line

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.projections.step_views import StepView

    from .screen.ending import Ending

DONE, FAILED, WAITING = 0, 1, 3
MOST_TOLD = 5
"""Most failed or asking steps that are told of."""
FILE_TOOLS = frozenset({"chart.create", "report.generate", "file.write"})
"""Tools whose output names the file that they made."""
_MANY = 1000


def exit_code(result: PlanResult) -> int:
    """Return 0 for a plan that did all it was to do, 3 for a paused one, else 1.

    A plan that another process carries on is none that failed: 0.
    """
    if result.status is PlanStatus.PAUSED:
        return WAITING
    if result.status is PlanStatus.RUNNING:
        return DONE
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
    """Return the files that a plan's steps made, as paths from here."""
    if not any(step.tool in FILE_TOOLS for step in walk(spec.steps)):
        return []
    page = await milepost.steps(plan, status=["completed"], limit=_MANY)
    made = [_path(step) for step in page.items if step.tool in FILE_TOOLS]
    return [_from_here(folder, path) for path in made if path]


def _from_here(folder: str, path: str) -> str:
    return os.path.relpath(Path(folder) / path)


async def _document(milepost: Milepost, result: PlanResult, output: Output) -> dict[str, object]:
    spec = (await milepost.plan(result.plan_id)).spec
    files = await files_of(milepost, result.plan_id, spec, folder=output.folder)
    told = as_json(result)
    fields = told if isinstance(told, dict) else {}
    return {**fields, "success": result.success, "files": files}


async def _ending(milepost: Milepost, result: PlanResult, output: Output) -> Ending:
    from .screen.ending import Ending

    plan = await milepost.plan(result.plan_id)
    return Ending(
        result=result,
        name=plan.name or "plan",
        store=output.store,
        files=await files_of(milepost, result.plan_id, plan.spec, folder=output.folder),
        troubled=() if result.success else await _steps(milepost, result, "failed"),
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
    paths = [step.path for step in page.items]
    inner = [step for step in page.items if not _holds_any(step.path, paths)]
    return inner[:MOST_TOLD]


def _holds_any(path: str, others: Sequence[str]) -> bool:
    inside = (f"{path}.", f"{path}[")
    return any(other.startswith(inside) for other in others)


def _path(step: StepView) -> str | None:
    path = step.output.get("path") if isinstance(step.output, dict) else None
    return path if isinstance(path, str) else None
