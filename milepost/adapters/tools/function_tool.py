"""A Python function as a tool: checked, converted, run, and its result made plain JSON."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property, partial, update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from anyio import from_thread

from milepost.domain.errors import ExecutionError, MilepostError
from milepost.domain.values import Json
from milepost.engine.tooling import Effect, ToolCall

from .schema_check import SchemaCheck, place_of
from .signature import Signature
from .threads import measured, run_in_thread
from .typed_schema import (
    arguments_adapter,
    arguments_schema,
    is_plain,
    result_schema,
    takes_whole_numbers,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

P = ParamSpec("P")
R = TypeVar("R")

_SCALARS = frozenset({str, int, float, bool, type(None)})


class FunctionTool(Generic[P, R]):
    """A decorated function; calling it directly does what the function always did."""

    __name__: str

    def __init__(
        self,
        function: Callable[P, R],
        signature: Signature,
        *,
        name: str,
        effect: Effect,
        version: str,
    ) -> None:
        update_wrapper(self, function)
        self.name = name
        self.description = (inspect.getdoc(function) or "").partition("\n")[0].strip()
        self.effect = effect
        self.version = version
        self._function: Callable[..., Any] = function
        self._signature = signature
        self._is_async = inspect.iscoroutinefunction(function)
        kinds = {key: item.annotation for key, item in signature.parameters.items()}
        self._is_plain = all(map(is_plain, kinds.values()))
        self._whole = tuple(key for key, kind in kinds.items() if takes_whole_numbers(kind))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself, unchecked and outside of any plan."""
        result: R = self._function(*args, **kwargs)
        return result

    def __repr__(self) -> str:
        return f"<tool {self.name}>"

    @cached_property
    def arguments_schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments, made on first use."""
        return arguments_schema(self._adapter, self._signature.parameters)

    @cached_property
    def result_schema(self) -> dict[str, Any] | None:
        """The JSON Schema of the result, made on first use."""
        return result_schema(self._signature.returns, where=f"tool {self.name}")

    def check(self, arguments: Mapping[str, Json]) -> str | None:
        """Return the first problem of the arguments, naming the field, or None."""
        problem = self._arguments_check.problem(arguments)
        if problem is not None or self._is_plain:
            return problem
        return self._conversion(arguments)[1]

    def check_result(self, value: Json) -> str | None:
        """Return the first problem of a result, naming the place, or None."""
        return None if self._result_check is None else self._result_check.problem(value)

    async def call(self, call: ToolCall) -> Json:
        """Run the function, off the event loop if it is a plain `def`; return plain JSON."""
        arguments = self._converted(call.arguments)
        name = self._signature.call_name
        try:
            if self._is_async:
                if name is not None:
                    arguments = {**arguments, name: call}
                result = await self._function(**arguments)
            else:
                if name is not None:
                    arguments = {**arguments, name: _for_thread(call)}
                work = partial(self._function, **arguments)
                result = await run_in_thread(partial(measured, work, call.spend))
        except MilepostError:
            raise
        except Exception as error:
            raise _failure(self.name, error) from error
        return result if result.__class__ in _SCALARS else self._plain(result)

    def _converted(self, arguments: dict[str, Json]) -> dict[str, Any]:
        if self._is_plain and not any(arguments.get(key).__class__ is float for key in self._whole):
            return arguments
        converted, problem = self._conversion(arguments)
        if problem is not None:
            message = f"tool {self.name}: {problem}; check the arguments before the call"
            raise ExecutionError(message, code="invalid_argument", retryable=False)
        return converted

    def _conversion(self, arguments: Mapping[str, Json]) -> tuple[dict[str, Any], str | None]:
        from pydantic import ValidationError as ConversionError

        try:
            return self._adapter.validate_python(arguments), None
        except ConversionError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            return {}, f"{place_of(first['loc']) or 'the arguments'}: {first['msg']}"

    def _plain(self, result: object) -> Json:
        from pydantic_core import PydanticSerializationError, to_jsonable_python

        try:
            value: Json = to_jsonable_python(result)
        except (PydanticSerializationError, ValueError) as error:
            message = f"tool {self.name}: the result is not JSON ({error}); return plain values"
            raise ExecutionError(message, code="invalid_result", retryable=False) from error
        return value

    @cached_property
    def _adapter(self) -> TypeAdapter[dict[str, Any]]:
        return arguments_adapter(self._signature.parameters, where=f"tool {self.name}")

    @cached_property
    def _arguments_check(self) -> SchemaCheck:
        return SchemaCheck(self.arguments_schema)

    @cached_property
    def _result_check(self) -> SchemaCheck | None:
        return None if self.result_schema is None else SchemaCheck(self.result_schema)


def _for_thread(call: ToolCall) -> ToolCall:
    """Return the call with an `emit` that a worker thread may use; it waits for the loop."""

    def emit(kind: str, value: Json) -> None:
        from_thread.run_sync(call.emit, kind, value)

    return call._replace(emit=emit)


def _failure(name: str, error: Exception) -> ExecutionError:
    """Translate what a tool raised; the code is `timeout` or the name of the error's class."""
    code = "timeout" if isinstance(error, TimeoutError) else type(error).__name__
    detail = str(error) or "no message"
    return ExecutionError(f"tool {name}: {type(error).__name__}: {detail}", code=code)
