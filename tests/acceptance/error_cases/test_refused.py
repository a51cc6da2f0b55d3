"""What is refused before anything runs, and by what words: rows E6 to E9, F5, G4, K1, W2."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

import milepost
from milepost import DependencyError, MilepostError, ValidationError
from tests.acceptance.workbench import Workbench, flow, opened_in, step

WORK = "tool: calc.evaluate, input: {expression: '1'}"
REFUSED: dict[str, tuple[Any, str]] = {
    "no steps": ({"name": "x"}, "steps"),
    "steps that are none": (
        {"steps": [{"id": "a", "tool": "work", "input": 1, "timeout": {}}]},
        r"#/steps/0/timeout",
    ),
    "an unknown key": (flow(step("a", tmeout=1)), r"#/steps/0/tmeout: .*`tmeout`.*`timeout`"),
    "an unknown tool": (flow(step("a", tool="wrk")), r"#/steps/0/tool: .*'wrk' is not known.*work"),
    "a wrong argument": (flow(step("a", takes="long")), r"#/steps/0/input/takes.*takes"),
    "an unknown argument": (flow(step("a", input={"gvies": 1})), r"#/steps/0/input.*gvies"),
    "a missing dependency": (flow(step("a", "b")), r"'a' depends on 'b', which does not exist"),
    "a doubled id": (flow(step("a"), step("a")), r"#/steps/1/id: .*`a`"),
    "a dependency on itself": (flow(step("a", "a")), r"'a'"),
    "a cycle": (flow(step("a", "c"), step("b", "a"), step("c", "b")), r"a -> c -> b -> a|circle"),
    "a name that is not there": (flow(step("a", gives="${inputs.x}")), r"#/steps/0/input/gives.*x"),
    "an expression that is none": (flow(step("a", when="1 +")), r"#/steps/0/when"),
    "a setting out of range": (flow(step("a"), max_parallel_steps=0), r"max_parallel_steps"),
    "what is no plan": (5, r"5 is nothing that can be run; give a file"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_faulty_plan_is_refused_with_a_pointer_and_nothing_is_stored(
    tmp_path: Path, case: str
) -> None:
    workflow, words = REFUSED[case]
    bench = Workbench()
    async with opened_in(tmp_path, bench) as opened:
        with pytest.raises(ValidationError, match=words) as caught:
            await opened.run(workflow)
        assert (await opened.plans()).items == ()
        assert await (await opened.reader()).last_position() == 0

    assert caught.value.exit_code == 2
    assert bench.calls == []


@pytest.mark.parametrize("ids", [["a", "b"], ["a", "b", "c"], list("abcdef")])
def test_a_cycle_is_listed_in_order(ids: list[str]) -> None:
    steps = [step(name, ids[at - 1], tool="time.now") for at, name in enumerate(ids)]

    with pytest.raises(DependencyError) as caught:
        milepost.validate(flow(*steps))
    cycle = caught.value.ids
    assert cycle[0] == cycle[-1]
    assert set(cycle) == set(ids)
    needs = {made["id"]: made["depends_on"][0] for made in steps}
    assert all(needs[one] == next_one for one, next_one in itertools.pairwise(cycle))


def test_a_workflow_is_read_from_a_path_and_from_a_text_with_lines_in_its_errors(
    tmp_path: Path,
) -> None:
    good = f"steps:\n  - {{id: a, {WORK}}}\n"
    bad = f"steps:\n  - {{id: a, {WORK}}}\n  - {{id: b, {WORK}, dependson: [a]}}\n"
    path = tmp_path / "flow.yaml"
    path.write_text(good)

    assert milepost.validate(path).spec == milepost.validate(good).spec
    path.write_text(bad)
    with pytest.raises(ValidationError, match=rf"^{re.escape(str(path))}:3:\d+: .*dependson"):
        milepost.validate(path)
    with pytest.raises(ValidationError, match=r"3:\d+: .*dependson"):
        milepost.validate(bad)


@pytest.mark.parametrize("key", ["id", "type", "tool", "depends_on", "input"])
def test_the_keys_of_a_step_are_honoured_and_a_misspelt_one_is_refused_with_its_line(
    tmp_path: Path, key: str
) -> None:
    text = (
        "steps:\n"
        f"  - {{id: first, {WORK}}}\n"
        "  - id: second\n    type: tool\n    tool: calc.evaluate\n    depends_on: [first]\n"
        "    input: {expression: '2'}\n"
    )
    second = milepost.validate(text).spec.steps[1]
    assert (second.id, second.kind, second.tool) == ("second", "tool_call", "calc.evaluate")
    assert (second.dependencies, second.input) == (("first",), {"expression": "2"})

    path = tmp_path / "flow.yaml"
    before, after = text.rsplit(f"{key}:", maxsplit=1)
    path.write_text(f"{before}{key}x:{after}")
    line = before.count("\n") + 1
    with pytest.raises(ValidationError, match=rf"flow\.yaml:{line}:\d+: .*`{key}x`"):
        milepost.validate(path)


KINDS = {
    "validation": ("steps: [{id: a, tol: x}]", 2),
    "execution": ("steps: [{id: a, tool: file.read, input: {path: none.txt}}]", 1),
    "timeout": (
        "settings: {max_execution_time: 20ms}\nsteps: [{id: a, type: wait, for: 10s}]",
        4,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_error_has_a_word_and_an_exit_code(
    command: Any, write: Any, tmp_path: Path, kind: str
) -> None:
    text, code = KINDS[kind]
    path = write(text)

    assert command("run", path).code == code
    if code == 2:
        assert list(tmp_path.iterdir()) == [path]
        with pytest.raises(MilepostError) as caught:
            milepost.validate(path)
        assert caught.value.kind == kind
    else:
        [failed] = command("history", "last", "--kind", "plan.failed", "--json").json["items"]
        error = failed["data"]["error"]
        assert error.get("kind", "execution") == kind
