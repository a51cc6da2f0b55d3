"""Carrying plans out for a command: from its words to the plan's end."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from milepost.domain.errors import UnknownNameError, ValidationError
from milepost.domain.ids import plan_of
from milepost.domain.nearest import listed
from milepost.domain.plans import PlanResult

from . import failures
from .given_inputs import given_inputs
from .interrupts import Interrupts
from .live import Live, manner
from .next_commands import command
from .opening import Equipment, found, is_there, opened, require_store
from .output import Output
from .plan_names import find_plan
from .resting import exit_code, tell, tell_each
from .screen.terminal import clean

if TYPE_CHECKING:
    from milepost import Milepost
    from milepost.domain.events import Event
    from milepost.domain.plans import PlanSpec
    from milepost.facade import ResumedAll


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A plan to be carried out, as the words of a command say it."""

    workflow: str
    pairs: Sequence[str] = ()
    inputs_file: str | None = None
    session: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    breakpoints: tuple[str, ...] = ()
    remove_cycles: bool = False

    @property
    def is_published(self) -> bool:
        """Whether the workflow is named `NAME@VERSION` and no file has that name."""
        return "@" in self.workflow and not self.is_file

    @property
    def is_file(self) -> bool:
        """Whether there is a file of that name."""
        return found(Path(self.workflow).exists)


async def carry_out(request: Request, equipment: Equipment, output: Output) -> int:
    """Run a new plan until it rests, tell what came of it, and return the exit code."""
    await _refuse_half_a_name(request, output)
    spec = None if request.is_published else checked(request, equipment)
    if spec is None:
        require_store(output.store)
    output = replace(output, equipment=equipment)
    live = Live(manner(as_json=output.as_json, watch=output.lines))
    async with opened(output.store, equipment, new=True) as milepost:
        content = spec or await milepost.workflow(request.workflow)

        async def run(interrupts: Interrupts) -> PlanResult:
            plan = await milepost.start(
                request.workflow,
                inputs=given_inputs(request.pairs, request.inputs_file, content),
                session=request.session,
                user=request.user,
                tags=request.tags,
                breakpoints=request.breakpoints,
                remove_cycles=request.remove_cycles,
                watch=live.show,
            )
            interrupts.note(plan)
            announce(plan, output)
            async with live.following(content):
                return await milepost.wait(plan)

        return await to_rest(milepost, run, output)


async def carry_on(
    name: str | None, equipment: Equipment, output: Output, *, take_over: bool
) -> int:
    """Carry on one plan, or all unfinished ones, until they rest; return the exit code."""
    output = replace(output, equipment=equipment)
    live = Live(manner(as_json=output.as_json, watch=output.lines))
    async with opened(output.store, equipment) as milepost:
        if name is None:
            return await _carry_on_all(milepost, output)
        plan = await find_plan(milepost, name)
        content = (await milepost.plan(plan)).spec

        async def run(interrupts: Interrupts) -> PlanResult:
            interrupts.note(plan)
            async with live.following(content):
                [result] = await milepost.resume(plan, take_over=take_over, watch=live.show)
            return result

        return await to_rest(milepost, run, output)


async def _refuse_half_a_name(request: Request, output: Output) -> None:
    """Raise `UnknownNameError` for a published workflow's name without its version."""
    name = request.workflow
    if "@" in name or request.is_file or not is_there(output.store):
        return
    async with opened(output.store) as milepost:
        published = (await milepost.workflows(limit=1000)).items
    versions = [f"{one.name}@{one.version}" for one in published if one.name == name]
    if versions:
        raise UnknownNameError(
            f"{name}: there is no such file; a published workflow is run with its version: "
            f"{listed(versions)}"
        )


def checked(request: Request, equipment: Equipment) -> PlanSpec:
    """Return a file's plan, checked whole with its inputs before any store is opened."""
    from milepost.adapters.workflow import check_inputs
    from milepost.composition import validate

    equipment.scripted()
    workflow = validate(
        request.workflow, config=equipment.config(), remove_cycles=request.remove_cycles
    )
    spec = workflow.spec
    given = given_inputs(request.pairs, request.inputs_file, spec)
    try:
        check_inputs(spec, given)
    except ValidationError as error:
        where = ": ".join(filter(None, (request.workflow, error.where)))
        raise ValidationError(error.problem, where=where, mend=error.mend) from error
    return spec


async def _carry_on_all(milepost: Milepost, output: Output) -> int:
    resumed: ResumedAll | None = None
    interrupts = Interrupts(milepost)

    def watch(event: Event) -> None:
        interrupts.note(plan_of(event.originator_id))

    async with interrupts.caught():
        resumed = await milepost.resume_all(watch=watch)
    if resumed is None:
        _tell_left(interrupts.plans, output)
        return failures.INTERRUPTED
    for problem in resumed.left.values():
        failures.tell(str(problem))
    if not resumed.results and not resumed.left and not output.as_json:
        sys.stdout.write("nothing to resume: every plan has ended, waits, or is under way\n")
        return 0
    await tell_each(milepost, resumed.results, output)
    if interrupts.count:
        return failures.INTERRUPTED
    if resumed.left:
        return max(error.exit_code for error in resumed.left.values())
    return max((exit_code(result) for result in resumed.results), default=0)


async def to_rest(
    milepost: Milepost,
    run: Callable[[Interrupts], Awaitable[PlanResult]],
    output: Output,
    also: Callable[[PlanResult], Awaitable[Mapping[str, object]]] | None = None,
) -> int:
    """Carry a plan out until it rests; Ctrl-C cancels it, a second one leaves it as it is.

    `also` is asked what else belongs into the JSON.
    """
    result: PlanResult | None = None
    interrupts = Interrupts(milepost)
    async with interrupts.caught():
        result = await run(interrupts)
    if result is None:
        _tell_left(interrupts.plans, output)
        return failures.INTERRUPTED
    more = await also(result) if also is not None and output.as_json else None
    await tell(milepost, result, output, more)
    return failures.INTERRUPTED if interrupts.count else exit_code(result)


def announce(plan: str, output: Output) -> None:
    """Say on standard error which plan it is."""
    if not output.as_json:
        sys.stderr.write(clean(f"plan {plan}\n"))


def _tell_left(plans: Sequence[str], output: Output) -> None:
    if not plans:
        failures.tell("interrupted before a plan was carried out here")
    for plan in plans:
        again = command(output.store, "resume", plan, equipment=output.equipment)
        failures.tell(f"plan {plan}: left as it is; go on with `{again}`")
