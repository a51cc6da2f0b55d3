"""What the page about the workflow language shows is what the loader takes."""

import re
from pathlib import Path

import pytest

from milepost.adapters.expressions import CelExpressions
from milepost.adapters.expressions.bounds import MAX_GROWTH, MAX_ITERATIONS, MAX_TOUCHED
from milepost.adapters.expressions.messages import FUNCTIONS
from milepost.adapters.expressions.rewriting import MAX_DEPTH as MAX_BRACKETS
from milepost.adapters.tools import ToolOptions, ToolRegistry, builtin_tools
from milepost.adapters.workflow import load_text, validate
from milepost.adapters.workflow.guards import MAX_BYTES, MAX_DEPTH, MAX_VALUES
from milepost.adapters.workflow.keys import INTO_INPUT, OF_KIND, TOP, keys_of
from milepost.domain.errors import ValidationError
from milepost.domain.expressions import MAX_SOURCE
from milepost.domain.plans import PlanSettings
from milepost.domain.steps import MAX_ID_LENGTH, StepKind

PAGE = (Path(__file__).parents[3] / "docs" / "workflow-language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(yaml|json)\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_page_has_examples() -> None:
    assert [kind for kind, _text in BLOCKS] == ["yaml", "yaml", "yaml", "json"]


@pytest.mark.parametrize(("kind", "text"), BLOCKS)
def test_its_examples_are_sound(kind: str, text: str, tmp_path: Path) -> None:
    tools = ToolRegistry(builtin_tools(ToolOptions(folder=tmp_path)), plugins=list)

    validate(load_text(text, name=f"page.{kind}"), tools=tools, expressions=CelExpressions())


def test_it_names_every_key() -> None:
    words = set(re.findall(r"`(\w+)`|\b(\w+):", PAGE))
    named = {word for pair in words for word in pair if word}
    keys = {key for kind in StepKind for key in keys_of(kind)} | set(TOP)
    keys -= {"wait_for", "wait_until"}

    assert keys | set(PlanSettings.model_fields) <= named
    assert set(OF_KIND) == set(StepKind) >= set(INTO_INPUT)


def test_it_names_every_function() -> None:
    assert set(FUNCTIONS) <= set(re.findall(r"`(\w+)(?:\(\))?`", PAGE))


def test_it_tells_how_faults_of_json_are_placed() -> None:
    with pytest.raises(ValidationError) as caught:
        load_text('{"stpes": []}', name="file")

    assert str(caught.value).startswith("file#/stpes: ")
    assert "`file#/pointer`" in PAGE


@pytest.mark.parametrize(
    "limit",
    [
        f"{MAX_BYTES:,} bytes",
        f"{MAX_DEPTH} levels of mappings",
        f"values in a file | {MAX_VALUES:,}",
        f"{MAX_SOURCE:,} characters, {MAX_BRACKETS} nested brackets",
        f"{MAX_ITERATIONS:,} in one evaluation",
        f"{MAX_GROWTH:,} times",
        f"{MAX_TOUCHED // 1024 // 1024} MiB",
        f"up to {MAX_ID_LENGTH} characters",
    ],
)
def test_it_tells_the_limits_that_hold(limit: str) -> None:
    assert limit in PAGE
