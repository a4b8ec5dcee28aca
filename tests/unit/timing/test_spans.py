"""Spans: the algebra agrees with plain sets of instants, and their ends are half-open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.timing.spans import ALWAYS, BEGINNING, END, NEVER, Span, Spans

START = datetime(2026, 11, 20, tzinfo=UTC)
HOURS = 24


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def spans(*pairs: tuple[int, int]) -> Spans:
    """Return a set from pairs of hours that are sorted and do not touch."""
    return Spans(tuple(Span(hour(start), hour(end)) for start, end in pairs))


#: any set with its ends on whole hours: sorted, apart from each other, none of them empty
ANY_SPANS = st.lists(st.integers(0, HOURS), unique=True, max_size=8).map(
    lambda edges: spans(*list(pairwise(sorted(edges)))[::2])
)
#: every end, and the moments between the ends: no two sets differ anywhere else
SAMPLES = [START + timedelta(minutes=30 * half) for half in range(-1, 2 * HOURS + 2)]


def sampled(some: Spans) -> set[datetime]:
    return {instant for instant in SAMPLES if instant in some}


@given(ANY_SPANS, ANY_SPANS)
def test_the_algebra_is_that_of_sets_of_instants(one: Spans, other: Spans) -> None:
    assert sampled(one & other) == sampled(one) & sampled(other)
    assert sampled(one | other) == sampled(one) | sampled(other)
    assert sampled(~one) == set(SAMPLES) - sampled(one)


@given(ANY_SPANS, ANY_SPANS)
def test_what_comes_out_is_sorted_disjoint_and_has_no_empty_span(one: Spans, other: Spans) -> None:
    for some in (one & other, one | other, ~one, ~(one | other)):
        assert all(span.start < span.end for span in some.spans)
        assert all(before.end < after.start for before, after in pairwise(some.spans))


@given(ANY_SPANS, ANY_SPANS)
def test_equal_sets_are_equal_however_they_were_made(one: Spans, other: Spans) -> None:
    assert ~~one == one
    assert one | one == one & one == one
    assert ~(one & other) == ~one | ~other
    assert one & other == other & one
    assert bool(one) == bool(sampled(one))


@given(ANY_SPANS, st.sampled_from(SAMPLES))
def test_the_first_instant_from_one_on_is_the_first_of_the_set(
    some: Spans, instant: datetime
) -> None:
    later = [sample for sample in SAMPLES if sample >= instant and sample in some]
    assert some.first_from(instant) == min(later, default=None)
    holding = some.holding(instant)
    assert (holding is not None) == (instant in some)
    assert holding is None or holding in some.spans


@pytest.mark.parametrize(
    ("instant", "belongs"),
    [
        (hour(2) - timedelta(microseconds=1), False),  # the last moment before
        (hour(2), True),  # the start belongs
        (hour(4) - timedelta(microseconds=1), True),  # the last moment
        (hour(4), False),  # the end does not
    ],
)
def test_a_span_holds_its_start_and_not_its_end(instant: datetime, belongs: bool) -> None:
    assert (instant in spans((2, 4))) is belongs


@pytest.mark.parametrize(
    ("one", "other", "union"),
    [
        (spans((1, 2)), spans((2, 3)), spans((1, 3))),  # ends that touch leave no gap
        (spans((1, 5)), spans((2, 3)), spans((1, 5))),  # one within the other
        (spans((4, 5)), spans((1, 2)), spans((1, 2), (4, 5))),  # given in any order
        (NEVER, spans((1, 2)), spans((1, 2))),  # nothing adds nothing
    ],
)
def test_spans_that_touch_become_one(one: Spans, other: Spans, union: Spans) -> None:
    assert one | other == union


def test_between_is_empty_when_the_end_does_not_come_after_the_start() -> None:
    assert Spans.between(hour(3), hour(3)) == NEVER
    assert Spans.between(hour(4), hour(3)) == NEVER
    assert Spans.between(hour(3), hour(4)) == spans((3, 4))


def test_always_is_all_there_is_and_never_its_opposite() -> None:
    assert ~ALWAYS == NEVER
    assert ~NEVER == ALWAYS
    assert BEGINNING in ALWAYS
    assert END not in ALWAYS
    assert not NEVER
