"""Workflows for commands: checked, drawn, published."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from milepost.domain.plans import PlanSpec, walk
from milepost.domain.references import publishable_name
from milepost.projections.views import as_json as plain

from .opening import Equipment, found, opened
from .plan_names import find_plan
from .screen import times
from .screen.terminal import clean
from .screen.values import document
from .writing import unwritable, write_text

if TYPE_CHECKING:
    from milepost.adapters.graphs import Drawing

_FILE_ENDINGS = (".yaml", ".yml", ".json")


def names_file(word: str) -> bool:
    """Tell whether a word is a file rather than a plan."""
    return found(Path(word).exists) or word.lower().endswith(_FILE_ENDINGS)


def print_validated(file: str, equipment: Equipment, *, remove_cycles: bool, as_json: bool) -> int:
    """Check a workflow file and say what it is."""
    from milepost.composition import validate

    workflow = validate(file, config=equipment.config(), remove_cycles=remove_cycles)
    spec = workflow.spec
    if as_json:
        told = {
            "valid": True,
            "name": spec.name,
            "version": spec.version,
            "hash": workflow.source_hash,
            "steps": [step.id for step in walk(spec.steps)],
            "inputs": spec.inputs,
            "removed": [plain(edge) for edge in workflow.removed],
        }
        sys.stdout.write(document(told) + "\n")
        return 0
    title = " ".join(filter(None, (spec.name, spec.version)))
    count = sum(1 for _step in walk(spec.steps))
    inputs = f", inputs: {', '.join(spec.inputs)}" if spec.inputs else ""
    for edge in workflow.removed:
        edge_told = f"the dependency of {edge.target!r} on {edge.source!r}"
        sys.stdout.write(clean(f"{file}: left out {edge_told}: it closes a cycle\n"))
    sys.stdout.write(clean(f"{file}: {title} is valid; {count} steps{inputs}\n"))
    return 0


def draw_file(
    file: str, equipment: Equipment, language: str, output: str | None, *, store: str
) -> int:
    """Draw the graph of a workflow file; `store` is what is not written over."""
    from milepost.composition import validate

    spec = validate(file, config=equipment.config()).spec
    drawing = _drawing(spec, title=spec.name or Path(file).name)
    return _write(drawing, language, output, store=store)


async def draw_plan(
    store: str, name: str, language: str, output: str | None, *, as_of: str | None
) -> int:
    """Draw the graph of a plan with the states of its steps."""
    from milepost.adapters.graphs import with_statuses

    moment = times.as_of(as_of)
    statuses: dict[str, str] = {}
    async with opened(store) as milepost:
        plan = await milepost.plan(await find_plan(milepost, name), as_of=moment)
        cursor = None
        while True:
            page = await milepost.steps(plan.id, after=cursor, limit=1000, as_of=moment)
            statuses |= {step.path: step.shown_as for step in page.items}
            cursor = page.next
            if cursor is None:
                break
    drawing = _drawing(plan.spec, title=f"{plan.name or 'plan'}: {plan.status.value}")
    return _write(with_statuses(drawing, statuses), language, output, store=store)


async def publish_file(
    file: str, store: str, equipment: Equipment, *, who: str | None, as_json: bool
) -> int:
    """Register a workflow file's version."""
    from milepost.composition import validate

    spec = validate(file, config=equipment.config()).spec
    publishable_name(spec.name, spec.version, where=file)
    async with opened(store, equipment, new=True) as milepost:
        published = await milepost.publish(file, who=who)
    if as_json:
        told = {
            "name": published.name,
            "version": published.version,
            "content": published.content,
        }
        sys.stdout.write(document(told) + "\n")
        return 0
    reference = f"{published.name}@{published.version}"
    sys.stdout.write(clean(f"published {reference} ({published.content})\n"))
    return 0


def write_schemas(folder: str) -> int:
    """Write the published JSON Schemas below a folder; other files there are left alone."""
    from milepost.adapters.workflow.schemas import published, written

    schemas = published()
    try:
        for name, schema in schemas.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written(schema), encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from error
    sys.stdout.write(clean(f"{len(schemas)} schemas written to {folder}\n"))
    return 0


def _drawing(spec: PlanSpec, *, title: str) -> Drawing:
    from milepost.adapters.expressions import CelExpressions
    from milepost.adapters.graphs import drawing_of
    from milepost.engine.core import compile_plan

    return drawing_of(compile_plan(spec, CelExpressions()), title=title)


def _write(drawing: Drawing, language: str, output: str | None, *, store: str) -> int:
    from milepost.adapters.graphs import to_dot, to_mermaid, to_svg

    if language == "json":
        text = document(drawing.as_json()) + "\n"
    else:
        text = {"mermaid": to_mermaid, "dot": to_dot, "svg": to_svg}[language](drawing)
    write_text(text, output, store=store)
    return 0
