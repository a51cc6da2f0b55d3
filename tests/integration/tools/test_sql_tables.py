"""`sql.query` on CSV files as tables."""

from pathlib import Path

from .conftest import Tooling


async def test_csv_files_are_tables_with_numbers(tools: Tooling) -> None:
    (tools.folder / "sales.csv").write_text("region,amount\nEU,10\nUS,7.5\nEU,\n")
    (tools.folder / "names.csv").write_text('region,"full ""name"""\nEU,Europe\n')
    found = await tools.run(
        "sql.query",
        query='SELECT "full ""name""" AS name, sum(amount) AS total, count(*) AS n'
        " FROM sales JOIN names USING (region)",
        tables={"sales": "sales.csv", "names": "names.csv"},
    )
    assert found["rows"] == [{"name": "Europe", "total": 10.0, "n": 2}]


async def test_long_numbers_in_csv_files_stay_apart(tools: Tooling) -> None:
    ids = [2**63 - 1, 2**63 - 2]
    (tools.folder / "ids.csv").write_text("id\n" + "\n".join(map(str, ids)))
    query = "SELECT id FROM t WHERE id > 9223372036854775806"
    found = await tools.run("sql.query", query=query, tables={"t": "ids.csv"})
    assert found["rows"] == [{"id": 2**63 - 1}]
    read = await tools.run("csv.read", path="ids.csv", numbers=True)
    assert [row["id"] for row in read] == ids


async def test_columns_that_sql_takes_for_one_are_named(tools: Tooling) -> None:
    (tools.folder / "both.csv").write_text("Name,name\n1,2\n")
    (tools.folder / "apart.csv").write_text("É,é\n1,2\n")
    query = "SELECT * FROM t"
    failure = await tools.failure("sql.query", query=query, tables={"t": "both.csv"})
    assert failure.code == "invalid_content"
    assert "both.csv': columns 'Name' and 'name' are one to SQL; rename one" in str(failure)
    apart = await tools.run("sql.query", query=query, tables={"t": "apart.csv"})
    assert apart["rows"] == [{"É": 1, "é": 2}]
    assert await tools.run("csv.read", path="both.csv") == [{"Name": "1", "name": "2"}]


async def test_a_table_file_outside_the_folder_is_refused(tools: Tooling, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    failure = await tools.failure(
        "sql.query", query="SELECT * FROM t", tables={"t": "../secret.csv"}
    )
    assert failure.code == "forbidden"
