"""The port to language models, and what a step asks of one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json

INVALID_ANSWER = "invalid_answer"
NO_MODEL = "no_model"
SchemaCheck = Callable[[Json, Json], str | None]
"""Says what is wrong with a value (first) by a JSON Schema (second), None if nothing."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an answer; the last one is `whole` and carries the `answer` and what it used.

    A model that gives structured answers may give any JSON value instead of a text.
    """

    text: str = ""
    whole: bool = False
    answer: Json = None
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered request to a model."""

    text: str
    model: str | None = None
    system: str | None = None
    context: Json = None
    schema: Json = None
    """JSON Schema that the answer must fit; the answer is then read as JSON."""
    options: dict[str, Json] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Json, *, where: str) -> Prompt:
        """Read a step's resolved input; raise `ExecutionError` without a prompt text."""
        fields: dict[str, Json] = dict(given) if isinstance(given, dict) else {"prompt": given}
        text = fields.pop("prompt", fields.pop("input", None))
        if not isinstance(text, str) or not text:
            raise ExecutionError(
                f"step {where!r}: a model step needs `prompt`, a text",
                code="arguments",
                retryable=False,
            )
        model, system = fields.pop("model", None), fields.pop("system", None)
        return cls(
            text=text,
            model=model if isinstance(model, str) else None,
            system=system if isinstance(system, str) else None,
            context=fields.pop("context", None),
            schema=fields.pop("schema", None),
            options=fields,
        )

    def checked(self, answer: Json, check: SchemaCheck | None = None) -> Json:
        """Return the answer: as it is, or read as JSON where a schema is asked for.

        Raises `ExecutionError` (retryable: models differ from try to try) when it does not fit.
        """
        if self.schema is None:
            return answer
        value = _read(answer) if isinstance(answer, str) else answer
        problem = check(value, self.schema) if check else None
        if problem is not None:
            raise ExecutionError(f"the answer breaks its schema: {problem}", code=INVALID_ANSWER)
        return value


def _read(answer: str) -> Json:
    try:
        value: Json = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise ExecutionError(f"the answer is not JSON: {error}", code=INVALID_ANSWER) from error
    return value


class NoModels:
    """What answers where no model is configured: nobody, and it says so."""

    async def answer(self, prompt: Prompt, key: str) -> AsyncIterator[Token]:
        """Raise `ExecutionError` with the code `no_model`."""
        raise ExecutionError(
            f"no model is configured to answer {prompt.text[:80]!r} ({key})",
            code=NO_MODEL,
            retryable=False,
        )
        yield Token()

    def check(self, value: Json, schema: Json) -> str | None:
        """Find nothing wrong: there are no answers to check."""
        del value, schema
        return None


class Models(Protocol):
    """Language models, by name or the default one."""

    def answer(self, prompt: Prompt, key: str) -> AsyncIterator[Token]:
        """Yield the answer's tokens, then one token with the whole answer.

        Raises `ExecutionError` when no model can answer.
        """
        ...

    def check(self, value: Json, schema: Json) -> str | None:
        """Say what is wrong with a value by a JSON Schema, None if nothing is."""
        ...
