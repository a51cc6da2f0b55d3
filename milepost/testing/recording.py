"""Recordings: plans that ran, written down so that they can run again as tests.

A recording holds what the plan's log holds and nothing else: content, inputs, and for each step
its end and what every attempt was given, took and came to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from milepost.domain.errors import LimitError, RefusedError, ValidationError
from milepost.domain.events import ErrorRecord, Usage
from milepost.domain.plans import Completion, PlanSpec, PlanStatus
from milepost.domain.steps import StepKind, StepStatus
from milepost.domain.validation import validated

from .replayed import RecordedModels, recorded_tools
from .scripted import ScriptedTools

FORMAT: Final = "milepost recording"
VERSION: Final = 1
MAX_BYTES = 64 * 1024 * 1024


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RecordedAttempt(_Value):
    """One attempt: `given` is its input as resolved; one that was cut off has no result."""

    activation: int = 0
    given: JsonValue = None
    seconds: float = Field(0.0, ge=0)
    output: JsonValue = None
    error: ErrorRecord | None = None
    is_cut_off: bool = False
    usage: Usage | None = None


class RecordedStep(_Value):
    """One step: how it ended, what it gave, and its attempts in order."""

    kind: StepKind
    tool: str | None = None
    status: StepStatus
    output: JsonValue = None
    error: ErrorRecord | None = None
    after: tuple[str, ...] = ()
    """Paths of the steps that it waited for."""
    began: int | None = None
    """Number of the event that began it; None if it never ran."""
    ended: int | None = None
    attempts: tuple[RecordedAttempt, ...] = ()


class Recording(_Value):
    """A recorded plan; made by `record`, kept by `save`, read by `Recording.load`."""

    format: Literal["milepost recording"] = FORMAT
    version: Literal[1] = VERSION
    plan: str
    created: AwareDatetime
    content: PlanSpec
    inputs: dict[str, JsonValue] = {}
    status: PlanStatus
    completion: Completion | None = None
    steps: dict[str, RecordedStep]

    def tools(self, *, strict: bool = True) -> ScriptedTools:
        """Return tools that take as long, give and fail as recorded.

        A call that was not recorded fails with the code `not_recorded`, and so does one with
        another input than recorded unless `strict` is off.
        """
        return recorded_tools(self, strict=strict)

    def models(self, *, strict: bool = True) -> RecordedModels:
        """Return models that answer as recorded; see `tools`."""
        return RecordedModels(self, strict=strict)

    def save(self, path: str | Path) -> None:
        """Write the recording to a file; raise `LimitError` if it is too large."""
        fields = self.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        header = {"format": self.format, "version": self.version}
        data = orjson.dumps(header | fields, option=orjson.OPT_INDENT_2) + b"\n"
        _refuse_large(len(data), str(path))
        try:
            Path(path).write_bytes(data)
        except OSError as error:
            raise RefusedError(f"{path}: cannot be written ({error.strerror})") from error

    @classmethod
    def load(cls, path: str | Path) -> Recording:
        """Read a recording from a file; raise `ValidationError` or `LimitError` for no such."""
        where = str(path)
        try:
            with Path(path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            _refuse_large(len(data), where)
            fields = orjson.loads(data)
        except (OSError, orjson.JSONDecodeError) as error:
            raise ValidationError(f"no recording can be read ({error})", where=where) from error
        if not isinstance(fields, dict) or fields.get("format") != FORMAT:
            raise ValidationError("this is no recording", where=where, mend="make one by `record`")
        if fields.get("version") != VERSION:
            problem = f"version {fields.get('version')!r} of recordings is not known, {VERSION} is"
            raise ValidationError(problem, where=where, mend="record the plan again")
        return validated(cls, fields, where=where)


def _refuse_large(size: int, where: str) -> None:
    if size > MAX_BYTES:
        raise LimitError(
            "the size of a recording in bytes", allowed=MAX_BYTES, given=size, where=where
        )
