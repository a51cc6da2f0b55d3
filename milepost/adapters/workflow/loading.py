"""Loading workflows: from a file, a text or a mapping to a plan and where its parts stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from milepost.domain.errors import ValidationError
from milepost.domain.plans import PlanSpec
from milepost.domain.revisions import Edge, remove_cycles
from milepost.domain.values import ContentHash, Json, content_hash

from . import execution_plan
from .document import Document
from .guards import clean, read_text
from .json_reader import plain_document, read_json
from .plan import Ownership, read_plan
from .yaml_reader import read_yaml

_JSON_SUFFIXES = frozenset({".json"})


@dataclass(frozen=True, slots=True)
class Workflow:
    """A loaded workflow.

    `source_hash` is over the document's content: comments, layout and the order of keys do not
    matter, nor whether it was YAML or JSON.
    """

    spec: PlanSpec
    source_hash: ContentHash
    document: Document
    pointer: str
    """JSON pointer to the mapping that holds the workflow's keys."""
    ownership: Ownership
    removed: tuple[Edge, ...] = ()
    """Dependencies that were left out because they closed a cycle."""

    def without_cycles(self) -> Workflow:
        """Return the workflow without the dependencies that close a cycle, and with their names."""
        spec, removed = remove_cycles(self.spec)
        return replace(self, spec=spec, removed=removed)

    def locate(self, pointer: str) -> str:
        """Return where the part of the plan at a JSON pointer stands: `file:line:column`.

        The pointer is into the plan, for example `/steps/0/tool`.
        """
        return self.document.where(self.pointer + pointer)


def load_workflow(source: str | Path | Mapping[str, Json]) -> Workflow:
    """Return the workflow in a file, a text (of more than one line, or in braces) or a mapping.

    Raises `ValidationError` and `LimitError` saying where, what is wrong and how to mend it; with
    several problems a line for each.
    """
    return workflow_from(_document(source))


def load_text(text: str, *, name: str) -> Workflow:
    """Return the workflow that a YAML or JSON text writes; `name` stands in messages."""
    return workflow_from(read_document(text, name=name))


def read_document(text: str, *, name: str) -> Document:
    """Return a text's JSON value; JSON when its name or its beginning says so, else YAML."""
    text = clean(text, name=name)
    if Path(name).suffix.lower() in _JSON_SUFFIXES:
        return read_json(text, name=name)
    if not text.lstrip().startswith("{"):
        return read_yaml(text, name=name)
    try:
        return read_json(text, name=name)
    except ValidationError as fault:
        if "it is not JSON" not in fault.problem:
            raise
    return read_yaml(text, name=name)


def workflow_from(document: Document) -> Workflow:
    """Return the workflow that a document writes."""
    source_hash = content_hash(document.value)
    if execution_plan.is_execution_plan(document.value):
        document = execution_plan.converted(document)
    read = read_plan(document)
    return Workflow(read.spec, source_hash, document, read.pointer, read.ownership)


def _document(source: str | Path | Mapping[str, Json]) -> Document:
    if isinstance(source, Mapping):
        return plain_document(source, name="workflow")
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return read_document(source, name="workflow")
    return read_document(read_text(Path(source)), name=str(source))
