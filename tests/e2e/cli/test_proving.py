"""Replay, check, rebuild, export and import from the command line."""

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command

Write = Callable[..., Path]

PAIR = """
name: pair
steps:
  - {id: first, type: tool, tool: calc.evaluate, input: {expression: "1 + 1"}}
  - {id: second, type: tool, tool: text.join, input: {parts: ["${first.output}", two]}}
"""


@pytest.fixture
def pair(milepost: Command, workflow: Write) -> str:
    """Run a plan of two steps; return its id."""
    return str(milepost("run", workflow(PAIR), "--json").json["plan_id"])


def change(store: Path, statement: str, *values: object) -> int:
    """Change the store behind its back; return how many rows that touched."""
    with sqlite3.connect(store) as connection:
        count = connection.execute(statement, values).rowcount
    connection.close()
    return count


def test_an_untouched_record_replays_equal(milepost: Command, pair: str) -> None:
    told = milepost("replay", "last")

    assert told.code == 0
    assert re.fullmatch(rf"equal: \d+ events of plan {pair} follow again as recorded\n", told.out)
    assert milepost("replay", pair, "--json").json["equal"] is True


def test_replay_names_the_event_that_does_not_follow(
    milepost: Command, pair: str, tmp_path: Path
) -> None:
    lines = milepost("export", pair).out.splitlines()
    dropped = [line for line in lines if f'"{pair}.second#1"' not in line.partition('"kind"')[0]]
    assert len(dropped) == len(lines) - 1
    changed = change(
        tmp_path / "milepost.db",
        "UPDATE stored_events SET originator_version = 3 "
        "WHERE originator_id = ? AND originator_version = 1",
        f"{pair}.second",
    )
    assert changed == 1
    told = milepost("replay", pair)

    assert told.code == 1
    assert re.search(r"^different at position \d+, event \S+\.second#\d", told.out)
    assert milepost("replay", pair, "--json").json["difference"]["detail"]


@pytest.mark.usefixtures("pair")
def test_a_plan_that_cannot_be_read_does_not_keep_the_others_from_being_replayed(
    milepost: Command, workflow: Write, tmp_path: Path
) -> None:
    damaged = milepost("run", workflow(PAIR), "--json").json["plan_id"]
    store = tmp_path / "milepost.db"
    assert change(
        store,
        "UPDATE stored_events SET state = x'00' WHERE originator_id = ? AND originator_version = 2",
        damaged,
    )
    told = milepost("replay", "--all")

    assert told.code == 1
    assert f"plan {damaged} cannot be read: " in told.out
    assert "0 of 2 plans differ, 1 cannot be read: " in told.out
    found = milepost("replay", "--all", "--json").json
    assert (found["plans"], found["different"], found["equal"]) == (2, 0, False)
    assert [plan for plan, _why in found["unreadable"]] == [damaged]


def test_a_sound_store_checks_without_a_difference(milepost: Command, pair: str) -> None:
    del pair
    told = milepost("check")

    assert (told.code, told.err) == (0, "")
    assert re.match(r"no difference: \d+ events of 1 plans", told.out)
    assert milepost("check", "--json").json["findings"] == []


def test_a_changed_table_is_found_and_a_rebuild_mends_it(
    milepost: Command, pair: str, tmp_path: Path
) -> None:
    del pair
    store = tmp_path / "milepost.db"
    assert change(store, "UPDATE plans SET completed = completed + 1") == 1
    told = milepost("check")

    assert told.code == 1
    assert re.search(r"^plans: .*completed", told.out)
    assert "`milepost projections rebuild`" in told.out
    assert milepost("projections", "rebuild").code == 0
    assert milepost("check").code == 0


def test_an_exported_plan_is_imported_elsewhere_with_its_ids_and_replays(
    milepost: Command, pair: str, tmp_path: Path
) -> None:
    assert milepost("export", pair, "--output", "log.jsonl").out == ""
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert all(json.loads(line) for line in lines)
    assert milepost("export", pair).out.splitlines() == lines
    other = ("--db", "other.db")
    told = milepost("import", "log.jsonl", *other)

    assert told.code == 0
    assert f"imported plan {pair}" in told.out
    assert milepost("replay", pair, *other).code == 0
    assert milepost("check", *other).code == 0
    here, there = milepost("history", pair, "--json"), milepost("history", pair, "--json", *other)
    events = ("id", "kind", "time", "cause", "data")
    assert [[event[name] for name in events] for event in here.json["items"]] == [
        [event[name] for name in events] for event in there.json["items"]
    ]
    assert milepost("export", pair, *other).out.splitlines() == lines


@pytest.mark.parametrize(
    "mark", ["\u2028", "\u2029", "\x85", "\x0b", "\r\n"], ids=["2028", "2029", "85", "0b", "crlf"]
)
def test_a_log_whose_texts_hold_line_ends_of_any_kind_is_imported(
    milepost: Command, workflow: Write, mark: str
) -> None:
    tag = f"one{mark}two"
    milepost("run", workflow(PAIR), "--tag", tag)
    milepost("export", "last", "--output", "log.jsonl")
    told = milepost("import", "log.jsonl", "--db", "other.db")

    assert (told.code, told.err) == (0, "")
    assert milepost("show", "last", "--db", "other.db", "--json").json["tags"] == [tag]


def test_a_log_whose_lines_another_system_ended_its_own_way_is_imported(
    milepost: Command, pair: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(milepost("export", pair).out.replace("\n", "\r\n").encode())

    assert milepost("import", log, "--db", "other.db").code == 0


def test_a_plan_that_is_there_already_is_not_imported_again(milepost: Command, pair: str) -> None:
    milepost("export", pair, "--output", "log.jsonl")
    told = milepost("import", "log.jsonl")

    assert told.code == 2
    assert pair in told.err
    assert len(milepost("plans", "--json").json["items"]) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: [lines[0], "{", *lines[2:]],
        lambda _lines: ["hello"],
        lambda _lines: [],
    ],
    ids=["cut", "gap", "no JSON", "no log", "empty"],
)
def test_a_damaged_log_is_refused_with_its_line_and_makes_no_store(
    milepost: Command, pair: str, tmp_path: Path, damage: Callable[[list[str]], list[str]]
) -> None:
    lines = milepost("export", pair).out.splitlines()
    (tmp_path / "log.jsonl").write_text("".join(f"{line}\n" for line in damage(lines)))
    told = milepost("import", "log.jsonl", "--db", "other.db")

    assert told.code == 2
    assert re.match(r"error: log\.jsonl:\d+: ", told.err)
    assert not (tmp_path / "other.db").exists()


def test_a_log_that_is_not_there_is_refused(milepost: Command) -> None:
    told = milepost("import", "none.jsonl")

    assert told.code == 2
    assert told.err.startswith("error: none.jsonl: cannot be read")
