"""What became of a promise: whatever came first, and what we learn later corrects it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from outreach.deciding.promises import Course, Given, Stated, once_each, settled
from outreach.model import Promised, PromiseState

DAY = timedelta(days=1)
MADE = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNTIL = datetime(2026, 11, 24, 23, tzinfo=UTC)
SOON = timedelta(microseconds=1)
SHIPPED = Course("shipped", MADE, None, None, None)


def given(number: int = 1, what: Promised = Promised.DELIVERY, late: timedelta = 0 * DAY) -> Given:
    at, until = UNTIL - DAY / 2 + late, UNTIL + late
    return Given(number, what, at, until, MADE + (number - 1) * DAY, PromiseState.OPEN)


def delivered(at: datetime) -> Course:
    return Course("delivered", at, at, None, None)


@pytest.mark.parametrize(
    ("course", "now", "state", "at"),
    [
        (SHIPPED, UNTIL - SOON, PromiseState.OPEN, None),
        # the day is over
        (SHIPPED, UNTIL, PromiseState.BROKEN, UNTIL),
        (SHIPPED, UNTIL + 30 * DAY, PromiseState.BROKEN, UNTIL),
        (delivered(UNTIL - SOON), UNTIL + DAY, PromiseState.KEPT, UNTIL - SOON),
        (delivered(UNTIL), UNTIL + DAY, PromiseState.BROKEN, UNTIL),
        # the source knows no date of delivery, only the status
        (Course("delivered", MADE + DAY, None, None, None), UNTIL, PromiseState.KEPT, MADE + DAY),
        (Course("cancelled", MADE + DAY, None, None, None), UNTIL, PromiseState.VOID, MADE + DAY),
        (Course("shipped", MADE, None, MADE + DAY, None), UNTIL, PromiseState.VOID, MADE + DAY),
        # delivered in time, and sent back later
        (
            Course("returned", UNTIL + DAY, MADE + DAY, None, None),
            UNTIL + 2 * DAY,
            PromiseState.KEPT,
            MADE + DAY,
        ),
        # called off when it was broken already
        (
            Course("refunded", UNTIL + DAY, None, None, None),
            UNTIL + DAY,
            PromiseState.BROKEN,
            UNTIL,
        ),
    ],
)
def test_what_came_first_decides(
    course: Course, now: datetime, state: PromiseState, at: datetime | None
) -> None:
    (found,) = settled([given()], course, now)
    assert (found.state, found.settled_at) == (state, at)


@pytest.mark.parametrize(
    ("course", "state"),
    [
        (Course("cancelled", MADE, None, MADE, MADE + DAY), PromiseState.KEPT),
        # the status says so alone
        (Course("refunded", MADE + DAY, None, None, None), PromiseState.KEPT),
        # money is owed whatever becomes of the parcel
        (Course("cancelled", MADE, None, MADE, None), PromiseState.BROKEN),
        (Course("delivered", MADE, MADE, None, None), PromiseState.BROKEN),
        (Course("cancelled", MADE, None, MADE, UNTIL), PromiseState.BROKEN),
    ],
)
def test_a_refund_is_owed_until_it_is_made(course: Course, state: PromiseState) -> None:
    (found,) = settled([given(what=Promised.REFUND)], course, UNTIL)
    assert found.state is state


def test_a_later_date_told_in_time_replaces_the_first_and_too_late_does_not() -> None:
    in_time = [given(1), given(2, late=3 * DAY)]
    states = [one.state for one in settled(in_time, SHIPPED, UNTIL + 4 * DAY)]
    assert states == [PromiseState.REPLACED, PromiseState.BROKEN]
    too_late = [given(1), given(9, late=6 * DAY)]
    states = [one.state for one in settled(too_late, SHIPPED, UNTIL + 5 * DAY)]
    assert states == [PromiseState.BROKEN, PromiseState.OPEN]


def test_promises_of_two_things_do_not_replace_each_other() -> None:
    both = [given(1), given(2, Promised.REFUND)]
    assert [one.state for one in settled(both, SHIPPED, UNTIL - DAY)] == [PromiseState.OPEN] * 2


def test_of_two_dates_in_one_message_the_first_binds() -> None:
    early = Stated("A-1", Promised.DELIVERY, MADE, MADE + DAY)
    late = Stated("A-1", Promised.DELIVERY, MADE, MADE + 2 * DAY)
    other = Stated("A-2", Promised.DELIVERY, MADE, MADE + 3 * DAY)
    assert once_each([late, early, other, late]) == (early, other)
