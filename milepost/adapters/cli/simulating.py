"""Simulations for commands: a workflow file carried out in virtual time, without a call."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from milepost.domain.errors import RefusedError, ValidationError
from milepost.domain.plans import PlanSpec
from milepost.domain.values import Json
from milepost.projections.views import as_json as plain

from .given_inputs import given_inputs
from .opening import opened, run_async
from .resting import DONE, FAILED, exit_code
from .screen.terminal import one_line, show, shows_unicode, width_of
from .screen.times import duration, time_of
from .screen.values import document

if TYPE_CHECKING:
    from rich.text import Text

    from milepost.testing import History, Simulation, Spread

MOST_LANES = 200
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_MOST_SEEDS = 8
_MOST_ERRORS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be simulated, as the words of a command say it; rules are JSON or files."""

    file: str
    pairs: Sequence[str] = ()
    inputs_file: str | None = None
    durations: str | None = None
    failures: str | None = None
    outputs: str | None = None
    store: str | None = None
    """The store whose plans are learnt from, None for none."""
    runs: int = 1
    seed: int = 0
    begin: str | None = None
    """The time at which the plan begins, None for the present."""


def simulate_file(request: Request, *, as_json: bool) -> int:
    """Simulate a workflow file and print its timeline and result, or the spread of many runs."""
    from milepost.testing import simulate, simulate_many
    from milepost.testing.simulation import content_of

    spec = content_of(Path(request.file))
    given: dict[str, Any] = {
        "inputs": given_inputs(request.pairs, request.inputs_file, spec),
        "durations": _rules(request.durations, where="--durations"),
        "failures": _rules(request.failures, where="--failures"),
        "outputs": _rules(request.outputs, where="--outputs"),
        "history": _history(request, spec),
        "seed": request.seed,
        "beginning": _beginning(request.begin),
    }
    if request.runs > 1:
        spread = simulate_many(spec, runs=request.runs, **given)
        _print_spread(request, spec, spread, as_json=as_json)
        return DONE if spread.succeeded == spread.runs else FAILED
    simulation = simulate(spec, **given)
    _print_simulation(spec, simulation, as_json=as_json)
    return exit_code(simulation.result)


def _beginning(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    beginning = time_of(text, where="--begin")
    if not _FIRST_YEAR <= beginning.year <= _LAST_YEAR:
        mend = f"give one of the years {_FIRST_YEAR} to {_LAST_YEAR}"
        raise ValidationError("leaves no room for what comes", where="--begin", mend=mend)
    return beginning


def _rules(text: str | None, *, where: str) -> Mapping[str, Json]:
    """Return rules by step: from a JSON text in braces, else from a YAML or JSON file."""
    from milepost.adapters.workflow.guards import read_text
    from milepost.adapters.workflow.loading import read_document

    if text is None:
        return {}
    is_file = not text.lstrip().startswith("{")
    name = text if is_file else where
    value = read_document(read_text(Path(text)) if is_file else text, name=name).value
    if not isinstance(value, Mapping):
        raise ValidationError(
            "is not an object of rules", where=name, mend='write for example {"load": "5s"}'
        )
    return value


def _history(request: Request, spec: PlanSpec) -> History | None:
    """Return what past plans of the same name tell; raise `RefusedError` where there are none."""
    from milepost.projections.reader import PlanFilter
    from milepost.testing import History

    store = request.store
    if store is None:
        return None
    if spec.name is None:
        raise RefusedError(f"{request.file}: its runs are found by its name, and it has none")
    past = PlanFilter(name=spec.name)

    async def learn(store: str) -> History:
        async with opened(store) as milepost:
            return await History.of(milepost, past)

    return run_async(lambda: learn(store))


def _print_simulation(spec: PlanSpec, simulation: Simulation, *, as_json: bool) -> None:
    if as_json:
        shown = {
            "seed": simulation.seed,
            "result": plain(simulation.result),
            "timeline": plain(simulation.timeline),
        }
        sys.stdout.write(document(shown) + "\n")
        return
    from rich.text import Text

    from .screen.gantt import gantt

    unicode = shows_unicode(sys.stdout)
    width = width_of(sys.stdout)
    chart = gantt(simulation.timeline, width=width, unicode=unicode, most=MOST_LANES)
    show([*_told(spec, simulation, unicode=unicode), Text(), *chart])


def _told(spec: PlanSpec, simulation: Simulation, *, unicode: bool) -> Iterator[Text]:
    """Yield how the plan ended, and why if not well."""
    from rich.text import Text

    from .screen.steps import status_text

    result = simulation.result
    line = status_text(result.status.value, unicode=unicode)
    line.append(f"  {one_line(spec.name or 'plan', 60)}", "bold")
    yield line.append(f"  {duration(result.duration)}, simulated with seed {simulation.seed}")
    if result.error_message:
        yield Text(one_line(result.error_message), "red")
    if result.waiting:
        asked = one_line(", ".join(result.waiting))
        yield Text(f"nobody answers {asked}; give answers with --outputs", "yellow")


def _print_spread(request: Request, spec: PlanSpec, spread: Spread, *, as_json: bool) -> None:
    if as_json:
        fields = {name: value for name, value in asdict(spread).items() if name != "durations"}
        shown = {
            **fields,
            "success_rate": spread.success_rate,
            "seed": request.seed,
            "durations": {name: plain(value) for name, value in _durations(spread).items()},
        }
        sys.stdout.write(document(shown) + "\n")
        return
    name = one_line(spec.name or "plan", 60)
    took = ", ".join(f"{name} {duration(value)}" for name, value in _durations(spread).items())
    lines = [f"{spread.runs} runs of {name}: {spread.success_rate:.1%} succeeded", f"took {took}"]
    if spread.failing_seeds:
        seeds = spread.failing_seeds[:_MOST_SEEDS]
        more = ", …" if len(spread.failing_seeds) > len(seeds) else ""
        lines.append(f"did not succeed with --seed {', '.join(map(str, seeds))}{more}")
    most = islice(spread.errors.items(), _MOST_ERRORS)
    lines += [f"{count} of them: {one_line(why)}" for why, count in most]
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _durations(spread: Spread) -> dict[str, Any]:
    every = spread.durations
    return {"least": every[0], "p50": spread.p50, "p95": spread.p95, "most": every[-1]}
