"""Plans to be drawn, written as workflows."""

from __future__ import annotations

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.graphs import Drawing, drawing_of
from milepost.adapters.workflow import load_text
from milepost.engine.core import compile_plan

EVERY_KIND = """
name: every kind
inputs: {n: {type: integer, default: 3}}
steps:
  - id: load
    name: Load it
    description: From disk.
    tool: csv.read
    input: {path: a.csv}
  - {id: think, type: llm, prompt: "what of ${load.output}?"}
  - id: choose
    type: branch
    cases:
      - when: "inputs.n > 2"
        steps: [{id: x, tool: time.now, input: {}}, {id: more, tool: time.now, input: {}}]
      - {else: true, steps: [{id: x, tool: time.now, input: {}}]}
  - id: each
    type: loop
    for_each: "${load.output}"
    steps:
      - {id: fetch, tool: text.join, input: {parts: ["${item}"]}}
      - {id: store, tool: text.join, input: {parts: ["${fetch.output}"]}}
  - id: both
    type: parallel
    steps:
      - {id: left, tool: time.now, input: {}}
      - {id: right, tool: text.join, input: {parts: ["${think.output}"]}}
  - id: row
    type: sequential
    depends_on: [{step: both, type: parallel}]
    steps: [{id: rest, type: wait, for: 5s}]
  - id: ask
    type: user_input
    prompt: ok?
    depends_on: [{step: choose, when: "inputs.n > 1"}]
  - {id: end, type: response, text: "${each.output}", depends_on: [ask, row]}
"""


def drawn(text: str) -> Drawing:
    """Return the drawing of a workflow's text."""
    spec = load_text(text, name="plan.yaml").spec
    return drawing_of(compile_plan(spec, CelExpressions()), title=spec.name or "plan")
