"""A scope that the tests in this folder evaluate over, and what is known of it beforehand."""

from milepost.adapters.expressions import CelExpressions
from milepost.domain.expressions import Expected, ScopeTypes
from milepost.domain.values import Json

TYPES = ScopeTypes(
    inputs={
        "region": {"type": "string"},
        "limit": {"type": "integer"},
        "share": {"type": "number"},
        "wanted": {"type": "boolean"},
        "names": {"type": "array", "items": {"type": "string"}},
        "filter": {
            "type": "object",
            "properties": {"size": {"type": "integer"}},
            "additionalProperties": False,
        },
        "anything": {},
    },
    context=frozenset({"total"}),
    steps=frozenset({"load", "any id", "load-data", "list"}),
    loop=frozenset({"item", "index", "previous"}),
)

OUTPUT: Json = {
    "count": 12,
    "share": 1.5,
    "text": "abc",
    "nothing": None,
    "flag": True,
    "rows": [{"name": "b", "n": 1}, {"name": "a", "n": 2}],
    "zones": {"z": 1, "a": 2, "m": {"y": 1, "b": 2}},
}
SCOPE: dict[str, Json] = {
    "inputs": {
        "region": "EU",
        "limit": 3,
        "share": 2,
        "wanted": True,
        "names": ["x"],
        "filter": {"size": 4},
        "anything": {"deep": [1, {"x": 2}]},
    },
    "context": {"total": 7},
    "steps": {
        "load": {"output": OUTPUT, "status": "completed", "error": None},
        "any id": {"output": 7, "status": "completed", "error": None},
        "load-data": {"output": 8, "status": "completed", "error": None},
        "list": {"output": [1, 2], "status": "completed", "error": None},
    },
    "item": {"tags": ["p", "q"]},
    "index": 1,
    "previous": None,
}


def evaluate(source: str, *, expect: Expected = "any", **changes: Json) -> Json:
    program = CelExpressions().compile(source, scope=TYPES, expect=expect)
    return program.evaluate({**SCOPE, **changes})
