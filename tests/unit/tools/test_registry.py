"""Finding tools by name."""

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from milepost.adapters.tools import ToolRegistry, loading, tool
from milepost.domain.errors import UnknownNameError, ValidationError
from milepost.engine.tooling import Tool


@tool(name="sales.load")
def load_sales() -> None: ...


@tool(name="sql.query")
def query() -> None: ...


def no_plugins() -> list[Tool]:
    return []


def test_a_tool_is_found_by_its_name_and_by_its_alias() -> None:
    registry = ToolRegistry([load_sales, query])
    assert registry.get("sales.load") is load_sales
    assert registry.get("database.query") is query
    assert "sales.load" in registry
    assert "database.query" in registry
    assert 3 not in registry
    assert registry.names() == ["sales.load", "sql.query"]


def test_an_unknown_name_is_refused_with_the_nearest_known_one() -> None:
    registry = ToolRegistry([load_sales, query])
    with pytest.raises(
        UnknownNameError, match=r"'sales.laod' is not known; did you mean sales.load"
    ):
        registry.get("sales.laod")
    with pytest.raises(UnknownNameError, match=r"known are sales.load, sql.query"):
        registry.get("zzzzzz")
    assert "zzzzzz" not in registry


def test_two_tools_of_one_name_are_refused_and_the_same_one_twice_is_not() -> None:
    @tool(name="sales.load")
    def other() -> None: ...

    registry = ToolRegistry([load_sales, load_sales])
    with pytest.raises(ValidationError, match=r"tool sales.load: there is a tool of that name"):
        registry.add(other)
    assert registry.get("sales.load") is load_sales


def test_a_tool_may_not_take_the_name_of_an_alias() -> None:
    @tool(name="database.query")
    def other() -> None: ...

    with pytest.raises(ValidationError, match=r"tool database.query"):
        ToolRegistry([other])


@pytest.mark.parametrize("value", [print, 3, type(load_sales)])
def test_what_is_not_a_tool_is_refused_with_advice(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"decorate it with @milepost.tool"):
        ToolRegistry([value])


def test_plugins_are_loaded_once_and_only_on_a_miss() -> None:
    loads: list[int] = []

    def plugins() -> list[Tool]:
        loads.append(1)
        return [query]

    registry = ToolRegistry([load_sales], plugins=plugins)
    registry.get("sales.load")
    assert loads == []
    assert registry.get("sql.query") is query
    assert "nothing" not in registry
    assert loads == [1]


def test_listing_the_names_includes_plugins() -> None:
    assert ToolRegistry([load_sales], plugins=lambda: [query]).names() == [
        "sales.load",
        "sql.query",
    ]


def offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    entry = EntryPoint("shop", value, loading.PLUGIN_GROUP)

    def entry_points(*, group: str) -> EntryPoints:
        return EntryPoints([entry]).select(group=group)

    monkeypatch.setattr(loading, "entry_points", entry_points)


def test_an_entry_point_may_name_a_module_a_list_or_one_tool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer(monkeypatch, "tests.unit.tools.test_registry")
    assert {item.name for item in loading.tools_of_plugins()} == {"sales.load", "sql.query"}
    offer(monkeypatch, "tests.unit.tools.test_registry:load_sales")
    assert [item.name for item in loading.tools_of_plugins()] == ["sales.load"]
    assert [item.name for item in loading.tools_in([query], where="here")] == ["sql.query"]


def test_a_broken_plugin_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "nowhere.at_all")
    with pytest.raises(ValidationError, match="plugin shop: cannot be loaded") as caught:
        ToolRegistry([load_sales]).get("sql.query")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_file_is_loaded_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "my_prices.py").write_text("PRICE = 7\n")
    (tmp_path / "shop.py").write_text(
        "import my_prices\nimport milepost.adapters.tools as t\n\n"
        "@t.tool\ndef price() -> int:\n    return my_prices.PRICE\n"
    )
    registry = ToolRegistry(plugins=no_plugins)
    loaded = registry.load_module(str(tmp_path / "shop.py"))
    assert [item.name for item in loaded] == registry.names() == ["price"]
    assert registry.load_module(str(tmp_path / "shop.py")) == loaded


def test_a_module_is_loaded_by_its_dotted_name() -> None:
    registry = ToolRegistry(plugins=no_plugins)
    registry.load_module("tests.unit.tools.test_registry")
    assert registry.get("sales.load") is load_sales


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def broken(:\n", "cannot be imported"),
        ("x = 1\n", "holds no tool"),
        ("raise SystemExit(0)\n", "cannot be imported .SystemExit: 0."),
        (None, "cannot be"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, source: str | None, problem: str
) -> None:
    path = tmp_path / "broken.py"
    if source is not None:
        path.write_text(source)
    with pytest.raises(ValidationError, match=problem) as caught:
        ToolRegistry(plugins=no_plugins).load_module(str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("source", ["def broken(:\n", "1 / 0\n", "import gone_module\n"])
def test_a_file_with_a_fault_is_to_be_repaired(tmp_path: Path, source: str) -> None:
    path = tmp_path / "faulty.py"
    path.write_text(source)
    with pytest.raises(ValidationError) as caught:
        loading.tools_of_module(str(path))
    assert caught.value.mend == "repair what stands in it"


def test_a_module_with_a_fault_is_to_be_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "faulty_tools.py").write_text("import gone_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValidationError) as caught:
        loading.tools_of_module("faulty_tools")
    assert caught.value.mend == "repair what stands in it"


@pytest.mark.parametrize("name", ["gone_module", "os.gone", "gone.py", "", "some/text.txt"])
def test_a_module_that_is_not_there_is_to_be_named(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        loading.tools_of_module(name)
    assert caught.value.mend == "give a dotted module name or the path of a .py file"


def test_a_class_that_looks_like_a_tool_is_not_one() -> None:
    assert not loading.is_tool(type(load_sales))
    assert not loading.is_tool(SimpleNamespace(name="x"))
    assert loading.is_tool(load_sales)


def test_adding_a_tool_does_not_make_its_schemas() -> None:
    class Unasked:
        def __getattribute__(self, name: str) -> Any:
            if name.endswith("_schema"):
                raise AssertionError(f"{name} was asked for")
            return super().__getattribute__(name)

        name = "unasked"
        description, effect, version = "", "read", "1"
        arguments_schema = result_schema = check = check_result = call = None

    registry = ToolRegistry([cast("Tool", Unasked())], plugins=no_plugins)
    assert "unasked" in registry
