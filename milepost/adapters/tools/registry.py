"""The tools that a process knows, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from milepost.domain.errors import UnknownNameError, ValidationError
from milepost.engine.tooling import Tool

from .loading import is_tool, tools_of_module, tools_of_plugins

ALIASES: Mapping[str, str] = {"database.query": "sql.query"}
"""Other names of built-in tools."""


class ToolRegistry:
    """Tools by name and alias; installed plugins are loaded on the first miss, once."""

    def __init__(
        self,
        tools: Iterable[Tool] = (),
        *,
        aliases: Mapping[str, str] = ALIASES,
        plugins: Callable[[], list[Tool]] = tools_of_plugins,
    ) -> None:
        self._tools: dict[str, Tool] = {}
        self._aliases = dict(aliases)
        self._plugins: Callable[[], list[Tool]] | None = plugins
        for tool in tools:
            self.add(tool)

    def add(self, tool: Tool) -> None:
        """Add a tool; raise `ValidationError` when it is none, or when its name is taken."""
        if not is_tool(tool):
            given = getattr(tool, "__name__", type(tool).__name__)
            raise ValidationError(
                f"{given} is not a tool", where="tools", mend="decorate it with @milepost.tool"
            )
        if self._tools.get(tool.name, tool) is not tool or tool.name in self._aliases:
            raise ValidationError(
                "there is a tool of that name already",
                where=f"tool {tool.name}",
                mend="give it another with @milepost.tool(name=...)",
            )
        self._tools[tool.name] = tool

    def load_module(self, name_or_path: str) -> list[Tool]:
        """Add the tools of a module, by dotted name or file path, and return them."""
        tools = tools_of_module(name_or_path)
        for tool in tools:
            self.add(tool)
        return tools

    def get(self, name: str) -> Tool:
        """Return the tool of that name or alias; raise `UnknownNameError` with the nearest name."""
        found = self._find(name)
        if found is None:
            raise UnknownNameError(self._unknown(name))
        return found

    def names(self) -> list[str]:
        """Return the names of all tools, plugins included, sorted, without aliases."""
        self._load_plugins()
        return sorted(self._tools)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def _find(self, name: str) -> Tool | None:
        name = self._aliases.get(name, name)
        found = self._tools.get(name)
        if found is None and self._plugins is not None:
            self._load_plugins()
            found = self._tools.get(name)
        return found

    def _load_plugins(self) -> None:
        plugins, self._plugins = self._plugins, None
        for tool in plugins() if plugins is not None else ():
            self.add(tool)

    def _unknown(self, name: str) -> str:
        known = [*self._tools, *self._aliases]
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}" if near else f"known are {', '.join(self.names())}"
        return f"tool {name!r} is not known; {hint}"
