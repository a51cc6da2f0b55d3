"""What steps are said to wait for: what the engine has them wait for."""

from milepost.testing import ScriptedTools, engine, run_virtual

NAMED = """
context: {rows: null}
steps:
  - {id: a, tool: work}
  - {id: b, tool: work, set: {rows: "${a.output}"}}
  - {id: c, tool: work, expect: "c.output == b.output"}
  - {id: size, tool: work}
  - {id: item, tool: work, input: {rows: "${size([1])}"}}
  - id: each
    type: loop
    for_each: [{row: 1}]
    steps:
      - {id: d, tool: work, input: {row: "${item.row}"}}
"""


def test_steps_wait_for_what_they_check_and_write_and_for_no_name_of_something_else() -> None:
    async def graph() -> dict[str, tuple[str, ...]]:
        async with engine(ScriptedTools(default=1)) as opened:
            plan = (await opened.run(NAMED)).plan_id
            return {node.path: node.after for node in (await opened.plan(plan)).graph}

    expected = {"b": ("a",), "c": ("b",)}
    assert {path: after for path, after in run_virtual(graph).items() if after} == expected
