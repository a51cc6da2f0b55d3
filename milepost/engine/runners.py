"""Step runners: what a working step's attempt does, as a stream of chunks that ends with Final.

Steps without work of their own (containers, waits, questions, responses) are decided in the
core and need no runner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from milepost.domain.errors import ExecutionError
from milepost.domain.events import Usage
from milepost.domain.steps import StepKind, StepSpec
from milepost.domain.values import Json, copied

from .models import INVALID_ANSWER, Models, Prompt, Token
from .streaming import ChunkKind
from .tooling import ToolCall, Tools, unmeasured

ARGUMENTS = "arguments"
RESULT = "result"


def ignore(kind: ChunkKind, value: Json) -> None:
    """Take a chunk that nobody listens for."""


class RunContext(NamedTuple):
    """What a runner may know and use: where it runs, its input, and the world's ports."""

    plan: str
    path: str
    attempt: int
    key: str
    """Idempotency key, equal for all attempts of one activation."""
    input: Json
    tools: Tools
    models: Models
    inputs: Mapping[str, Json] = MappingProxyType({})
    """The plan's inputs."""
    memory: Mapping[str, Json] = MappingProxyType({})
    """The plan's context."""
    emit: Callable[[ChunkKind, Json], None] = ignore
    spend: Callable[[float], None] = unmeasured
    """Adds seconds of processor time to what the attempt used."""


class StreamChunk(NamedTuple):
    """A piece of a step's work; the last one is `Final` and carries the output."""

    kind: ChunkKind
    value: Json
    usage: Usage | None = None


class StepRunner(Protocol):
    """Carries one attempt of a step out."""

    def run(self, step: StepSpec, context: RunContext) -> AsyncIterator[StreamChunk]:
        """Yield chunks, the last of kind `final`; raise `ExecutionError` on failure."""
        ...


class ToolStepRunner:
    """Calls a tool with arguments that its JSON Schema accepts, and checks the result."""

    async def run(self, step: StepSpec, context: RunContext) -> AsyncIterator[StreamChunk]:
        """Yield the call, then its result."""
        tool = context.tools.get(step.tool or "")
        arguments = context.input
        if not isinstance(arguments, dict):
            raise ExecutionError(
                f"step {context.path!r}: the input of a tool is an object, this is {arguments!r}",
                code=ARGUMENTS,
                retryable=False,
            )
        problem = tool.check(arguments)
        if problem is not None:
            raise ExecutionError(
                f"step {context.path!r}, tool {tool.name!r}: {problem}",
                code=ARGUMENTS,
                retryable=False,
            )
        yield StreamChunk(ChunkKind.TOOL_CALL, {"tool": tool.name, "arguments": arguments})
        call = ToolCall(
            plan=context.plan,
            step=context.path,
            attempt=context.attempt,
            key=context.key,
            arguments={name: copied(value) for name, value in arguments.items()},
            emit=lambda kind, value: context.emit(_CHUNK_KINDS[kind], value),
            spend=context.spend,
        )
        output = await tool.call(call)
        problem = tool.check_result(output)
        if problem is not None:
            raise ExecutionError(
                f"step {context.path!r}: the result of tool {tool.name!r} breaks its schema: "
                f"{problem}",
                code=RESULT,
                retryable=False,
            )
        yield StreamChunk(ChunkKind.FINAL, output)


class LlmStepRunner:
    """Asks a model and passes its tokens on; an answer must fit the step's `schema`."""

    async def run(self, step: StepSpec, context: RunContext) -> AsyncIterator[StreamChunk]:
        """Yield tokens, then the answer."""
        del step
        prompt = Prompt.of(context.input, where=context.path)
        last: Token | None = None
        async for token in context.models.answer(prompt, context.key):
            if token.whole:
                last = token
            else:
                yield StreamChunk(ChunkKind.TOKEN, token.text)
        if last is None:
            raise ExecutionError("the model stopped without an answer", code=INVALID_ANSWER)
        output = prompt.checked(last.answer, context.models.check)
        usage = Usage(input_tokens=last.input_tokens, output_tokens=last.output_tokens)
        yield StreamChunk(ChunkKind.FINAL, output, usage)


_CHUNK_KINDS = {
    "token": ChunkKind.TOKEN,
    "json": ChunkKind.JSON_PARTIAL,
    "status": ChunkKind.STATUS,
}

RUNNERS: dict[StepKind, StepRunner] = {
    StepKind.TOOL_CALL: ToolStepRunner(),
    StepKind.LLM_CALL: LlmStepRunner(),
}
"""Runner by step kind; a kind that is not here has no work outside of the core."""
