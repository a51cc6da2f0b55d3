"""What `@tool` makes of a function's signature."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from milepost.adapters.tools import tool
from milepost.domain.errors import ExecutionError, ValidationError
from milepost.domain.values import Json
from milepost.engine.tooling import Effect, Tool, ToolCall

from .calls import checked, made_call


class Colour(StrEnum):
    RED = "red"


class Address(BaseModel):
    street: str
    number: int = Field(ge=1)


@dataclass
class Person:
    name: str
    born: date


@tool
async def load_sales(region: str, limit: int = 10) -> list[dict[str, int]]:
    """Load the sales of a region.

    More about it.
    """
    return [{region: limit}]


def test_the_name_and_the_first_line_of_the_docstring_describe_the_tool() -> None:
    assert (load_sales.name, load_sales.description) == (
        "load_sales",
        "Load the sales of a region.",
    )
    assert (load_sales.effect, load_sales.version) == (Effect.WRITE, "1")
    assert isinstance(load_sales, Tool)


def test_name_effect_and_version_can_be_given() -> None:
    @tool(name="sales.load", effect="read", version="2.1")
    def load() -> None: ...

    assert (load.name, load.effect, load.version) == ("sales.load", Effect.READ, "2.1")
    assert load.description == ""


def test_the_arguments_schema_comes_from_the_signature() -> None:
    assert load_sales.arguments_schema == {
        "type": "object",
        "properties": {
            "region": {"type": "string"},
            "limit": {"type": "integer", "default": 10},
        },
        "required": ["region"],
        "additionalProperties": False,
    }
    Draft202012Validator.check_schema(load_sales.arguments_schema)


def test_the_result_schema_comes_from_the_return_type() -> None:
    assert load_sales.result_schema == {
        "type": "array",
        "items": {"type": "object", "additionalProperties": {"type": "integer"}},
    }


def test_no_return_type_promises_nothing_and_none_promises_null() -> None:
    @tool
    def open_ended(): ...  # type: ignore[no-untyped-def]  # noqa: ANN202 - under test

    @tool
    def empty() -> None: ...

    @tool
    def any_json() -> Json:
        return 1

    assert open_ended.result_schema is None
    assert open_ended.check_result(object()) is None  # type: ignore[arg-type]
    assert any_json.result_schema is None
    assert empty.result_schema == {"type": "null"}
    assert empty.check_result(1) is not None


async def test_a_decorated_function_is_called_as_before() -> None:
    @tool
    def double(number: int) -> int:
        return number * 2

    assert double(4) == double(number=4) == 8
    assert await load_sales("EU", limit=3) == [{"EU": 3}]
    assert load_sales.__name__ == "load_sales"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "region: is missing"),
        ({"region": 1}, "region: must be text, this is 1"),
        ({"region": "EU", "limit": 2.5}, "limit: must be a whole number, this is 2.5"),
        ({"region": "EU", "limit": True}, "limit: must be a whole number, this is True"),
        ({"regoin": "EU", "region": "EU"}, "regoin: is not known; did you mean region"),
        ({"region": "EU", "zzz": 1}, "zzz: is not known; known are region, limit"),
    ],
)
def test_a_wrong_argument_is_refused_with_the_field_named(
    arguments: dict[str, Json], problem: str
) -> None:
    assert load_sales.check(arguments) == problem


def test_right_arguments_pass_with_and_without_the_optional_one() -> None:
    assert load_sales.check({"region": "EU"}) is None
    assert load_sales.check({"region": "EU", "limit": 3}) is None


async def test_a_whole_float_is_an_integer_for_the_schema_and_reaches_the_function_as_int() -> None:
    @tool
    async def repeat(times: int) -> str:
        return "x" * times

    assert await checked(repeat, times=3.0) == "xxx"


async def test_typed_arguments_are_converted_and_results_become_plain_json() -> None:
    @tool
    def introduce(
        person: Person,
        address: Address,
        colour: Colour,
        at: datetime,
        price: Decimal,
        sizes: set[int],
    ) -> dict[str, Any]:
        assert isinstance(person, Person)
        assert isinstance(address, Address)
        assert colour is Colour.RED
        return {"person": person, "address": address, "at": at, "price": price, "sizes": sizes}

    result = await checked(
        introduce,
        person={"name": "Ada", "born": "1815-12-10"},
        address={"street": "Main", "number": 3},
        colour="red",
        at="2026-01-02T03:04:05Z",
        price="1.50",
        sizes=[1],
    )
    assert result == {
        "person": {"name": "Ada", "born": "1815-12-10"},
        "address": {"street": "Main", "number": 3},
        "at": "2026-01-02T03:04:05Z",
        "price": "1.50",
        "sizes": [1],
    }


def test_a_problem_inside_a_nested_argument_names_the_place() -> None:
    @tool
    def visit(addresses: list[Address], at: datetime | None = None) -> None: ...

    assert visit.check({"addresses": [{"street": "a", "number": 0}]}) == (
        "addresses[0].number: 0 is less than the minimum of 1"
    )
    assert visit.check({"addresses": [{"street": "a"}, {"street": 2, "number": 1}]}) is not None
    at = visit.check({"addresses": [], "at": "yesterday"})
    assert at is not None
    assert at.startswith("at: ")


def test_constraints_literals_and_descriptions_reach_the_schema() -> None:
    @tool
    def pick(
        mode: Literal["fast", "safe"],
        share: Annotated[float, Field(ge=0, le=1, description="Between 0 and 1.")] = 0.5,
    ) -> None: ...

    properties = pick.arguments_schema["properties"]
    assert properties["mode"]["enum"] == ["fast", "safe"]
    assert properties["share"]["description"] == "Between 0 and 1."
    assert pick.check({"mode": "fast", "share": 0.2}) is None
    assert pick.check({"mode": "slow"}) is not None
    assert pick.check({"mode": "fast", "share": 2}) == "share: 2 is greater than the maximum of 1"


async def test_argument_names_that_pydantic_keeps_for_itself_are_fine() -> None:
    @tool
    async def odd(model_config: str, schema: int, copy: str, _hidden: int = 0) -> list[object]:
        return [model_config, schema, copy, _hidden]

    assert await checked(odd, model_config="a", schema=1, copy="b") == ["a", 1, "b", 0]


async def test_the_json_alias_is_understood_anywhere_in_a_signature() -> None:
    @tool
    async def echo(value: Json, more: dict[str, Json]) -> list[Json]:
        return [value, more]

    assert await checked(echo, value={"a": [1]}, more={"b": None}) == [{"a": [1]}, {"b": None}]


async def test_a_parameter_annotated_tool_call_gets_the_call_and_is_no_argument() -> None:
    @tool
    async def who(name: str, call: ToolCall) -> str:
        call.emit("status", "asked")
        return f"{name} {call.key}"

    chunks: list[tuple[str, Json]] = []
    call = made_call({"name": "Ada"}, emit=lambda kind, value: chunks.append((kind, value)))
    assert list(who.arguments_schema["properties"]) == ["name"]
    assert who.check({"name": "Ada", "call": {}}) is not None
    assert await who.call(call) == "Ada p1/load/1"
    assert chunks == [("status", "asked")]


async def test_what_a_tool_raises_becomes_an_execution_error_with_its_class_as_code() -> None:
    @tool
    async def fails(how: str) -> None:
        raise {"key": KeyError("x"), "time": TimeoutError()}[how]

    with pytest.raises(ExecutionError, match="tool fails: KeyError: 'x'") as caught:
        await fails.call(made_call({"how": "key"}))
    assert (caught.value.code, caught.value.retryable) == ("KeyError", True)
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(ExecutionError) as late:
        await fails.call(made_call({"how": "time"}))
    assert late.value.code == "timeout"


async def test_an_execution_error_of_a_tool_passes_untouched() -> None:
    original = ExecutionError("no stock", code="no_stock", retryable=False)

    @tool
    async def sell() -> None:
        raise original

    with pytest.raises(ExecutionError) as caught:
        await sell.call(made_call({}))
    assert caught.value is original


async def test_a_result_without_a_json_form_is_an_error_and_not_text() -> None:
    @tool
    async def opaque() -> object:
        return object()

    with pytest.raises(ExecutionError) as caught:
        await opaque.call(made_call({}))
    assert (caught.value.code, caught.value.retryable) == ("invalid_result", False)


async def test_a_result_is_a_copy_that_the_tool_cannot_change_later() -> None:
    kept: list[int] = [1]

    @tool
    async def leaky() -> list[int]:
        return kept

    result = await checked(leaky)
    kept.append(2)
    assert result == [1]


async def test_unchecked_arguments_of_a_wrong_type_fail_the_call_and_do_not_crash() -> None:
    @tool
    async def at(when: datetime) -> str:
        return when.astimezone(UTC).isoformat()

    with pytest.raises(ExecutionError, match="when:") as caught:
        await at.call(made_call({"when": "never"}))
    assert caught.value.code == "invalid_argument"


def positional_only(a: int, /) -> None: ...
def any_number(*numbers: int) -> None: ...
def any_names(**options: int) -> None: ...
def yields() -> Iterator[int]:
    yield 1


async def streams() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (positional_only, "parameter a cannot be given by name"),
        (any_number, "parameter numbers cannot be given by name"),
        (any_names, "parameter options cannot be given by name"),
        (yields, "this function yields"),
        (streams, "this function yields"),
        (Person, "is not a function"),
        (3, "is not a function"),
    ],
)
def test_what_cannot_be_called_by_name_is_refused_at_once(function: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        tool(function)


@pytest.mark.parametrize("name", ["", "a b", "1st", "a..b", "a\n", "x" * 101, "${x}"])
def test_a_name_that_plans_cannot_write_is_refused(name: str) -> None:
    def nothing() -> None: ...

    nothing.__name__ = name
    with pytest.raises(ValidationError, match="is no name for a tool"):
        tool(nothing)


def test_an_unknown_effect_is_refused() -> None:
    with pytest.raises(ValidationError, match="use read or write"):
        tool(name="x", effect="maybe")(lambda: None)  # type: ignore[call-overload]


def test_a_type_without_a_json_form_is_refused_with_the_tool_named() -> None:
    class Opaque: ...

    @tool
    def takes(thing: Opaque) -> None: ...

    with pytest.raises(ValidationError, match="tool takes: an argument"):
        takes.check({})


def test_an_annotation_that_is_not_there_at_run_time_is_refused_with_its_name() -> None:
    def takes(thing: "Missing") -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(ValidationError, match="'Missing'"):
        tool(takes)
