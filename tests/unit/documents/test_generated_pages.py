"""Generated pages say what the code says, and are what is in the repository."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from milepost.adapters.documents import PAGES, events_page, lifecycles_page
from milepost.adapters.documents.examples import (
    CONTROL_EXAMPLES,
    EXAMPLES,
    OTHER_EXAMPLES,
    PLAN_EXAMPLES,
    REVISION_EXAMPLES,
    STEP_EXAMPLES,
)
from milepost.adapters.documents.lifecycles_page import PLAN_WORDS, STEP_WORDS
from milepost.domain.diagrams import mermaid
from milepost.domain.events import ENVELOPE, EVENT_TYPES, Event
from milepost.domain.lifecycles import PLAN, STEP, Lifecycle
from milepost.domain.plans import PlanStatus
from milepost.domain.steps import StepStatus

ARROW = re.compile(r"^  (\w+) --> (\w+): (\w+)$", re.MULTILINE)
BOTH = pytest.mark.parametrize("lifecycle", [STEP, PLAN], ids=["step", "plan"])


def section(page: str, title: str) -> str:
    """Return what stands under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}$\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no heading {title!r}"
    return found[1]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_in_the_repository_is_the_generated_one(repository: Path, name: str) -> None:
    stored = (repository / "docs" / name).read_text(encoding="utf-8")

    assert stored == PAGES[name](), "run: python -m milepost.adapters.documents"


def test_the_command_writes_every_page(repository: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "docs"
    subprocess.run(
        [sys.executable, "-m", "milepost.adapters.documents", str(target)],
        cwd=repository,
        check=True,
        capture_output=True,
    )

    written = {path.name: path.read_text(encoding="utf-8") for path in target.iterdir()}
    assert written == {name: page() for name, page in PAGES.items()}


@BOTH
def test_a_diagram_has_exactly_the_tables_moves(lifecycle: Lifecycle[StepStatus]) -> None:
    drawn = ARROW.findall(mermaid(lifecycle))
    rows = [(row["source"], row["dest"], row["trigger"]) for row in lifecycle.rows()]

    assert sorted(drawn) == sorted(rows)
    assert f"[*] --> {lifecycle.initial}" in mermaid(lifecycle)
    assert mermaid(lifecycle) in lifecycles_page()


def test_every_state_is_told_in_words() -> None:
    assert set(STEP_WORDS) == set(StepStatus)
    assert set(PLAN_WORDS) == set(PlanStatus)


def test_moves_are_shown_with_the_event_that_makes_them() -> None:
    page = lifecycles_page()

    assert "| `retry` | `running`, `suspended` | `retrying` | `step.retrying.v1` |" in page
    assert "| `resume` | `paused` | `running` | `plan.resumed.v1` |" in page


def test_there_is_one_example_of_every_kind() -> None:
    examples = (
        *(PLAN_EXAMPLES + REVISION_EXAMPLES + CONTROL_EXAMPLES),
        *(STEP_EXAMPLES + OTHER_EXAMPLES),
    )

    assert sorted(event.kind for event in examples) == sorted(EVENT_TYPES)


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_an_event_is_shown_with_its_meaning_impact_fields_and_example(kind: str) -> None:
    event_type, shown = EVENT_TYPES[kind], section(events_page(), kind)
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.*?) \|$", shown, re.MULTILINE)
    example = re.search(r"```json\n(.*?)```", shown, re.DOTALL)
    assert example is not None

    assert (event_type.__doc__ or "").split("\n")[0] in shown
    assert f"Impact: `{event_type.impact}`." in shown
    assert [row[0] for row in rows] == [
        name for name in event_type.model_fields if name not in Event.model_fields
    ]
    assert all(meaning for _name, _type, _default, meaning in rows)
    assert rebuilt(event_type, json.loads(example[1])) == EXAMPLES[kind]


def rebuilt(event_type: type[Event], data: dict[str, object]) -> Event:
    envelope = EXAMPLES[event_type.kind].model_dump(include=set(ENVELOPE))
    return event_type.model_validate_json(json.dumps(data | envelope, default=str))


def test_links_inside_the_page_lead_somewhere() -> None:
    page = events_page()
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors
