"""`chart.create`: a bar, line, scatter or pie chart as an SVG or PNG file in the folder."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from milepost.domain.values import Json
from milepost.engine.tooling import Tool, ToolCall

from .chart_data import chart_data, drawable
from .chart_drawing import ChartFormat, ChartKind, Frame, draw
from .decorator import tool
from .document import Document, default_path, document, exactly_one
from .folder import ConfinedFolder

Inches = Annotated[float, Ge(1), Le(40)]


def chart_tools(folder: ConfinedFolder) -> list[Tool]:
    """Return the chart tool; its files go into `folder`."""

    @tool(name="chart.create", effect="write")
    def create_chart(  # noqa: PLR0913 - the arguments of the tool
        call: ToolCall,
        *,
        data: Json = None,
        input: Json = None,  # noqa: A002 - the workflow language's name for a bare value
        kind: ChartKind = "bar",
        x: str | None = None,
        y: str | list[str] | None = None,
        title: str = "",
        x_label: str = "",
        y_label: str = "",
        format: ChartFormat = "svg",  # noqa: A002 - the plain word
        path: str | None = None,
        width: Inches = 8.0,
        height: Inches = 4.5,
    ) -> Document:
        """Draw rows of data as a chart and write it as SVG or PNG."""
        fields = [y] if isinstance(y, str) else y or []
        prepared = chart_data(exactly_one(data=data, input=input), x=x, y=fields)
        frame = Frame(drawable(title), drawable(x_label), drawable(y_label), width, height)
        picture = draw(kind, prepared, frame, format_=format)
        return document(folder.write(path or default_path(call, format), picture), format_=format)

    return [create_chart]
