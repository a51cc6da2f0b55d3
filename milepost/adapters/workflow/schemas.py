"""The published JSON Schemas (2020-12); `python -m milepost.adapters.workflow.schemas` writes them.

They are made from the models, so they cannot say anything else; a test holds the files to that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from milepost.domain.plans import OrchestrationType, PlanSpec

from .authored_schema import DIALECT, fixed_workflow_schema
from .event_schemas import event_schemas
from .execution_plan import execution_plan_schema
from .keys import Schema

FOLDER = Path(__file__).parents[2] / "schemas"


def published() -> dict[str, Schema]:
    """Return every published schema by the path of its file inside `milepost/schemas`."""
    schemas = {
        "FixedWorkflow.schema.json": fixed_workflow_schema(),
        "AgentPlan.schema.json": _agent_plan(),
        "OrchestrationType.schema.json": _orchestration_type(),
    }
    return schemas | {
        f"events/{kind}.schema.json": schema for kind, schema in event_schemas().items()
    }


def written(schema: Schema) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def export(folder: Path = FOLDER) -> list[Path]:
    """Write all schemas below `folder`, remove files there that are none; return their paths."""
    schemas = published()
    for old in folder.rglob("*.schema.json"):
        if old.relative_to(folder).as_posix() not in schemas:
            old.unlink()
    for name, schema in schemas.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(schema), encoding="utf-8")
    return [folder / name for name in schemas]


def _agent_plan() -> Schema:
    """Return the schema of plans that programs and models hand over, and that are stored."""
    plan = PlanSpec.model_json_schema(by_alias=True)
    definitions = plan.pop("$defs")
    definitions |= {"PlanSpec": plan, "ExecutionPlan": execution_plan_schema()}
    return {
        "$schema": DIALECT,
        "title": "AgentPlan",
        "description": "A plan as it is stored, or as a model writes it with `Steps`.",
        "if": {"type": "object", "required": ["Steps"]},
        "then": {"$ref": "#/$defs/ExecutionPlan"},
        "else": {"$ref": "#/$defs/PlanSpec"},
        "$defs": definitions,
    }


def _orchestration_type() -> Schema:
    return {
        "$schema": DIALECT,
        "title": "OrchestrationType",
        "description": "How a request is to be carried out.",
        "type": "object",
        "properties": {"orchestrationType": {"enum": [kind.value for kind in OrchestrationType]}},
        "required": ["orchestrationType"],
        "additionalProperties": False,
    }


def main(arguments: Sequence[str] = ()) -> None:
    """Write the schemas into the folder given, else into the package, and say how many."""
    folder = Path(arguments[0]) if arguments else FOLDER
    sys.stdout.write(f"{len(export(folder))} schemas written to {folder}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
