"""Throttling: a bucket that fills, a line, a day's cap, and a provider that asks us to wait."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from outreach.deciding.throttling import BURST, LONGEST_LINE, Allowance, Bucket
from outreach.deciding.verdicts import GO, Decision
from outreach.model import Reason
from tests.unit.deciding.conftest import DAY, HOUR, NOON

SECOND = timedelta(seconds=1)
#: the next midnight in Berlin
MIDNIGHT = NOON + 11 * HOUR
TWO_A_SECOND = Allowance(rate=2)


def waits(
    bucket: Bucket, allowance: Allowance, wanted: int, now: datetime = NOON
) -> timedelta | None:
    """Take from a bucket; return how long to wait, None when the message goes."""
    midnight = MIDNIGHT if now < MIDNIGHT else MIDNIGHT + DAY
    verdict = bucket.take(allowance, wanted, now, midnight)
    if verdict is GO:
        return None
    assert verdict.decision is Decision.WAIT
    assert verdict.until is not None
    return verdict.until - now


def test_a_bucket_holds_a_minute_and_fills_at_its_rate() -> None:
    bucket = Bucket.full(TWO_A_SECOND, NOON)
    assert [waits(bucket, TWO_A_SECOND, 30) for _ in range(4)] == [None] * 4
    # then it says how long to wait, and takes nothing
    assert waits(bucket, TWO_A_SECOND, 3) == 1.5 * SECOND
    assert waits(bucket, TWO_A_SECOND, 3, NOON + 1.5 * SECOND) is None
    # it never holds more than a minute's worth
    later = NOON + HOUR
    assert waits(bucket, TWO_A_SECOND, 120, later) is None
    assert waits(bucket, TWO_A_SECOND, 1, later) == 0.5 * SECOND


def test_who_waits_has_a_turn_each() -> None:
    bucket = Bucket(tokens=0, refilled_at=NOON)
    assert [waits(bucket, TWO_A_SECOND, 2) for _ in range(3)] == [SECOND, 2 * SECOND, 3 * SECOND]
    # when their turn comes there is enough
    assert [waits(bucket, TWO_A_SECOND, 2, NOON + n * SECOND) for n in (1, 2, 3)] == [None] * 3


def test_nobody_waits_long_for_those_who_may_not_go_out() -> None:
    bucket = Bucket(tokens=0, refilled_at=NOON)
    long_line = [waits(bucket, Allowance(rate=1), 60) for _ in range(50)]
    assert long_line[-1] == LONGEST_LINE
    assert waits(bucket, Allowance(rate=1), 60, NOON + LONGEST_LINE) is None


def test_a_rate_is_kept_and_used_up_by_passes_of_a_minute() -> None:
    """At one a second 600 messages take ten minutes, the first of them a minute's burst."""
    allowance = Allowance(rate=1)
    bucket = Bucket.full(allowance, NOON)
    due = [NOON] * 600
    went = []
    for minute in range(10):
        now = NOON + minute * BURST
        asked = sorted(at for at in due if at <= now)
        due = [at for at in due if at > now]
        for _ in asked:
            wait = waits(bucket, allowance, 1, now)
            if wait is None:
                went.append(minute)
            else:
                due.append(now + wait)
    assert [went.count(minute) for minute in range(10)] == [60] * 10


def test_a_message_longer_than_the_bucket_goes_out_too() -> None:
    slow = Allowance(rate=0.05)
    bucket = Bucket.full(slow, NOON)
    assert waits(bucket, slow, 6) is None
    wait = waits(bucket, slow, 6)
    assert wait is not None
    assert waits(bucket, slow, 6, NOON + wait) is None


def test_a_clock_that_was_put_back_fills_nothing() -> None:
    bucket = Bucket(tokens=0, refilled_at=NOON)
    assert waits(bucket, TWO_A_SECOND, 1, NOON - HOUR) == 0.5 * SECOND
    assert waits(bucket, TWO_A_SECOND, 1, NOON) == 0.5 * SECOND


def test_a_day_s_cap_ends_at_midnight() -> None:
    capped = Allowance(daily_cap=5)
    bucket = Bucket.full(capped, NOON)
    assert [waits(bucket, capped, 2) for _ in range(3)] == [None, None, 11 * HOUR]
    assert waits(bucket, capped, 1) is None  # the last one that fits
    assert waits(bucket, capped, 1, MIDNIGHT - SECOND) == SECOND
    assert waits(bucket, capped, 5, MIDNIGHT) is None
    assert bucket.take(capped, 1, MIDNIGHT, MIDNIGHT + DAY).reason is Reason.DAILY_CAP


def test_a_message_longer_than_the_cap_goes_out_alone() -> None:
    capped = Allowance(daily_cap=2)
    assert waits(Bucket.full(capped, NOON), capped, 3) is None


def test_what_the_cap_keeps_back_takes_no_tokens() -> None:
    both = Allowance(rate=1, daily_cap=1)
    bucket = Bucket.full(both, NOON)
    assert waits(bucket, both, 1) is None
    before = bucket.tokens
    assert bucket.take(both, 1, NOON, MIDNIGHT).reason is Reason.DAILY_CAP
    assert bucket.tokens == before


@pytest.mark.parametrize("allowance", [Allowance(), TWO_A_SECOND, Allowance(daily_cap=9)])
def test_nothing_goes_before_the_provider_wants_it(allowance: Allowance) -> None:
    bucket = Bucket.full(TWO_A_SECOND, NOON)
    bucket.not_before = NOON + HOUR
    assert waits(bucket, allowance, 1) == HOUR
    assert waits(bucket, allowance, 1, NOON + HOUR) is None
    assert bucket.used == 1
