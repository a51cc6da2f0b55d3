"""Events to bytes and back."""

import string
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.store.bodies import Bodies
from milepost.adapters.store.codec import Codec
from milepost.adapters.store.kinds import Kinds
from milepost.domain.events import Event, StepCompleted, StepStarted
from milepost.domain.ids import encode_segment, step_stream

from .saves import NOON, completed, plan, started

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
PLANS = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=20)
STREAMS = st.builds(step_stream, PLANS, TEXT.filter(bool).map(encode_segment))
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ENVELOPES = st.fixed_dictionaries(
    {
        "originator_id": STREAMS,
        "originator_version": st.integers(1, 2**40),
        "timestamp": TIMES,
        "cause": STREAMS.map(lambda stream: f"{stream}#1") | PLANS.map(lambda name: f"{name}#2"),
        "actor": TEXT,
        "revision": st.integers(1, 1000),
        "decided_at": st.none() | TIMES,
    }
)
EVENTS = st.one_of(
    st.builds(lambda envelope, output: StepCompleted(**envelope, output=output), ENVELOPES, VALUES),
    st.builds(
        lambda envelope, bindings: StepStarted(**envelope, bindings=bindings),
        ENVELOPES,
        st.dictionaries(TEXT, VALUES, max_size=4),
    ),
)


@given(event=EVENTS)
def test_an_event_comes_back_as_it_went_in(event: Event) -> None:
    bodies = Bodies()
    codec = Codec(Kinds(), bodies.contents.__getitem__)
    assert codec.decode(codec.encode(event, bodies)) == event
    assert not bodies.contents


@given(event=EVENTS, others=VALUES)
def test_an_event_with_a_large_value_comes_back_as_it_went_in(event: Event, others: object) -> None:
    name = "output" if isinstance(event, StepCompleted) else "bindings"
    large = event.model_copy(update={name: {"large": "x" * 70_000, "others": others}})
    bodies = Bodies()
    codec = Codec(Kinds(), bodies.contents.__getitem__)
    row = codec.encode(large, bodies)
    assert codec.decode(row) == large
    assert len(row.state) < 5_000
    assert sum(bodies.references.values()) == 1


def test_the_bytes_hold_nothing_that_the_columns_or_defaults_say() -> None:
    codec = Codec(Kinds(), lambda _content: b"")
    first = codec.encode(started(plan(), "load"), Bodies())
    second = codec.encode(completed(plan(), "load"), Bodies())
    assert first.state == b'{"c":"#2"}'
    assert second.state == b'{"c":".load#1","duration":0.25}'
    assert (second.stream, second.version, second.kind) == (
        f"{plan()}.load",
        2,
        "step.completed.v1",
    )
    assert second.time == int(NOON.timestamp()) * 1_000_000


def test_a_cause_in_another_plan_is_kept_whole() -> None:
    codec = Codec(Kinds(), lambda _content: b"")
    for cause in (f"{plan()}9#1", "other.step#3", "#1", ".x#1"):
        event = started(plan(), "load").model_copy(update={"cause": cause})
        assert codec.decode(codec.encode(event, Bodies())).cause == cause
