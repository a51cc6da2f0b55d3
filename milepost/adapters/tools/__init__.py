"""Tools: the `@tool` decorator, the registry, and the built-in tools.

Codes of the `ExecutionError`s that built-in tools raise (those marked * may be retried):
`busy`*, `constraint`, `division_by_zero`, `exists`, `forbidden`, `http_<status>` (* for 408, 425,
429, 500, 502, 503, 504), `invalid_argument`, `invalid_content`, `invalid_data`,
`invalid_expression`, `invalid_query`, `invalid_result`, `io`*, `missing_extra`, `not_found`,
`protocol`*, `timeout`*, `too_large`, `too_many_redirects`, `unreachable`*. What another exception
of a tool becomes has the name of its class as its code and may be retried.
"""

from .builtin import ToolOptions, builtin_tools
from .decorator import tool
from .registry import ToolRegistry

__all__ = ["ToolOptions", "ToolRegistry", "builtin_tools", "tool"]
