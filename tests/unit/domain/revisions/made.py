"""Random nested plans, and random edits of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from milepost.domain.plans import OnLimit, OrchestrationType, PlanSettings, PlanSpec, Scheduling
from milepost.domain.policies import RetryPolicy
from milepost.domain.revisions import remove_cycles
from milepost.domain.steps import (
    Case,
    Compensation,
    Dependency,
    DependencyType,
    ParallelMode,
    Settle,
    StepKind,
    StepSpec,
)

NAMES = ["a", "b", "c", "a.b", "c[0]", "d e", "§%2E"]
MOST_NESTED = 2

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 0.0, -0.0, 1.0, 2.5, "", "1", "x", "${a.output}", 2**63, 10**30),
    *([], {}, [1], [True], [1.0], [[]], {"x": 1}, {"x": 1.0}, {"y": [{"z": None}]}),
]
OBJECTS: list[Any] = [
    *({}, {"x": 1}, {"x": True}, {"x": 1.0}, {"x": None}, {"x": 1, "y": 2}, {"y": 2, "x": 1}),
    *({"a/b": {"~0": [1, {"x": 0.0}]}}, {"a/b": {"~0": [1, {"x": -0.0}]}}, {"x": [], "y": {}}),
]
DURATIONS = ["1s", "100ms", "90s", "1h", 0.000001]
CONDITIONS = ["true", "x > 1", "x > 2"]
POLICIES = [
    RetryPolicy(),
    RetryPolicy(max_attempts=2),
    RetryPolicy(retryable_errors=("busy",)),
    RetryPolicy(retryable_errors=("busy", "timeout"), jitter=False),
]
EDGES = [
    Dependency(step=name, **more)
    for name in NAMES
    for more in (
        {},
        {"when": "x > 1"},
        {"settle": Settle.ANY},
        {"type": DependencyType.PARALLEL, "priority": 1},
    )
]
values = st.sampled_from(VALUES)
objects = st.sampled_from(OBJECTS)
durations = st.sampled_from(DURATIONS)
conditions = st.sampled_from(CONDITIONS)
dependencies = st.lists(st.sampled_from(EDGES), unique_by=lambda edge: edge.step, max_size=3)
"""Dependencies on any steps, whether they are there or not."""
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "input": st.sampled_from([*OBJECTS, "${x}"]),
    "name": st.sampled_from(["One", "Two"]),
    "when": conditions,
    "priority": st.integers(-2, 2),
    "retry": st.sampled_from(POLICIES),
    "timeout": durations,
    "attempt_timeout": durations,
    "resources": st.sampled_from([{}, {"gpu": 1}, {"gpu": 2, "seat": 1}]),
    "metadata": objects,
    "set": objects,
    "final": st.booleans(),
    "compensate": st.builds(Compensation, tool=st.just("undo"), input=objects),
}
OF_KIND: dict[StepKind, dict[str, st.SearchStrategy[Any]]] = {
    StepKind.PARALLEL: {"mode": st.sampled_from(ParallelMode)},
    StepKind.LOOP: {"max_iterations": st.integers(1, 3), "concurrency": st.integers(1, 3)},
}
LOOP_WAYS = st.sampled_from([("while", "x"), ("until", "x"), ("count", 2), ("for_each", [1, 2.0])])
WAITS = st.sampled_from(
    [
        ("wait_for", "5m"),
        ("wait_for", "${x}"),
        ("wait_until", "2026-01-31T12:00:00Z"),
        ("wait_until", "2026-01-31T13:00:00+01:00"),
    ]
)


def text(spec: PlanSpec) -> str:
    """Return the plan's JSON with sorted keys, in which 1, 1.0 and true differ."""
    written = spec.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return json.dumps(written, sort_keys=True)


@st.composite
def some_of(draw: st.DrawFn, fields: Mapping[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    """Return values for a few of the fields."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=3))
    return {name: draw(fields[name]) for name in names}


@st.composite
def steps(draw: st.DrawFn, name: str, depth: int = 0) -> StepSpec:
    """Return a step of any kind."""
    kinds = list(StepKind) if depth < MOST_NESTED else [StepKind.TOOL_CALL, StepKind.WAIT]
    kind = draw(st.sampled_from(kinds))
    fields: dict[str, Any] = {"id": name, "kind": kind, "input": {}}
    fields |= draw(some_of({**COMMON, **OF_KIND.get(kind, {})}))
    fields["depends_on"] = draw(dependencies)
    if kind is StepKind.TOOL_CALL:
        fields["tool"] = draw(st.sampled_from(["noop", "http.get"]))
    elif kind is StepKind.BRANCH:
        fields["cases"] = draw(cases(depth + 1))
    elif kind in {StepKind.PARALLEL, StepKind.SEQUENTIAL, StepKind.LOOP}:
        fields["steps"] = draw(step_lists(depth + 1))
    if kind in {StepKind.LOOP, StepKind.WAIT}:
        key, value = draw(LOOP_WAYS if kind is StepKind.LOOP else WAITS)
        fields[key] = value
    return StepSpec.model_validate(fields)


@st.composite
def step_lists(draw: st.DrawFn, depth: int = 0) -> tuple[StepSpec, ...]:
    """Return siblings in any order."""
    most = 2 if depth else 5
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=most))
    return tuple(draw(steps(name, depth)) for name in names)


@st.composite
def cases(draw: st.DrawFn, depth: int) -> tuple[Case, ...]:
    """Return the cases of a branch, the last one perhaps an `else`."""
    ways = draw(st.lists(step_lists(depth), min_size=1, max_size=2))
    whens = [draw(conditions) for _ in ways[:-1]] + [draw(st.none() | conditions)]
    return tuple(Case(when=when, steps=way) for when, way in zip(whens, ways, strict=True))


SETTINGS = [
    PlanSettings(),
    PlanSettings(max_execution_time="5m"),
    PlanSettings(max_parallel_steps=8, default_retry=POLICIES[1]),
    PlanSettings(scheduling=Scheduling.SERIAL, on_limit=OnLimit.PAUSE),
]
PLAN: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(OrchestrationType),
    "name": st.sampled_from(["One", "Two"]),
    "version": st.sampled_from(["1.0.0", "2"]),
    "inputs": st.sampled_from([{}, {"x": {"type": "string"}}, {"y": {}}]),
    "context": objects,
    "metadata": objects,
    "settings": st.sampled_from(SETTINGS),
    "estimated_duration": durations,
}


@st.composite
def specs(draw: st.DrawFn) -> PlanSpec:
    """Return a plan: well formed, but for its dependencies, which are anything."""
    fields = draw(some_of(PLAN))
    return PlanSpec.model_validate({**fields, "steps": draw(step_lists())})


def linked(steps: Sequence[StepSpec], outer: frozenset[str] = frozenset()) -> tuple[StepSpec, ...]:
    """Return the steps without dependencies on what is not there."""
    visible = outer | {step.id for step in steps}
    return tuple(
        with_fields(
            step,
            depends_on=[edge for edge in step.depends_on if edge.step in visible],
            steps=linked(step.steps, visible),
            cases=[Case(when=c.when, steps=linked(c.steps, visible)) for c in step.cases],
        )
        for step in steps
    )


linked_specs = specs().map(lambda spec: spec.model_copy(update={"steps": linked(spec.steps)}))
"""Plans whose dependencies all exist; some go round in a circle."""
sound_specs = linked_specs.map(lambda spec: remove_cycles(spec)[0])


@st.composite
def edited(draw: st.DrawFn, spec: PlanSpec) -> PlanSpec:
    """Return the plan after some random edits, at any depth."""
    changed = {"steps": draw(edited_list(spec.steps))}
    if draw(st.booleans()):
        changed |= draw(some_of(PLAN))
    return PlanSpec.model_validate({**dict(spec), **changed})


@st.composite
def edited_list(
    draw: st.DrawFn, siblings: tuple[StepSpec, ...], depth: int = 0
) -> tuple[StepSpec, ...]:
    """Return siblings that came, went, moved, were renamed, or changed in themselves."""
    made = [draw(edited_step(step, depth)) for step in siblings]
    for edit in draw(st.lists(st.sampled_from(["add", "remove", "move", "rename"]), max_size=3)):
        at = draw(st.integers(0, len(made) - 1))
        free = sorted(set(NAMES) - {step.id for step in made})
        if edit == "add" and free:
            made.insert(at, draw(steps(draw(st.sampled_from(free)), depth)))
        elif edit == "remove" and len(made) > 1:
            del made[at]
        elif edit == "move":
            made.insert(draw(st.integers(0, len(made) - 1)), made.pop(at))
        elif edit == "rename" and free:
            made[at] = with_fields(made[at], id=draw(st.sampled_from(free)))
    return tuple(made)


@st.composite
def edited_step(draw: st.DrawFn, step: StepSpec, depth: int) -> StepSpec:
    """Return a step: most often itself, else with other fields, children or edges."""
    edit = draw(st.sampled_from(["none", "none", "fields", "inside", "edges", "order", "other"]))
    if edit == "other":
        return draw(steps(step.id, depth))
    fields: dict[str, Any] = {}
    if edit == "fields":
        fields = draw(some_of(COMMON))
    elif edit == "edges":
        fields = {"depends_on": draw(dependencies)}
    elif edit == "order":
        fields = {"depends_on": draw(st.permutations(step.depends_on))}
    elif edit == "inside" and step.steps:
        fields = {"steps": draw(edited_list(step.steps, depth + 1))}
    elif edit == "inside" and step.cases:
        fields = {"cases": draw(edited_cases(step.cases, depth))}
    return with_fields(step, **fields) if fields else step


@st.composite
def edited_cases(draw: st.DrawFn, cases: Sequence[Case], depth: int) -> list[Case]:
    """Return the cases with other steps and conditions, the last ones perhaps gone."""
    kept = cases[: draw(st.integers(1, len(cases)))]
    return [
        Case(when=draw(conditions), steps=draw(edited_list(case.steps, depth + 1))) for case in kept
    ]


def with_fields(step: StepSpec, **fields: Any) -> StepSpec:
    """Return a checked copy of the step with other fields."""
    held = {name: getattr(step, name) for name in step.model_fields_set}
    held["while"] = held.pop("while_", None)
    return StepSpec.model_validate({**held, **fields})
