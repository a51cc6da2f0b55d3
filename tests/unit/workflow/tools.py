"""Tools that exist only to be named."""

from typing import Any

from pydantic import JsonValue

from milepost.adapters.tools import ToolRegistry, tool


@tool(name="sql.query")
def query(query: str, params: dict[str, Any] | None = None, limit: int = 100) -> list[Any]:
    """Ask nothing."""
    return [query, params, limit]


@tool(name="chart.create")
def chart(input: JsonValue = None) -> str:  # noqa: A002 - the name that a text input has
    """Draw nothing."""
    return str(input)


@tool(name="report.generate")
def report(input: JsonValue = None) -> str:  # noqa: A002 - the name that a text input has
    """Report nothing."""
    return str(input)


@tool(name="noop")
def noop() -> None:
    """Do nothing."""


TOOLS = ToolRegistry([query, chart, report, noop], plugins=list)
