"""The plans that Milepost runs in the bench, as workflow text and as mappings.

Each step's input is an expression over the step before it, so that the plan goes through all
there is: the YAML reader, validation, expressions, the tool's schemas, and history.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

Workflow: TypeAlias = dict[str, Any]

_HEAD: Final = """\
workflow:
  name: {name}
  version: "1.0.0"
  inputs: {{start: {{type: integer, default: 0}}}}
  settings: {{max_steps: 100000}}
  steps:
"""
_STEP: Final = """\
    - id: s{position}
      type: tool
      tool: {tool}
      input: {{number: "${{{before} + 1}}"}}
"""


def chain_text(steps: int, *, tool: str, on_unknown: str = "ask") -> str:
    """Return YAML of `steps` tool steps, each fed by the one before it; the last gives `steps`."""
    parts = [_HEAD.format(name="bench-chain")]
    for position in range(1, steps + 1):
        before = f"s{position - 1}.output" if position > 1 else "inputs.start"
        parts.append(_STEP.format(position=position, tool=tool, before=before))
        if position > 1:
            parts.append(f"      depends_on: [s{position - 1}]\n")
        if on_unknown != "ask":
            parts.append(f"      on_unknown: {on_unknown}\n")
    return "".join(parts)


def chain(steps: int, *, tool: str) -> Workflow:
    """Return the same chain as a mapping: its text would pass the size limit at 10,000 steps."""
    numbers = ["${inputs.start + 1}", *(f"${{s{at}.output + 1}}" for at in range(1, steps))]
    return {
        "name": "bench-chain",
        "version": "1.0.0",
        "inputs": {"start": {"type": "integer", "default": 0}},
        "settings": {"max_steps": max(steps, 10)},
        "steps": [
            _tool_step(f"s{at}", tool, number, [f"s{at - 1}"] if at > 1 else [])
            for at, number in enumerate(numbers, start=1)
        ],
    }


def chain_with_way_out(steps: int, *, at: int, fails: str, tool: str) -> Workflow:
    """Return a chain whose step `at` calls the tool `fails`; a replan has it call `tool`."""
    plan = chain(steps, tool=tool)
    plan["steps"][at - 1] |= {"tool": fails, "alternatives": [{"tool": tool}]}
    plan["settings"]["replan"] = {"strategies": ["alternative"]}
    return plan


def chain_with_waits(steps: int, *, tool: str) -> Workflow:
    """Return a chain in which every tenth step waits a minute and the others are retried."""
    retry = {"max_attempts": 5, "initial_delay": "1s"}
    return {
        "name": "bench-waits",
        "settings": {"default_retry": retry},
        "steps": [
            {
                "id": f"s{at}",
                "depends_on": [f"s{at - 1}"] if at > 1 else [],
                **({"type": "wait", "for": "1m"} if at % 10 == 0 else {"tool": tool, "input": {}}),
            }
            for at in range(1, steps + 1)
        ],
    }


def fan_out(width: int, *, tool: str, at_once: int | None = None) -> Workflow:
    """Return a workflow of one root, `width` parallel steps, and one join.

    All of them run at once, or so many as `at_once` says.
    """
    parallel = [f"p{at}" for at in range(width)]
    return {
        "name": "bench-fan-out",
        "version": "1.0.0",
        "settings": {"max_parallel_steps": at_once or width, "max_steps": width + 2},
        "steps": [
            _tool_step("root", tool, 1, []),
            *(_tool_step(each, tool, "${root.output}", ["root"]) for each in parallel),
            _tool_step("join", tool, width, parallel),
        ],
    }


def _tool_step(step: str, tool: str, number: int | str, after: list[str]) -> Workflow:
    return {
        "id": step,
        "type": "tool",
        "tool": tool,
        "input": {"number": number},
        "depends_on": after,
    }
