"""`sql.query` on real SQLite files."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from milepost.engine.tooling import Effect

from .conftest import Tooling


def make_sales(path: Path, *, journal: str = "delete") -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE sales (region TEXT, amount INTEGER)")
        connection.execute("CREATE INDEX by_region ON sales (region)")
        connection.executemany(
            "INSERT INTO sales VALUES (?, ?)", [("EU", 10), ("EU", 5), ("US", 7)]
        )
        connection.commit()


@pytest.fixture
def sales(tools: Tooling) -> Tooling:
    make_sales(tools.folder / "data.db")
    return tools


async def test_rows_come_as_objects_with_columns_and_count(sales: Tooling) -> None:
    query = "SELECT region, sum(amount) AS total FROM sales WHERE region = :r GROUP BY region"
    assert await sales.run("sql.query", query=query, params={"r": "EU"}) == {
        "columns": ["region", "total"],
        "rows": [{"region": "EU", "total": 15}],
        "count": 1,
    }


async def test_the_alias_and_the_named_database_reach_the_same(sales: Tooling) -> None:
    make_sales(sales.folder / "other file?.db", journal="wal")
    query = "SELECT count(*) AS n FROM sales"
    assert (await sales.run("database.query", query=query))["rows"] == [{"n": 3}]
    found = await sales.run("sql.query", query=query, database="other file?.db")
    assert found["rows"] == [{"n": 3}]


WRITES = [
    "INSERT INTO sales VALUES ('XX', 1)",
    "UPDATE sales SET amount = 0",
    "DELETE FROM sales",
    "DROP TABLE sales",
    "CREATE TABLE more (a)",
    "CREATE TEMP TABLE more (a)",
    "CREATE VIRTUAL TABLE more USING fts5(a)",
    "ALTER TABLE sales RENAME TO others",
    "PRAGMA journal_mode = WAL",
    "PRAGMA query_only = OFF",
    "PRAGMA writable_schema = ON",
    "VACUUM",
    "REINDEX",
    "BEGIN IMMEDIATE",
]
ELSEWHERE = [
    "ATTACH '{outside}' AS other",
    "VACUUM INTO '{outside}'",
    "SELECT load_extension('{outside}')",
    "SELECT writefile('{outside}', 'x')",
    "SELECT readfile('{outside}')",
    "DETACH main",
]


@pytest.mark.parametrize("query", WRITES + ELSEWHERE)
async def test_nothing_is_written_and_no_other_file_is_reached(
    sales: Tooling, tmp_path: Path, query: str
) -> None:
    before = (sales.folder / "data.db").read_bytes()
    outside = tmp_path / "outside.db"
    failure = await sales.failure("sql.query", query=query.format(outside=outside))
    assert failure.code in ("forbidden", "invalid_query")
    assert not failure.retryable
    assert (sales.folder / "data.db").read_bytes() == before
    assert not outside.exists()
    assert os.listdir(sales.folder) == ["data.db"]  # noqa: PTH208 - hidden ones too


@pytest.mark.parametrize("query", [*ELSEWHERE, "PRAGMA journal_mode = WAL", "VACUUM"])
async def test_even_when_writing_is_allowed_no_other_file_is_reached(
    tooling: Callable[..., Tooling], tmp_path: Path, query: str
) -> None:
    tools = tooling(allow_sql_write=True)
    make_sales(tools.folder / "data.db")
    outside = tmp_path / "outside.db"
    failure = await tools.failure("sql.query", query=query.format(outside=outside))
    assert failure.code in ("forbidden", "invalid_query")
    assert not outside.exists()


async def test_writing_works_when_it_is_allowed_and_is_declared(
    tooling: Callable[..., Tooling], tools: Tooling
) -> None:
    writable = tooling(allow_sql_write=True)
    await writable.run("sql.query", query="CREATE TABLE notes (id INTEGER PRIMARY KEY, text)")
    insert = "INSERT INTO notes (text) VALUES (:a), (:b)"
    written = await writable.run("sql.query", query=insert, params={"a": "x", "b": None})
    assert written == {"columns": [], "rows": [], "count": 2}
    assert (await tools.run("sql.query", query="SELECT text FROM notes"))["rows"] == [
        {"text": "x"},
        {"text": None},
    ]
    duplicate = await writable.failure("sql.query", query="INSERT INTO notes VALUES (1, 'y')")
    assert duplicate.code == "constraint"
    assert writable.registry.get("sql.query").effect is Effect.WRITE
    assert tools.registry.get("sql.query").effect is Effect.READ


@pytest.mark.parametrize("database", ["../outside.db", "/tmp/x.db", ":memory:", "", "link.db"])  # noqa: S108
async def test_a_database_outside_the_folder_is_refused(
    tools: Tooling, tmp_path: Path, database: str
) -> None:
    make_sales(tmp_path / "outside.db")
    (tools.folder / "link.db").symlink_to(tmp_path / "outside.db")
    failure = await tools.failure("sql.query", query="SELECT 1", database=database)
    assert failure.code in ("forbidden", "not_found")


async def test_without_a_database_the_call_says_what_to_give(tools: Tooling) -> None:
    failure = await tools.failure("sql.query", query="SELECT 1")
    assert failure.code == "not_found"
    assert "give database or tables" in str(failure)
    assert os.listdir(tools.folder) == []  # noqa: PTH208 - nothing was made


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELEC 1", "invalid_query"),
        ("", "invalid_query"),
        (" ;\n-- nothing", "invalid_query"),
        ("/* SELECT 1 */;", "invalid_query"),
        ("-- " * 10_000 + "\n/* */ /*" * 10_000, "invalid_query"),
        ("SELECT * FROM nowhere", "invalid_query"),
        ("SELECT :missing", "invalid_query"),
        ("SELECT ?", "invalid_query"),
        ("SELECT 1; SELECT 2", "invalid_query"),
        ("SELECT 1 AS a, 2 AS a", "invalid_query"),
        ("SELECT x'00' AS b", "invalid_result"),
        ("SELECT 9e999 AS b", "invalid_result"),
        ("SELECT zeroblob(999999999)", "too_large"),
        ("SELECT amount FROM sales a, sales b, sales c", "invalid_query"),
    ],
)
async def test_a_wrong_query_is_told_and_not_retried(sales: Tooling, query: str, code: str) -> None:
    failure = await sales.failure("sql.query", query=query)
    assert (failure.code, failure.retryable) == (code, False)


async def test_more_rows_than_allowed_are_an_error_and_never_a_cut(
    tooling: Callable[..., Tooling],
) -> None:
    tools = tooling(max_rows=2)
    make_sales(tools.folder / "data.db")
    assert (await tools.failure("sql.query", query="SELECT * FROM sales")).code == "too_large"
    most = await tools.failure("sql.query", query="SELECT * FROM sales", max_rows=99)
    assert most.code == "too_large"
    limited = await tools.run("sql.query", query="SELECT * FROM sales LIMIT 2")
    assert limited["count"] == 2
    one = await tools.failure("sql.query", query="SELECT * FROM sales LIMIT 2", max_rows=1)
    assert "more than 1 rows" in str(one)


async def test_a_number_of_rows_below_zero_is_refused(sales: Tooling) -> None:
    sql = sales.registry.get("sql.query")
    assert "max_rows" in str(sql.check({"query": "SELECT 1", "max_rows": -1}))
    commented = "-- all\nSELECT * /* of them */ FROM sales; -- done"
    assert (await sales.run("sql.query", query=commented, max_rows=3))["count"] == 3


async def test_an_endless_query_ends_at_the_time_limit(tooling: Callable[..., Tooling]) -> None:
    tools = tooling(sql_seconds=0.2)
    make_sales(tools.folder / "data.db")
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
    failure = await tools.failure("sql.query", query=endless)
    assert (failure.code, failure.retryable) == ("timeout", True)


async def test_a_locked_database_may_be_tried_again(
    tooling: Callable[..., Tooling],
) -> None:
    tools = tooling(sql_seconds=0.05)
    make_sales(tools.folder / "data.db")
    with closing(sqlite3.connect(tools.folder / "data.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        failure = await tools.failure("sql.query", query="SELECT * FROM sales")
    assert (failure.code, failure.retryable) == ("busy", True)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT amount FROM sales",
        "SELECT zeroblob(3) AS b FROM sales",
        "SELECT 9e999 AS n FROM sales",
        "SELECT amount, amount FROM sales",
    ],
)
async def test_a_failed_query_leaves_the_database_free(sales: Tooling, query: str) -> None:
    path = sales.folder / "data.db"
    failure = await sales.failure("sql.query", query=query, max_rows=1)
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        other.execute("DELETE FROM sales")
    assert failure.__traceback__ is not None  # which keeps all that the tool held
    assert (await sales.run("sql.query", query="SELECT * FROM sales"))["count"] == 0


@pytest.mark.parametrize(
    ("insert", "code"),
    [
        ("INSERT INTO sales VALUES (zeroblob(3), 1) RETURNING region", "invalid_result"),
        ("INSERT INTO sales VALUES ('XX', 9e999) RETURNING amount", "invalid_result"),
        ("INSERT INTO sales VALUES ('XX', 1) RETURNING region, region", "invalid_query"),
        ("INSERT INTO sales VALUES ('XX', 1), ('YY', 2) RETURNING region", "too_large"),
    ],
)
async def test_a_failed_write_has_changed_nothing(
    tooling: Callable[..., Tooling], insert: str, code: str
) -> None:
    tools = tooling(allow_sql_write=True)
    make_sales(tools.folder / "data.db")
    failure = await tools.failure("sql.query", query=insert, max_rows=1)
    assert failure.code == code
    assert (await tools.run("sql.query", query="SELECT * FROM sales"))["count"] == 3
    added = await tools.run(
        "sql.query", query="INSERT INTO sales VALUES ('XX', 1) RETURNING region"
    )
    assert added["rows"] == [{"region": "XX"}]
    assert (await tools.run("sql.query", query="SELECT * FROM sales"))["count"] == 4


async def test_a_file_that_is_no_database_is_told_apart(tools: Tooling) -> None:
    (tools.folder / "data.db").write_text("not a database, only a text that is long enough")
    failure = await tools.failure("sql.query", query="SELECT * FROM sales")
    assert failure.code == "invalid_content"


async def test_a_parameter_beyond_64_bits_is_refused(sales: Tooling) -> None:
    failure = await sales.failure("sql.query", query="SELECT :n AS n", params={"n": 2**70})
    assert failure.code == "invalid_argument"


async def test_a_database_and_tables_together_are_refused(sales: Tooling) -> None:
    failure = await sales.failure(
        "sql.query", query="SELECT 1", database="data.db", tables={"a": "a.csv"}
    )
    assert failure.code == "invalid_argument"
