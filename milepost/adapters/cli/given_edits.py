"""Edits of a plan as the command line gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from milepost.domain.errors import ValidationError
from milepost.domain.values import Json

from .given_inputs import json_file, json_pairs, json_value

if TYPE_CHECKING:
    from milepost.domain.revisions import Edit

Words = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenEdits:
    """What a plan's steps are to be changed by; read in the order of the fields."""

    file: str | None = None
    add: Words = ()
    into: str | None = None
    case: int | None = None
    inject: Words = ()
    between: str | None = None
    change: Words = ()
    move: Words = ()
    after: str | None = None
    add_edge: Words = ()
    remove_edge: Words = ()
    remove: Words = ()
    reconnect: bool = False

    def read(self) -> list[Edit]:
        """Return the edits; raise `ValidationError` for words that mean nothing."""
        from milepost.domain.revisions import read_edits

        self._refuse_strays()
        given = [*self._from_file(), *self._steps(), *self._edges(), *self._removals()]
        return list(read_edits(given))

    def _refuse_strays(self) -> None:
        """Raise for options that belong to another one that is not there, or is there twice."""
        for option, given, belongs_to, count in (
            ("--into", self.into, "--add-step", len(self.add)),
            ("--case", self.case, "--add-step", len(self.add)),
            ("--between", self.between, "--inject", len(self.inject)),
            ("--after", self.after, "--add-step or --move", len(self.add) + len(self.move)),
            ("--reconnect", self.reconnect or None, "--remove", min(len(self.remove), 1)),
        ):
            if given is not None and count != 1:
                raise ValidationError(
                    f"it belongs to one {belongs_to}, here are {count or 'none'}",
                    where=option,
                    mend="for more at once write a file for --edits",
                )
        if self.inject and self.between is None:
            raise ValidationError(
                "between which steps?", where="--inject", mend="add --between A,B"
            )

    def _from_file(self) -> list[Json]:
        if self.file is None:
            return []
        value = json_file(self.file)
        if not isinstance(value, list):
            raise ValidationError("is not a list of edits", where=self.file)
        return value

    def _steps(self) -> Iterator[dict[str, Any]]:
        for text in self.add:
            edit = {"op": "add_step", "step": _step(text, "--add-step"), "into": self.into or ""}
            yield edit | {"case": self.case, "after": self.after}
        for text in self.inject:
            between = _pair(self.between or "", where="--between", write="A,B")
            yield {"op": "inject_step", "step": _step(text, "--inject"), "between": between}
        for path, fields in json_pairs(self.change, where="--change").items():
            if not isinstance(fields, dict):
                raise ValidationError("is not an object of fields", where=f"--change {path}")
            yield {"op": "change_step", "path": path, "fields": fields}
        for path in self.move:
            yield {"op": "move_step", "path": path, "after": self.after}

    def _edges(self) -> Iterator[dict[str, Any]]:
        for op, option, pairs in (
            ("add_edge", "--add-edge", self.add_edge),
            ("remove_edge", "--remove-edge", self.remove_edge),
        ):
            for text in pairs:
                first, second = _pair(text, where=option, write="FROM,TO")
                yield {"op": op, "step": second, "depends_on": first}

    def _removals(self) -> Iterator[dict[str, Any]]:
        for path in self.remove:
            yield {"op": "remove_step", "path": path, "reconnect": self.reconnect}


def _pair(text: str, *, where: str, write: str) -> tuple[str, str]:
    first, comma, second = text.partition(",")
    if not comma or not first.strip() or not second.strip() or "," in second:
        raise ValidationError(f"{text!r} is not {write}", where=where)
    return first.strip(), second.strip()


def _step(text: str, where: str) -> Any:  # noqa: ANN401 - a step
    """Return the step that a text writes as a workflow does, in JSON."""
    from milepost.adapters.workflow import load_workflow

    value = json_value(text, where=where)
    try:
        return load_workflow({"steps": [value]}).spec.steps[0]
    except ValidationError as error:
        raise ValidationError(error.problem, where=where, mend=error.mend) from error
