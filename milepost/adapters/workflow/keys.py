"""The keys of a workflow as authors write it, and the fields of the plan that they fill.

The values' types are those of the plan's own models; only what is written in another way, or
goes into a step's input, has a schema here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from milepost.domain.steps import StepKind

Schema: TypeAlias = dict[str, Any]

KIND_KEYS = ("type", "kind")
COMMON: Mapping[str, str] = {
    **dict.fromkeys(KIND_KEYS, "kind"),
    **{
        name: name
        for name in (
            *("id", "name", "description", "input", "depends_on", "when", "priority", "retry"),
            *("timeout", "attempt_timeout", "on_unknown", "resources", "metadata", "set", "final"),
            *("estimated_duration", "compensate", "expect"),
        )
    },
}
"""Keys of every step, each with the field of `StepSpec` that it fills."""

OF_KIND: Mapping[StepKind, Mapping[str, str]] = {
    StepKind.TOOL_CALL: {"tool": "tool", "alternatives": "alternatives"},
    StepKind.LLM_CALL: {},
    StepKind.BRANCH: {"cases": "cases"},
    StepKind.PARALLEL: {"steps": "steps", "mode": "mode"},
    StepKind.SEQUENTIAL: {"steps": "steps"},
    StepKind.LOOP: {
        "steps": "steps",
        "for_each": "for_each",
        "while": "while_",
        "until": "until",
        "count": "count",
        "max_iterations": "max_iterations",
        "concurrency": "concurrency",
    },
    StepKind.WAIT: {
        "for": "wait_for",
        "until": "wait_until",
        "wait_for": "wait_for",
        "wait_until": "wait_until",
    },
    StepKind.USER_INPUT: {},
    StepKind.RESPONSE: {},
}
"""Keys that only steps of a kind have."""

_TEXT: Schema = {"type": ["string", "null"]}
_SCHEMA: Schema = {
    "anyOf": [{"type": ["object", "boolean", "null"]}, {"type": "string", "pattern": r"\$\{"}]
}
INTO_INPUT: Mapping[StepKind, Mapping[str, tuple[str, Schema]]] = {
    StepKind.LLM_CALL: {
        "prompt": ("prompt", _TEXT),
        "context": ("context", {}),
        "model": ("model", _TEXT),
        "schema": ("schema", _SCHEMA),
    },
    StepKind.USER_INPUT: {
        "prompt": ("prompt", _TEXT),
        "schema": ("schema", _SCHEMA),
        "assignee": ("assignee", _TEXT),
        "show": ("show", {}),
    },
    StepKind.RESPONSE: {"text": ("text", {}), "output": ("input", {})},
}
"""Keys beside `input` that go into it: the name they get there, and the schema of the value."""

SHORT_KINDS: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.LLM_CALL: ("llm", "llm_call", "LlmCall", "LLMFunction"),
    StepKind.TOOL_CALL: ("tool", "tool_call", "ToolCall", "Tool"),
    StepKind.BRANCH: ("branch", "Branch"),
    StepKind.PARALLEL: ("parallel", "Parallel"),
    StepKind.SEQUENTIAL: ("sequential", "Sequential"),
    StepKind.LOOP: ("loop", "Loop"),
    StepKind.WAIT: ("wait", "Wait"),
    StepKind.USER_INPUT: ("user_input", "UserInput", "input"),
    StepKind.RESPONSE: ("response", "Response"),
}
"""Spellings of each kind that editors are to offer; the loader minds no case."""

TOP: tuple[str, ...] = (
    *("name", "version", "description", "type", "inputs", "context", "settings", "steps"),
    *("metadata", "estimated_duration", "fallback", "session", "user", "tags"),
)
"""Keys of a workflow; `session`, `user` and `tags` are those of the plans it is run as."""
OF_PLAN = frozenset({"session", "user", "tags"})

CONDITIONS = frozenset({"when", "while", "until", "expect"})
CASE = ("when", "else", "steps")


def any_case(words: Iterable[str], *, separators: str = "") -> Schema:
    """Return the schema of words in any case, with any of the separators between letters."""
    between = f"[{separators}]*" if separators else ""
    letters = ([f"[{letter}{letter.upper()}]" for letter in word.lower()] for word in words)
    patterns = "|".join(between.join(word) for word in letters)
    return {"type": "string", "pattern": f"^(?:{patterns})$"}


def keys_of(kind: StepKind) -> list[str]:
    """Return all keys that a step of that kind may have."""
    return [*COMMON, *OF_KIND[kind], *INTO_INPUT.get(kind, {})]


def kinds_with(key: str) -> list[str]:
    """Return the short names of the kinds that have the key."""
    return [SHORT_KINDS[kind][0] for kind in StepKind if key in keys_of(kind)]
