"""For each key of the workflow language a workflow, and another value at that key alone."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from .workbench import flow, step


@dataclass(frozen=True)
class Change:
    """A workflow and where another value goes, as a JSON pointer that ends with the key."""

    base: Mapping[str, Any]
    pointer: str
    value: Any
    is_shown: bool = False
    """Whether the key only says something: then what is stored and shown must differ."""
    crashes: bool = False
    """Whether the process ends in the middle of the first call, and another one resumes."""
    recovers: bool = False
    """Whether the plan is recovered after its failure, with no word of how."""

    @property
    def key(self) -> str:
        """The key that is changed."""
        return self.pointer.rsplit("/", maxsplit=1)[-1]

    @property
    def changed(self) -> dict[str, Any]:
        """The workflow with the other value."""
        found: Any = deepcopy(dict(self.base))
        *way, last = self.pointer.strip("/").split("/")
        place = found
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place[part]
        place[last] = self.value
        return dict(found)


def top(key: str, value: Any, *, is_shown: bool = False, **base: Any) -> Change:
    """Change a key of the top."""
    return Change(flow(step("a"), **base), f"/{key}", value, is_shown)


def setting(key: str, value: Any, *steps: Any, is_shown: bool = False, **base: Any) -> Change:
    """Change a setting."""
    return Change(flow(*steps or (step("a"),), **base), f"/settings/{key}", value, is_shown)


def of(key: str, value: Any, *steps: Any, at: int = 0, **more: Any) -> Change:
    """Change a key of a step; keys of `Change` are told apart from those of the workflow."""
    flags = {name: more.pop(name) for name in ("is_shown", "crashes") if name in more}
    return Change(flow(*steps, **more), f"/steps/{at}/{key}", value, **flags)


def retry(key: str, value: Any, **policy: Any) -> Change:
    """Change a key of a retry policy of a step that always fails."""
    given = {"max_attempts": 4, "initial_delay": "1s", "jitter": False} | policy
    return Change(flow(step("a", fails="x", retry=given)), f"/steps/0/retry/{key}", value)


def edge(key: str, value: Any, *steps: Any, at: int = 1, **more: Any) -> Change:
    """Change a key of a dependency."""
    return Change(flow(*steps, **more), f"/steps/{at}/depends_on/0/{key}", value)


def loop(**fields: Any) -> dict[str, Any]:
    """Return a loop whose step gives the index."""
    return {"id": "l", "type": "loop", "steps": [step("i", gives="${index}", takes=1)], **fields}


def both(kind: str, **fields: Any) -> dict[str, Any]:
    """Return a container of two steps."""
    return {"id": "c", "type": kind, "steps": [step("x", takes=1), step("y", takes=2)], **fields}


def branch(*cases: Mapping[str, Any]) -> dict[str, Any]:
    """Return a branch."""
    return {"id": "b", "type": "branch", "cases": list(cases)}


def asks(**fields: Any) -> dict[str, Any]:
    """Return a question."""
    return {"id": "q", "type": "user_input", "prompt": "p", **fields}


def model(**fields: Any) -> dict[str, Any]:
    """Return a model call; the model of these tests tells back what it was asked."""
    return {"id": "m", "type": "llm", "prompt": "p", **fields}


def later(*names: str) -> list[dict[str, Any]]:
    """Return steps of a second each."""
    return [step(name, takes=1) for name in names]


def replan(key: str, value: Any, *steps: Any, **more: Any) -> Change:
    """Change a key of the replan policy."""
    given = {"replan": more.pop("replan", {})} | more
    return Change(flow(*steps, **given), f"/settings/replan/{key}", value)


def circle(key: str, value: Any, *steps: Any, **policy: Any) -> Change:
    """Change a key of the loop policy of a plan that goes round and round."""
    body = list(steps) or [step("x", takes=1)]
    rounds = {"id": "l", "type": "loop", "while": "index < 12", "steps": body}
    off = {"max_repeats": None, "state_repeats": None}
    return Change(flow(rounds, loops=off | policy), f"/settings/loops/{key}", value)


def checkpoint(key: str, value: Any) -> Change:
    """Change a key of the checkpoint policy; nothing is marked once the plan has ended."""
    chain = step("a"), step("b", "a"), step("c", "b")
    return Change(flow(*chain, checkpoints={}), f"/settings/checkpoints/{key}", value)


def recovery(key: str, value: Any, *steps: Any, **policy: Any) -> Change:
    """Change a key of the recovery policy of a plan that fails."""
    return Change(flow(*steps, recovery=policy), f"/settings/recovery/{key}", value, recovers=True)


ONE_FAILS = (step("a", fails="x"), step("b", takes=5))
THREE = later("a", "b", "c")
OTHER = {"tool": "write", "input": {"gives": 2}}
WITH_OTHER = step("a", fails="x", alternatives=[OTHER])
OFTEN = {"strategies": ["alternative"]}
SLOT = {"slot": 1}

CHANGES: Mapping[str, Change] = {
    "Workflow.name": top("name", "other", name="one"),
    "Workflow.version": top("version", "2.0.0"),
    "Workflow.description": top("description", "other", is_shown=True),
    "Workflow.type": top("type", "simple", is_shown=True),
    "Workflow.inputs": Change(
        flow(step("a", gives="${inputs.n}"), inputs={"n": {"default": 1}}),
        *("/inputs", {"n": {"default": 2}}),
    ),
    "Workflow.context": top("context", {"n": 2}, context={"n": 1}),
    "Workflow.settings": Change(flow(*THREE), "/settings", {"scheduling": "serial"}),
    "Workflow.steps": Change(flow(step("a")), "/steps", [step("b")]),
    "Workflow.metadata": top("metadata", {"n": 1}, is_shown=True),
    "Workflow.estimated_duration": top("estimated_duration", "5m", is_shown=True),
    "Workflow.fallback": Change(
        flow(step("a", fails="x"), replan={}, fallback=[step("f", gives=1)]),
        *("/fallback", [step("g", gives=1)]),
    ),
    "Workflow.session": top("session", "s2", session="s1"),
    "Workflow.user": top("user", "ada"),
    "Workflow.tags": top("tags", ["x"]),
    "PlanSettings.max_execution_time": setting("max_execution_time", "2s", step("a", takes=5)),
    "PlanSettings.max_parallel_steps": setting("max_parallel_steps", 2, *THREE),
    "PlanSettings.stop_on_first_failure": setting("stop_on_first_failure", False, *ONE_FAILS),
    "PlanSettings.default_retry": setting("default_retry", {}, step("a", fails="x")),
    "PlanSettings.log_level": setting("log_level", "debug", is_shown=True),
    "PlanSettings.scheduling": setting("scheduling", "serial", *THREE),
    "PlanSettings.resources": setting(
        "resources", {"slot": 2}, *[one | {"resources": SLOT} for one in THREE], resources=SLOT
    ),
    "PlanSettings.max_steps": setting("max_steps", 2, *THREE),
    "PlanSettings.max_retries": setting(
        "max_retries", 1, step("a", fails="x", retry={"max_attempts": 4})
    ),
    "PlanSettings.max_replans": setting("max_replans", 0, WITH_OTHER, replan={}),
    "PlanSettings.on_limit": setting("on_limit", "pause", *THREE, max_steps=2),
    "PlanSettings.checkpoints": setting("checkpoints", {"every": 3}, *THREE),
    "PlanSettings.replan": setting("replan", {}, WITH_OTHER),
    "PlanSettings.recovery": Change(
        flow(step("a", fails="x")), "/settings/recovery", {"strategy": "skip"}, recovers=True
    ),
    "PlanSettings.loops": setting(
        "loops", {"max_repeats": 1}, loop(count=3, steps=[step("x", takes=1)])
    ),
    "CheckpointPolicy.every": checkpoint("every", 3),
    "CheckpointPolicy.after": checkpoint("after", ["b"]),
    "ReplanPolicy.on": replan("on", ["timeout"], WITH_OTHER),
    "ReplanPolicy.strategies": replan("strategies", ["alternative"], WITH_OTHER),
    "ReplanPolicy.on_limit": replan("on_limit", "fail", WITH_OTHER, max_replans=0),
    "RecoveryPolicy.strategy": recovery("strategy", "abort", step("a", fails="x")),
    "RecoveryPolicy.effects": recovery(
        *("effects", "accept", step("a", tool="write"), step("b", "a", fails="x")),
        strategy="restart",
    ),
    "LoopPolicy.max_repeats": circle("max_repeats", 3),
    "LoopPolicy.pattern_repeats": circle("pattern_repeats", 3, *later("x", "y")),
    "LoopPolicy.state_repeats": circle("state_repeats", 3),
    "LoopPolicy.max_spend_without_progress": circle("max_spend_without_progress", 3),
    "LoopPolicy.window": circle("window", 4, *later("x", "y", "z"), pattern_repeats=2),
    "LoopPolicy.on_loop": circle("on_loop", "pause", max_repeats=3),
    "Step.type": of("type", "sequential", both("parallel")),
    "Step.kind": of(
        "kind", "sequential", {"id": "c", "kind": "parallel", "steps": later("x", "y")}
    ),
    "Step.id": of("id", "b", step("a")),
    "Step.name": of("name", "A", step("a"), is_shown=True),
    "Step.description": of("description", "A", step("a"), is_shown=True),
    "Step.input": of("input", {"gives": 2}, step("a", gives=1)),
    "Step.depends_on": of("depends_on", ["a"], *later("a", "b"), at=1),
    "Step.when": of("when", "false", step("a")),
    "Step.priority": of("priority", 5, *later("a", "b"), at=1, max_parallel_steps=1),
    "Step.retry": of("retry", {}, step("a", fails="x")),
    "Step.timeout": of("timeout", "1s", step("a", takes=5)),
    "Step.attempt_timeout": of("attempt_timeout", "1s", step("a", takes=5)),
    "Step.on_unknown": of("on_unknown", "fail", step("a", tool="write", takes=60), crashes=True),
    "Step.resources": of(
        *("resources", SLOT, step("a", takes=1, resources=SLOT), step("b", takes=1)),
        at=1,
        resources=SLOT,
    ),
    "Step.metadata": of("metadata", {"n": 1}, step("a"), is_shown=True),
    "Step.set": of("set", {"n": 2}, step("a", set={"n": 1})),
    "Step.final": of("final", True, step("a"), step("b", "a")),
    "Step.estimated_duration": of(
        *("estimated_duration", "9s", *later("a", "b")),
        at=1,
        scheduling="priority",
        max_parallel_steps=1,
    ),
    "Step.compensate": of("compensate", {"tool": "work", "input": {}}, step("a"), is_shown=True),
    "Step.expect": of("expect", "a.output == 2", step("a", gives=1)),
    "Step.tool_call.alternatives": of("alternatives", [OTHER], step("a", fails="x"), replan=OFTEN),
    "Alternative.tool": Change(
        flow(WITH_OTHER, replan=OFTEN), "/steps/0/alternatives/0/tool", "work"
    ),
    "Alternative.input": Change(
        flow(WITH_OTHER, replan=OFTEN), "/steps/0/alternatives/0/input", {"gives": 3}
    ),
    "Step.tool_call.tool": of("tool", "write", step("a", takes=60), crashes=True),
    "Step.branch.cases": of(
        "cases",
        [{"else": True, "steps": [step("y")]}],
        branch({"else": True, "steps": [step("x")]}),
    ),
    "Step.parallel.steps": of("steps", later("x"), both("parallel")),
    "Step.parallel.mode": of("mode", "first_success", both("parallel")),
    "Step.sequential.steps": of("steps", later("x"), both("sequential")),
    "Step.loop.steps": of("steps", later("x"), loop(count=2)),
    "Step.loop.for_each": of("for_each", [1, 2], loop(for_each=[1])),
    "Step.loop.while": of("while", "index < 2", loop(**{"while": "index < 1"})),
    "Step.loop.until": of("until", "index >= 2", loop(until="index >= 1")),
    "Step.loop.count": of("count", 2, loop(count=1)),
    "Step.loop.max_iterations": of("max_iterations", 2, loop(count=3)),
    "Step.loop.concurrency": of("concurrency", 2, loop(count=3)),
    "Step.wait.for": of("for", "2s", {"id": "w", "type": "wait", "for": "1s"}),
    "Step.wait.until": of(
        *("until", "2026-01-01T02:00:00Z"),
        {"id": "w", "type": "wait", "until": "2026-01-01T01:00:00Z"},
    ),
    "Step.wait.wait_for": of("wait_for", "2s", {"id": "w", "type": "wait", "wait_for": "1s"}),
    "Step.wait.wait_until": of(
        *("wait_until", "2026-01-01T02:00:00Z"),
        {"id": "w", "type": "wait", "wait_until": "2026-01-01T01:00:00Z"},
    ),
    "Step.llm_call.prompt": of("prompt", "q", model()),
    "Step.llm_call.context": of("context", "c", model()),
    "Step.llm_call.model": of("model", "small", model()),
    "Step.llm_call.schema": of("schema", {"type": "object"}, model()),
    "Step.user_input.prompt": of("prompt", "q", asks()),
    "Step.user_input.schema": of("schema", {"type": "integer"}, asks()),
    "Step.user_input.assignee": of("assignee", "ada", asks()),
    "Step.user_input.show": of("show", [1], asks()),
    "Step.response.text": of("text", "y", {"id": "r", "type": "response", "text": "x"}),
    "Step.response.output": of("output", [2], {"id": "r", "type": "response", "output": [1]}),
    "Dependency.step": edge(
        "step", "b", *later("a", "b"), step("c", {"step": "a"}), at=2, max_parallel_steps=1
    ),
    "Dependency.when": edge("when", "false", step("a"), step("b", {"step": "a"})),
    "Dependency.settle": edge(
        "settle", "any", ONE_FAILS[0], step("b", {"step": "a"}), stop_on_first_failure=False
    ),
    "Dependency.type": edge("type", "parallel", *later("a"), step("b", {"step": "a"})),
    "Dependency.priority": edge(
        "priority",
        5,
        step("a"),
        step("b", {"step": "a"}),
        step("c", {"step": "a"}),
        at=2,
        max_parallel_steps=1,
    ),
    "RetryPolicy.max_attempts": retry("max_attempts", 2),
    "RetryPolicy.strategy": retry("strategy", "fixed"),
    "RetryPolicy.initial_delay": retry("initial_delay", "3s"),
    "RetryPolicy.max_delay": retry("max_delay", "2s"),
    "RetryPolicy.retryable_errors": retry("retryable_errors", ["other"]),
    "RetryPolicy.jitter": retry("jitter", True),
    "Case.when": Change(
        flow(branch({"when": "true", "steps": [step("x")]})), "/steps/0/cases/0/when", "false"
    ),
    "Case.steps": Change(
        flow(branch({"when": "true", "steps": [step("x")]})), "/steps/0/cases/0/steps", [step("y")]
    ),
    "Compensation.tool": Change(
        flow(step("a", compensate={"tool": "work", "input": {}})),
        *("/steps/0/compensate/tool", "write", True),
    ),
    "Compensation.input": Change(
        flow(step("a", compensate={"tool": "work", "input": {}})),
        *("/steps/0/compensate/input", {"gives": 1}, True),
    ),
}
SAME: Mapping[str, Change] = {
    # A last case without `when` is the else already; the key says so to who reads the file.
    "Case.else": Change(flow(branch({"steps": [step("x")]})), "/steps/0/cases/0/else", True),
}
"""Keys that change nothing, and that is what they are for."""
