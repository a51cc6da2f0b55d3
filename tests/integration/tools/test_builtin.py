"""What holds for every built-in tool."""

import subprocess
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

from milepost.engine.tooling import Effect

from .conftest import Tooling

READS = {"calc.evaluate", "csv.read", "file.read", "http.get", "sql.query", "text.join", "time.now"}
WRITES = {"chart.create", "file.write", "http.request", "report.generate"}


def test_the_built_in_tools_and_their_effects(tools: Tooling) -> None:
    by_effect = {
        effect: {
            name for name in tools.registry.names() if tools.registry.get(name).effect is effect
        }
        for effect in Effect
    }
    assert by_effect == {Effect.READ: READS, Effect.WRITE: WRITES}


def test_every_tool_has_a_description_and_schemas_of_the_2020_12_kind(tools: Tooling) -> None:
    for name in tools.registry.names():
        tool = tools.registry.get(name)
        assert tool.description.endswith(".")
        assert tool.arguments_schema["type"] == "object"
        assert tool.arguments_schema["additionalProperties"] is False
        Draft202012Validator.check_schema(tool.arguments_schema)
        assert tool.result_schema is not None
        Draft202012Validator.check_schema(tool.result_schema)
        assert tool.check({"no such argument": 1}) is not None


async def test_three_simple_requests_are_answered_without_a_network(tools: Tooling) -> None:
    (tools.folder / "hello.txt").write_text("Hello!")
    assert await tools.run("calc.evaluate", expression="10 + 20") == 30
    assert (await tools.run("file.read", path="hello.txt"))["text"] == "Hello!"
    assert (await tools.run("time.now"))["zone"] == "UTC"


def test_importing_the_tools_loads_no_heavy_library(repository: Path) -> None:
    program = (
        "import sys, milepost.adapters.tools\n"
        "heavy = {'pydantic', 'httpx2', 'matplotlib', 'jsonschema', 'markdown_it', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, cwd=repository, text=True
    )
    assert answer.stdout.strip() == "[]"
