"""A model that answers from a script: offline, for tests, demos and first drafts of workflows.

A script is a list of rules, tried in order: `{"contains": "text in the prompt", "answer": ...}`;
a rule without `contains` always matches. An answer may be a text or any other JSON value. `answers`
(a list) gives one answer after the other, the last one again and again. `error` fails the call.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import anyio.lowlevel
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from milepost.adapters.tools.bounded_check import problem_of
from milepost.domain.errors import ExecutionError, ValidationError
from milepost.domain.validation import validated
from milepost.domain.values import Json
from milepost.engine.models import NO_MODEL, Prompt, Token


class Rule(BaseModel):
    """One rule of a script."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contains: str | None = None
    model: str | None = None
    answer: JsonValue = None
    answers: Annotated[tuple[JsonValue, ...], Field(max_length=10_000)] = ()
    error: str | None = None

    def matches(self, prompt: Prompt) -> bool:
        """Tell whether the rule is for this prompt."""
        named = self.model is None or self.model == prompt.model
        return named and (self.contains is None or self.contains in prompt.text)


class ScriptedModels:
    """Answers prompts by a script; without a rule for a prompt it refuses, naming the prompt."""

    def __init__(self, rules: Sequence[Rule | Mapping[str, Json]] = ()) -> None:
        self._rules = [
            rule if isinstance(rule, Rule) else validated(Rule, rule, where=f"rule {number}")
            for number, rule in enumerate(rules)
        ]
        self._used = [0] * len(self._rules)

    @classmethod
    def load(cls, path: Path) -> ScriptedModels:
        """Read a script from a JSON file: a list of rules.

        Raises `ValidationError` naming the file and the fault.
        """
        try:
            rules = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ValidationError(
                f"the model script cannot be read ({error})",
                where=str(path),
                mend='write a JSON list like [{"contains": "total", "answer": "42"}]',
            ) from error
        if not isinstance(rules, list):
            raise ValidationError("a model script is a JSON list of rules", where=str(path))
        return cls(rules)

    async def answer(self, prompt: Prompt, key: str) -> AsyncIterator[Token]:
        """Yield the scripted answer word by word, then whole."""
        del key
        number = next((at for at, rule in enumerate(self._rules) if rule.matches(prompt)), None)
        if number is None:
            raise ExecutionError(
                f"no model is configured that answers {prompt.text[:80]!r}",
                code=NO_MODEL,
                retryable=False,
            )
        rule = self._rules[number]
        if rule.error is not None:
            raise ExecutionError(rule.error, code="model_error")
        answer = self._next_answer(rule, number)
        words = (answer if isinstance(answer, str) else json.dumps(answer)).split()
        for word in words:
            yield Token(text=word)
            await anyio.lowlevel.checkpoint()
        yield Token(
            whole=True,
            answer=answer,
            input_tokens=len(prompt.text.split()),
            output_tokens=len(words),
        )

    def check(self, value: Json, schema: Json) -> str | None:
        """Say what is wrong with a value by a JSON Schema."""
        return problem_of(value, schema)

    def _next_answer(self, rule: Rule, number: int) -> Json:
        answers = rule.answers or (rule.answer,)
        answer = answers[min(self._used[number], len(answers) - 1)]
        self._used[number] += 1
        return answer
