"""One value has one JSON text and one hash, wherever it was made."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain import values
from milepost.domain.errors import LimitError, ValidationError
from milepost.domain.values import (
    MAX_JSON_DEPTH,
    Json,
    canonical_bytes,
    content_hash,
    copied,
    refuse_unrepresentable,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
JSON: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int, innermost: Json) -> Json:
    value = innermost
    for _ in range(depth):
        value = [value]
    return value


def shuffled(value: Json) -> Json:
    """Return an equal value whose objects were filled in the opposite order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(value)}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


def changeable(value: Json) -> list[Json]:
    """Return all lists and objects in a value."""
    if not isinstance(value, list | dict):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(part for item in inner for part in changeable(item))]


def sorted_everywhere(value: Json) -> bool:
    if isinstance(value, dict):
        names = [name.encode() for name in value]
        return names == sorted(names) and all(map(sorted_everywhere, value.values()))
    return all(map(sorted_everywhere, value)) if isinstance(value, list) else True


@given(JSON)
def test_a_value_comes_back_from_its_canonical_text(value: Json) -> None:
    assert json.loads(canonical_bytes(value)) == value


@given(JSON)
def test_the_order_in_which_an_object_was_filled_does_not_matter(value: Json) -> None:
    assert canonical_bytes(shuffled(value)) == canonical_bytes(value)
    assert sorted_everywhere(json.loads(canonical_bytes(value)))


def test_the_text_has_no_spaces_and_keeps_letters_as_they_are() -> None:
    assert (
        canonical_bytes({"b": [1, 1.5, None], "a": "é\n"})
        == '{"a":"é\\n","b":[1,1.5,null]}'.encode()
    )


def test_the_hash_is_sha256_of_the_canonical_text() -> None:
    assert content_hash({}) == (
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )


def test_a_tuple_is_written_as_a_list() -> None:
    assert canonical_bytes((1, (2,))) == b"[1,[2]]"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(float("nan"), id="NaN"),
        pytest.param([float("inf")], id="infinity"),
        pytest.param({"a": [(float("-inf"),)]}, id="infinity in a tuple"),
        pytest.param("\ud800", id="surrogate"),
        pytest.param({"\udfff": 1}, id="surrogate in a key"),
        pytest.param(2**64, id="too large"),
        pytest.param(-(2**63) - 1, id="too small"),
        pytest.param({1: "a"}, id="key that is no text"),
        pytest.param(b"bytes", id="bytes"),
        pytest.param({"set"}, id="set"),
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), id="time"),
        pytest.param([UUID(int=1)], id="uuid"),
        pytest.param(object(), id="object"),
    ],
)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="not JSON"):
        canonical_bytes(value)


def test_the_largest_numbers_of_64_bits_are_kept() -> None:
    assert canonical_bytes([2**64 - 1, -(2**63)]) == b"[18446744073709551615,-9223372036854775808]"


def test_nesting_is_bounded() -> None:
    assert canonical_bytes(nested(MAX_JSON_DEPTH, 1)).count(b"[") == MAX_JSON_DEPTH
    for innermost in (1, [], {"a": None}):
        with pytest.raises(LimitError, match="depth of a value is at most 64"):
            canonical_bytes(nested(MAX_JSON_DEPTH + 1, innermost))


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(LimitError, match="depth"):
        canonical_bytes(endless)


def test_few_lists_that_write_out_as_very_many_are_refused_before_they_are_written() -> None:
    bomb: Json = "x"
    for _ in range(MAX_JSON_DEPTH - 1):
        bomb = [bomb] * 10

    with pytest.raises(LimitError, match="size of one value"):
        refuse_unrepresentable(bomb)


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_JSON_BYTES", 100)

    assert len(canonical_bytes("x" * 98)) == 100
    with pytest.raises(LimitError, match="at most 100, this is 101"):
        canonical_bytes("x" * 99)


PROGRAM = """
from milepost.domain.plans import PlanSpec
from milepost.domain.values import content_hash
names = {"alpha", "beta", "gamma", "delta", "epsilon"}
value = {name: {inner: len(inner) for inner in names} for name in names}
step = {"id": "a", "kind": "tool", "tool": "t", "input": value}
plan = PlanSpec.model_validate({"context": value, "steps": [step]})
print(content_hash(value), content_hash(plan.model_dump(mode="json", exclude_defaults=True)))
"""


def test_hashes_are_the_same_in_processes_with_different_hash_seeds(repository: Path) -> None:
    answers = {
        subprocess.check_output(
            [sys.executable, "-c", PROGRAM], cwd=repository, env={"PYTHONHASHSEED": seed}, text=True
        )
        for seed in ("0", "1", "4711")
    }

    assert len(answers) == 1
    assert answers.pop().count("sha256:") == 2


@given(JSON)
def test_a_copy_is_equal_and_shares_nothing_that_can_be_changed(value: Json) -> None:
    copy = copied(value)
    assert canonical_bytes(copy) == canonical_bytes(value)
    assert not {id(part) for part in changeable(copy)} & {id(part) for part in changeable(value)}


def test_a_copy_has_lists_for_tuples() -> None:
    assert copied({"pair": (1, (2,))}) == {"pair": [1, [2]]}
