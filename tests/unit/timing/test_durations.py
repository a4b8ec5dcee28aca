"""Durations are read as operators write them, and what is wrong is said with the cure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.timing.durations import Duration, parse_duration


@pytest.mark.parametrize(
    ("text", "expected", "written"),
    [
        ("2 days", Duration(days=2), "2 days"),
        ("1 day", Duration(days=1), "1 day"),
        # a day and 24 hours are not the same wait
        ("24 hours", Duration(minutes=1440), "24 hours"),
        ("1 day 12 hours", Duration(days=1, minutes=720), "1 day 12 hours"),
        ("12 hours 1 day", Duration(days=1, minutes=720), "1 day 12 hours"),
        ("90 minutes", Duration(minutes=90), "1 hour 30 minutes"),
        ("2 weeks", Duration(days=14), "14 days"),
        ("1 week 1 day", Duration(days=8), "8 days"),
        ("4 business hours", Duration(business_minutes=240), "4 business hours"),
        ("30 business minutes", Duration(business_minutes=30), "30 business minutes"),
        ("2 business days", Duration(business_days=2), "2 business days"),
        (
            "1 day 2 business days 1 business hour",
            Duration(days=1, business_days=2, business_minutes=60),
            "1 day 2 business days 1 business hour",
        ),
        # case, spaces and grammatical number do not matter
        ("  3   Days ", Duration(days=3), "3 days"),
        ("2 day", Duration(days=2), "2 days"),
        ("2days", Duration(days=2), "2 days"),
    ],
)
def test_reads_and_writes(text: str, expected: Duration, written: str) -> None:
    assert parse_duration(text) == expected
    assert str(expected) == written


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2 dayz", "'2 dayz': no unit 'dayz': did you mean 'days'?"),
        ("2 buisness days", "did you mean 'business'?"),
        ("3d", "did you mean '3 days'?"),
        ("30 min", "did you mean '30 minutes'?"),
        ("2 hrs", "did you mean '2 hours'?"),
        ("10 seconds", "the smallest unit is minutes"),
        ("1 month", "months differ in length: say days"),
        ("2 business weeks", "write for example '10 business days'"),
        ("3 fortnights", "units are minutes, hours, days, weeks"),
        ("14", "14 what? Write for example '14 days'"),
        ("4 business", "4 business what? Write for example '4 business days'"),
        ("1.5 days", "only whole numbers"),
        ("1,5 hours", "only whole numbers"),
        ("-3 days", "a duration has no sign, write '3 days'"),
        ("1 day and 12 hours", "leave out 'and'"),
        ("1 day, 12 hours", "leave out ','"),
        ("5 days 2 days", "says days twice"),
        ("1 business hour 2 business hours", "says business hours twice"),
        ("0 days", "longer than nothing"),
        ("", "a duration is missing"),
        ("   ", "a duration is missing"),
        ("soon", "'soon' is not a duration: write a number and a unit"),
        ("2 days later", "is not a duration from 'later' on"),
        ("9999 days", "too long: the longest is '7320 days'"),
        # int() of thousands of digits would raise something else
        ("9" * 5000 + " days", "too long"),
        # a digit, but no number
        ("² days", "is not a duration"),
        ("٣ days", "only whole numbers"),
    ],
)
def test_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_duration(text)
    assert told in str(caught.value)


@given(
    st.builds(
        Duration,
        days=st.integers(0, 7000),
        minutes=st.integers(0, 100_000),
        business_days=st.integers(0, 2000),
        business_minutes=st.integers(0, 100_000),
    ).filter(lambda duration: duration != Duration())
)
def test_what_is_written_reads_as_the_same(duration: Duration) -> None:
    assert parse_duration(str(duration)) == duration


@given(st.text(max_size=30))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        duration = parse_duration(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - the promise is about any of many inputs
    else:
        assert duration != Duration()


def test_in_conditions_a_day_is_24_hours() -> None:
    assert parse_duration("1 day 30 minutes").fixed == timedelta(hours=24, minutes=30)


def test_business_time_has_no_fixed_length() -> None:
    duration = parse_duration("4 business hours")
    assert duration.is_business
    with pytest.raises(ValueError, match="depends on a calendar"):
        _ = duration.fixed
