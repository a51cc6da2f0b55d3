"""No YAML file can harm the one who reads it, or mean two things."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.workflow import yaml_reader
from milepost.adapters.workflow.guards import MAX_BYTES, MAX_DEPTH, MAX_VALUES, clean, decoded
from milepost.adapters.workflow.yaml_reader import read_yaml
from milepost.domain.errors import LimitError, MilepostError, ValidationError
from milepost.domain.values import Json


def read(text: str) -> Json:
    return read_yaml(clean(text, name="w"), name="w").value


def refusal_of(reading: Callable[[], Json]) -> str | None:
    try:
        reading()
    except MilepostError as error:
        return str(error)
    return None


def refusal(text: str) -> str:
    with pytest.raises(MilepostError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "w:3:1: the key `a` stands twice, first in line 1"),
        ("x: {a: 1, a: 2}", "w:1:11: the key `a` stands twice"),
        ("a: &x [1]\nb: *x", "w:1:4: the anchor `&x` is not allowed"),
        ("a: *x", "w:1:4: the alias `*x` is not allowed"),
        ("a: !!python/object/apply:os.system [ls]", "w:1:4: the tag `tag:yaml.org,2002:python"),
        ("a: !!str 1", "w:1:4: the tag"),
        ("!x {a: 1}", "w:1:1: the tag"),
        ("a: 1\n---\nb: 2", "w:2:1: a second document begins"),
        ("a: .nan", "w:1:4: .nan is not JSON; put it in quotes"),
        ("a: -.inf", "w:1:4: -.inf is not JSON"),
        ("a: 1e999", "w:1:4: the number is too large"),
        ("a: 9223372036854775808", "w:1:4: the number needs more than 64 bits"),
        ("a: " + "9" * 100_000, "w:1:4: the number needs more than 64 bits"),
        ("a: 0x" + "f" * 1_000, "w:1:4: the number needs more than 64 bits"),
        ("1: a", "w:1:1: the key `1` is not a text; put it in quotes"),
        ("null: a", "w:1:1: the key `null` is not a text"),
        ("? [a]\n: b", "w:1:3: a key must be a text"),
        ("{a: 1}: b", "w:1:1: a key must be a text"),
        ('a: "\\ud800"', "w:1:4: the text has half of a surrogate pair"),
        ('a: "x\\0y"', "w:1:4: the text has the character U+0000"),
        ("a: 'b", "w:1:6: it is not YAML"),
        ("a:\n\t- 1", "w:2:1: it is not YAML"),
        ("a: b: c", "w:1:5: it is not YAML"),
        ("a: \x07", "w:1:4: the character U+0007 cannot stand in a workflow"),
        ("a: 1\nb: \ud800", "w:2:4: the character U+D800"),
    ],
)
def test_a_harmful_or_doubtful_file_is_refused_with_its_place(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", {"a": "yes"}),
        ("a: No", {"a": "No"}),
        ("a: true", {"a": True}),
        ("a: 2026-01-31", {"a": "2026-01-31"}),
        ("a: 12:30:00", {"a": "12:30:00"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 0x1F", {"a": 31}),
        ("a: 0o17", {"a": 15}),
        ("a: -12", {"a": -12}),
        ("a: 1.50", {"a": 1.5}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: .5", {"a": 0.5}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: '5'", {"a": "5"}),
        ('a: "null"', {"a": "null"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: >-\n  x\n  y\n", {"a": "x y"}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("- [a, {b: c}]", [["a", {"b": "c"}]]),
        ("a: 9223372036854775807", {"a": 2**63 - 1}),
        ("", None),
        ("# only a remark", None),
        ("%YAML 1.2\n---\na: 1", {"a": 1}),
        ("데이터: 값", {"데이터": "값"}),
    ],
)
def test_plain_values_mean_what_yaml_1_2_says(text: str, value: Json) -> None:
    found = read(text)

    assert found == value
    assert repr(found) == repr(value)


def test_a_billion_laughs_are_not_laughed() -> None:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{at}: &a{at} [*a{at - 1}, *a{at - 1}]" for at in range(1, 40)]

    assert "the anchor `&a0` is not allowed" in refusal("\n".join(lines))


@pytest.mark.parametrize("text", ["[" * 30_000, "{a: " * 30_000, "- " * 30_000, "[{a: " * 30_000])
def test_a_depth_bomb_is_refused_where_it_gets_too_deep(text: str) -> None:
    assert "the depth of nesting is at most 32" in refusal(text)


@pytest.mark.parametrize(("depth", "allowed"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_the_depth_is_bounded(depth: int, *, allowed: bool) -> None:
    text = "[" * depth + "]" * depth
    if allowed:
        assert read(text)
    else:
        with pytest.raises(LimitError):
            read(text)


@pytest.mark.parametrize(("size", "allowed"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_the_size_is_bounded(size: int, *, allowed: bool) -> None:
    text = "#" * size
    if allowed:
        assert read(text) is None
    else:
        assert "its size in bytes is at most 4,000,000, this is 4,000,001" in refusal(text)


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list counts as well; a lower bound shows the same in less time."""
    assert MAX_VALUES == 200_000
    monkeypatch.setattr(yaml_reader, "MAX_VALUES", 1_000)

    assert read("[" + "1," * 998 + "1]") == [1] * 999
    assert "the number of values is at most 200,000" in refusal("[" + "1," * 999 + "1]")
    assert read("".join(f"k{at}: 1\n" for at in range(999)))
    assert refusal("".join(f"k{at}: 1\n" for at in range(1_000))).startswith("w:1000:1: the number")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfea\x00", "w: it is UTF-16; save it as UTF-8"),
        (b"a: 1\nb: \xe9", "w:2: byte 8 is not UTF-8"),
        (b"\xed\xa0\x80", "w:1: byte 0 is not UTF-8"),
        (b"a: \x00", "w:1:4: the character U+0000"),
    ],
)
def test_bytes_that_are_no_clean_utf8_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        decoded(data, name="w")

    assert str(caught.value).startswith(message)


def test_a_byte_order_mark_at_the_beginning_is_left_out() -> None:
    assert decoded(b"\xef\xbb\xbfa: 1", name="w") == "a: 1"


def test_every_part_knows_its_line_and_column() -> None:
    text = "workflow:\n  steps:\n    - id: a\n      input: {x: [1, 2]}\n    - id: b\n"
    document = read_yaml(text, name="w.yaml")

    assert document.where("/workflow/steps/1/id") == "w.yaml:5:7"
    assert document.where("/workflow/steps/0/input/x/1") == "w.yaml:4:22"
    assert document.where("/workflow/steps/0/input/y/z") == "w.yaml:4:7"
    assert document.where("/gone") == "w.yaml:1:1"


@given(st.text(alphabet="ab:-? []{},&*!|>'\"%@`#\n\t0.~", max_size=60))
def test_any_text_is_read_or_refused_cleanly(text: str) -> None:
    refused = refusal_of(lambda: read(text))

    assert refused is None or refused.startswith("w")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_cleanly(data: bytes) -> None:
    refused = refusal_of(lambda: read(decoded(data, name="w")))

    assert refused is None or refused.startswith("w")
