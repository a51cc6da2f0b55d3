"""Rewriting an expression does not change what it means.

Random expressions are evaluated twice: by the adapter, and by the evaluator directly over the
whole scope.
"""

from typing import Any

from cel_expr_python import cel
from hypothesis import assume, given
from hypothesis import strategies as st

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.expressions.results import as_json
from milepost.domain.errors import ExpressionError
from milepost.domain.expressions import ScopeTypes
from milepost.domain.values import Json

OUTPUT: dict[str, Any] = {
    "n": 3,
    "d": 2.5,
    "t": "ab",
    "none": None,
    "yes": True,
    "rows": [{"v": 1, "s": "x"}, {"v": 2, "s": "y"}],
    "list": [1, 2, 3],
    "m": {"k": 1, "inner": {"x": [4, 5]}},
}
STEP = {"output": OUTPUT, "status": "completed", "error": None}
TYPES = ScopeTypes(inputs={"a": {}, "b": {}}, steps=frozenset({"load", "any id"}))
SCOPE: dict[str, Any] = {
    "inputs": {"a": 5, "b": ["p", "q"]},
    "steps": {"load": STEP, "any id": STEP},
}
ENVIRONMENT = cel.NewEnv(
    variables=dict.fromkeys(("inputs", "steps", "load", "int_list"), cel.Type.DYN)
)

PATHS = [
    *("load.output.n", "load.output.d", "load.output.t", "load.output.yes", "load.output.none"),
    *("load.output.list", "load.output.rows", "load.output.m", "load.output.gone", "inputs.a"),
    *("load.output.rows[0].v", "load.output.rows[1].s", "load.output.rows[7].s", "inputs.b"),
    *('steps["any id"].output.n', "steps['any id'].output.m.k", "load.output['t']"),
    *(
        "load.output.m.inner.x",
        "load.output.list[inputs.a - 4]",
        "load.output.t.x",
        "load.output.m[0]",
    ),
]
LEAVES = st.sampled_from(
    [*PATHS, "1", "2", "0", "1.5", "'ab'", '"}\\"{"', "true", "false", "null", "[]", "r'\\d'"]
)
LISTS = st.sampled_from(["load.output.list", "load.output.rows", "inputs.b", "[1, 2]", "[[1]]"])
OPERATORS = st.sampled_from(["+", "-", "*", "==", "!=", "<", ">", "&&", "||", "in", "%", "/"])


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    macros = st.sampled_from(["all", "exists", "exists_one", "filter", "map"])
    return st.one_of(
        st.builds(lambda a, o, b: f"({a} {o} {b})", inner, OPERATORS, inner),
        st.builds(lambda a, b, c: f"({a} ? {b} : {c})", inner, inner, inner),
        st.builds(lambda a, m, b: f"{a}.{m}(x, {b} == x || x == {b})", LISTS, macros, inner),
        st.builds(lambda a, b: f"{a}.map(y, {{'v': y, 'o': {b}}})", LISTS, inner),
        st.builds(lambda a: f"size({a})", inner),
        st.builds(lambda a: f"{a}.size()", LISTS),
        st.builds(lambda a: f"!({a})", inner),
        st.builds(lambda a: f"-({a})", inner),
        st.builds(lambda a: f"string({a}) // note {a}\n", inner),
        st.builds(lambda a, b: f"[{a}, {b}]", inner, inner),
        st.builds(lambda a: f"{{'k': {a}}}", inner),
        st.builds(lambda a: f"{{'k': {a}}}.k", inner),
        st.builds(lambda a: f"{a}[0]", LISTS),
        st.sampled_from(["has(load.output.gone)", "has(load.output.m.k)", "has(inputs.a)"]),
    )


def directly(source: str) -> list[Json] | None:
    """Return the evaluator's own result, or None when there is none."""
    data = {"inputs": SCOPE["inputs"], "steps": SCOPE["steps"], "load": STEP}
    try:
        result = ENVIRONMENT.compile(source).eval(data=data)
    except RuntimeError:
        return None
    return None if result.type() == cel.Type.ERROR else [as_json(result.plain_value())]


def by_adapter(source: str) -> list[Json] | None:
    """Return the adapter's result, None when there is none; skip what it alone refuses."""
    try:
        return [CelExpressions().compile(source, scope=TYPES).evaluate(SCOPE)]
    except ExpressionError as error:
        assume("hides another name" not in error.problem)
        assume("may repeat a value" not in error.problem)
        return None


@given(st.recursive(LEAVES, larger, max_leaves=8))
def test_the_adapter_agrees_with_the_evaluator(source: str) -> None:
    assert by_adapter(source) == directly(source)
