"""Calling a tool in a test as the engine would."""

from collections.abc import Callable
from typing import Any

from milepost.domain.values import Json
from milepost.engine.tooling import Tool, ToolCall


def ignore(_kind: str, _value: Json) -> None:
    """Drop a chunk."""


def made_call(
    arguments: dict[str, Json],
    *,
    emit: Callable[[str, Json], None] = ignore,
    plan: str = "p1",
    step: str = "load",
) -> ToolCall:
    """Return a first attempt's call with these arguments."""
    return ToolCall(
        plan=plan, step=step, attempt=1, key=f"{plan}/{step}/1", arguments=arguments, emit=emit
    )


async def checked(tool: Tool, **arguments: Any) -> Any:
    """Check the arguments, call, check the result against the promised schema, return it."""
    assert tool.check(arguments) is None
    result = await tool.call(made_call(arguments))
    assert tool.check_result(result) is None
    return result
