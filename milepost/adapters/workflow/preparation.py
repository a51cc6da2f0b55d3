"""From whatever a user runs to content that is checked and compiled, once for equal sources."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from milepost.domain.errors import ValidationError
from milepost.domain.expressions import Expressions
from milepost.domain.plans import Plan, PlanSpec
from milepost.domain.revisions import Edge
from milepost.domain.revisions import remove_cycles as without_cycles
from milepost.domain.values import Json, canonical_bytes, content_hash
from milepost.engine.library import Library, Prepared
from milepost.engine.tooling import Tools

from .document import Problems
from .guards import read_text
from .inputs import check_declarations
from .json_reader import plain_document
from .loading import Workflow, load_text, load_workflow
from .plan import Ownership
from .validation import validate

Runnable: TypeAlias = "str | Path | Mapping[str, Json] | Plan | PlanSpec"
"""A workflow file, a text, a mapping, or a built plan."""

_KEPT = 256


@dataclass(frozen=True, slots=True)
class Ready:
    """Content ready to run, and whom the source says that it belongs to."""

    prepared: Prepared
    ownership: Ownership
    id: str | None = None
    """The plan's id where the source names one."""
    removed: tuple[Edge, ...] = ()
    """The dependencies that were left out because they closed a cycle."""


class Preparation:
    """Loads, validates and compiles; remembers what it did for the sources used last."""

    def __init__(self, tools: Tools, expressions: Expressions, library: Library) -> None:
        self._tools = tools
        self._expressions = expressions
        self._library = library
        self._kept: OrderedDict[bytes, Ready] = OrderedDict()

    def prepare(self, source: Runnable, *, remove_cycles: bool = False) -> Ready:
        """Return the source's content; raise `ValidationError` saying where and how to mend it.

        With `remove_cycles`, dependencies that close a cycle are left out, and told.
        """
        if not isinstance(source, str | Path | Mapping | PlanSpec):
            raise ValidationError(
                f"{source!r} is nothing that can be run",
                mend="give a file, a text, a mapping, a built plan, or NAME@VERSION",
            )
        if remove_cycles:
            return self._acyclic(source)
        if isinstance(source, PlanSpec):
            return self._built(source)
        if isinstance(source, Mapping):
            return self._remembered(canonical_bytes(dict(source)), lambda: load_workflow(source))
        if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
            return self._remembered(source.encode(errors="replace"), lambda: load_workflow(source))
        path = Path(source)
        text = read_text(path)
        return self._remembered(
            f"{path}\0{text}".encode(errors="replace"), lambda: load_text(text, name=str(path))
        )

    def _acyclic(self, source: Runnable) -> Ready:
        if isinstance(source, PlanSpec):
            spec, removed = without_cycles(source)
            return replace(self._built(spec), removed=removed)
        workflow = load_workflow(source).without_cycles()
        return Ready(self._checked(workflow), workflow.ownership, removed=workflow.removed)

    def content(self, spec: PlanSpec) -> Prepared:
        """Check and compile content that a program made; raise `ValidationError`."""
        return self._checked(_workflow_of(spec))

    def published(self, prepared: Prepared) -> Ready:
        """Check a published workflow against the tools at hand; raise `ValidationError`."""
        return Ready(self._checked(_workflow_of(prepared.spec)), Ownership())

    def _remembered(self, key: bytes, load: Callable[[], Workflow]) -> Ready:
        digest = hashlib.sha256(key).digest()
        ready = self._kept.get(digest)
        if ready is None:
            workflow = load()
            ready = Ready(self._checked(workflow), workflow.ownership)
            self._kept[digest] = ready
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return ready

    def _built(self, plan: PlanSpec) -> Ready:
        if not isinstance(plan, Plan):
            return Ready(self._checked(_workflow_of(plan)), Ownership())
        ownership = Ownership(session=plan.session, user=plan.user, tags=plan.tags)
        return Ready(self._checked(_workflow_of(plan.content())), ownership, plan.id)

    def _checked(self, workflow: Workflow) -> Prepared:
        compiled = validate(workflow, tools=self._tools, expressions=self._expressions)
        return self._library.prepare(compiled)


def _workflow_of(spec: PlanSpec) -> Workflow:
    """Return a built plan as a workflow whose places are pointers into it."""
    written = spec.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    document = plain_document(written, name="plan")
    problems = Problems(document)
    check_declarations(spec.inputs, "/inputs", problems)
    problems.raise_found()
    return Workflow(spec, content_hash(written), document, "", Ownership())
