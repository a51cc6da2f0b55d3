"""Plans for the tests of the test kit."""

from typing import Any


def tool(name: str, *needs: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "tool": f"{name}.tool", "input": {}, "depends_on": list(needs), **fields}


def question(name: str, *needs: str, **fields: Any) -> dict[str, Any]:
    asks = {"type": "user_input", "prompt": f"{name}?", "depends_on": list(needs)}
    return {"id": name, **asks, **fields}


def flow(*steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "flow", "steps": list(steps), **fields}


SALES = flow(
    tool("load", retry={"max_attempts": 3, "jitter": False, "initial_delay": "10s"}),
    tool("count", input={"rows": "${load.output.rows}"}),
    tool("draw", "load", attempt_timeout="1m"),
    {
        "id": "each",
        "type": "loop",
        "for_each": "${load.output.rows}",
        "concurrency": 2,
        "steps": [tool("send", input={"to": "${item}"})],
    },
    {"id": "rest", "type": "wait", "for": "1h", "depends_on": ["count"]},
    {"id": "tell", "type": "response", "text": "${size(each.output)} sent", "depends_on": ["rest"]},
)
"""A retry, a reference, a loop side by side, a wait and an answer."""
