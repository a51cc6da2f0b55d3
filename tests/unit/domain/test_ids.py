"""Ids sort by time, paths hold any step id, and streams say what they belong to."""

from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.ids import (
    child_path,
    decode_segment,
    encode_segment,
    event_id,
    path_of,
    plan_id,
    plan_of,
    request_stream,
    step_stream,
)

MILLISECONDS = st.integers(0, 2**48 - 1)
RANDOMNESS = st.integers(0, 2**74 - 1)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
STEP_IDS = ANY_TEXT | st.text("%25AE.[]~#!/ ", min_size=1, max_size=12)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@given(st.lists(st.tuples(MILLISECONDS, RANDOMNESS), min_size=2, max_size=20))
def test_plan_ids_sort_by_time_then_by_luck(parts: list[tuple[int, int]]) -> None:
    names = [plan_id(*part) for part in sorted(parts)]

    assert names == sorted(names)
    assert all(
        (earlier == later) == (one == other)
        for (earlier, later), (one, other) in zip(
            pairwise(names), pairwise(sorted(parts)), strict=True
        )
    )


@given(MILLISECONDS, RANDOMNESS)
def test_a_plan_id_holds_a_uuid_of_version_seven(milliseconds: int, randomness: int) -> None:
    name = plan_id(milliseconds, randomness)
    number = 0
    for digit in name[1:]:
        number = number * 32 + ALPHABET.index(digit)
    uuid = UUID(int=number)

    assert name[0] == "p"
    assert len(name) == 27
    assert (uuid.version, uuid.variant) == (7, "specified in RFC 4122")
    assert number >> 80 == milliseconds
    assert (number >> 64 & 0xFFF) << 62 | number & 2**62 - 1 == randomness


@given(STEP_IDS)
def test_a_step_id_comes_back_from_its_segment(step: str) -> None:
    assert decode_segment(encode_segment(step)) == step


@given(STEP_IDS)
def test_a_segment_holds_nothing_that_paths_and_streams_are_made_of(step: str) -> None:
    segment = encode_segment(step)

    assert segment
    assert not set(segment) & set(".[]~#!/")
    assert not any(letter.isspace() or ord(letter) < 32 for letter in segment)


@given(STEP_IDS, STEP_IDS)
def test_different_step_ids_have_different_segments(one: str, other: str) -> None:
    assert (one == other) == (encode_segment(one) == encode_segment(other))


def test_paths_are_written_as_the_design_says() -> None:
    loop = child_path("", "each")

    assert child_path("", "load sales") == "load%20sales"
    assert child_path("visualize", "chart") == "visualize.chart"
    assert child_path(loop, "fetch", index=3) == "each[3].fetch"
    assert child_path("choose", "a.b", index=0) == "choose[0].a%2Eb"


@given(
    MILLISECONDS,
    RANDOMNESS,
    st.lists(st.tuples(STEP_IDS, st.none() | st.integers(0, 99)), min_size=1, max_size=4),
    st.integers(1, 10**6),
)
def test_a_stream_says_its_plan_and_its_path(
    milliseconds: int, randomness: int, places: list[tuple[str, int | None]], version: int
) -> None:
    plan = plan_id(milliseconds, randomness)
    path = ""
    for step, index in places:
        path = child_path(path, step, index=index)
    stream = step_stream(plan, path)

    assert plan_of(stream) == plan_of(request_stream(plan)) == plan_of(plan) == plan
    assert path_of(stream) == path
    assert path_of(plan) is None
    assert path_of(request_stream(plan)) is None
    assert event_id(stream, version).rpartition("#") == (stream, "#", str(version))
    assert stream.count("#") == 0
