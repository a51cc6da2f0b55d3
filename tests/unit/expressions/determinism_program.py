"""Evaluates some expressions and writes results and errors as they come, unsorted."""

import json
import sys

from milepost.adapters.expressions import CelExpressions
from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import ScopeTypes
from milepost.domain.templates import compile_template

NAMES = [f"name{number}" for number in range(12)]
SCOPE = {
    "inputs": {"m": {name: at for at, name in enumerate(NAMES)}, "rows": [{"b": 1, "a": 2}]},
    "steps": {name: {"output": {"x": 1}} for name in NAMES},
}
TYPES = ScopeTypes(inputs={"m": {}, "rows": {}}, steps=frozenset(NAMES))
SOURCES = [
    "inputs.m",
    "{'z': inputs.m, 'y': {'b': 1, 'a': [inputs.m]}, 'x': 1.5}",
    "inputs.rows.map(r, {'r': r, 'm': inputs.m, 'size': size(inputs.m)})",
    "inputs.m.map(k, k)",
    "name1.output.y > 1 && name2.output.z > 1",
    "nome3.output.x",
    "name3.outputs.x",
    "string(1.0 / 3.0) + string(inputs.m.name3)",
    "inputs.m == {'name0': 0}",
]


def main() -> None:
    for source in SOURCES:
        try:
            program = CelExpressions().compile(source, scope=TYPES)
            told = [json.dumps(program.evaluate(SCOPE)), sorted(program.step_references)]
        except ExpressionError as error:
            told = [str(error)]
        sys.stdout.write(f"{source}: {told}\n")
    template = compile_template(
        {"a": "m is ${inputs.m}", "b": "${inputs.m}"}, CelExpressions(), TYPES
    )
    assert template is not None
    resolved = template.resolve(SCOPE)
    sys.stdout.write(json.dumps([resolved.value, list(resolved.bindings)]))


if __name__ == "__main__":
    main()
