"""The short phrases: what they mean, and which word is to blame when they mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.errors import Problem
from outreach.model import Kind, Purpose
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Repeat
from outreach.rules.limits import Rate
from outreach.rules.phrases import (
    EXPIRES_AFTER,
    parse_rate,
    read_fixed_duration,
    read_next_channel,
    read_once_per,
    read_percent,
    read_rate,
    read_repeat,
    read_wait,
)
from outreach.rules.sentences import Setting
from outreach.rules.yaml_nodes import Scalar, Source
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.hours import Hours
from outreach.timing.periods import Period

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar("de", BERLIN, frozenset(range(5)), Hours(9 * 60, 17 * 60))
HERE = Setting(Catalogue(), Kind.ORDER, BERLIN, OFFICE, rules=["apology"])
NO_CALENDAR = Setting(Catalogue(), Kind.ORDER, BERLIN)


def scalar(text: str) -> Scalar:
    return Scalar(Source("a.yaml", (text,)), 1, 1, len(text), text)


def taken(reader: Callable[..., Any], text: str, *setting: Setting) -> Any:
    problems: list[Problem] = []
    found = reader(scalar(text), *setting, problems)
    assert problems == []
    return found


def refused(reader: Callable[..., Any], text: str, *setting: Setting) -> Problem:
    problems: list[Problem] = []
    assert reader(scalar(text), *setting, problems) is None
    assert len(problems) == 1
    return problems[0]


@pytest.mark.parametrize(
    ("text", "duration", "after", "until", "at"),
    [
        ("2 days", Duration(days=2), None, None, None),
        ("4 business hours", Duration(business_minutes=240), None, None, None),
        ("3 days after delivered_at", Duration(days=3), "delivered_at", None, None),
        ("1 day, at 10:00", Duration(days=1), None, None, time(10)),
        ("1 day at 10:00", Duration(days=1), None, None, time(10)),
        (
            "1 day 12 hours after delivered_at, at 9:30",
            Duration(days=1, minutes=720),
            "delivered_at",
            None,
            time(9, 30),
        ),
        ("until estimated_at", Duration(), None, "estimated_at", None),
        ("until estimated_at, at 10:00", Duration(), None, "estimated_at", time(10)),
        ("at 10:00", Duration(), None, None, time(10)),  # the next ten o'clock
        ("1 day after last_sent.apology", Duration(days=1), "last_sent.apology", None, None),
    ],
)
def test_waits(
    text: str, duration: Duration, after: str | None, until: str | None, at: time | None
) -> None:
    wait = taken(read_wait, text, HERE)
    assert wait.duration == duration
    assert (wait.after and wait.after.path) == after
    assert (wait.until and wait.until.path) == until
    assert (wait.at, wait.text) == (at, text)


@pytest.mark.parametrize(
    ("text", "column", "width", "code"),
    [
        ("2 dayz", 3, 4, "E102"),
        ("2 days after", 13, 1, "E102"),
        ("2 days after deliverd_at", 14, 11, "E201"),
        ("2 days after status", 14, 6, "E202"),  # not a time
        ("until carrier", 7, 7, "E202"),
        ("0 days", 1, 6, "E203"),
        ("1 day, at 25:00", 11, 5, "E203"),
        ("1 day after last_sent.apolgy", 23, 6, "E204"),
        ("2 days and 3 hours", 8, 3, "E102"),
        ("tomorrow", 1, 8, "E102"),
    ],
)
def test_bad_waits(text: str, column: int, width: int, code: str) -> None:
    problem = refused(read_wait, text, HERE)
    assert (problem.column, problem.width, problem.code) == (column, width, code)


def test_business_waits_need_a_calendar() -> None:
    assert refused(read_wait, "2 business days", NO_CALENDAR).code == "E205"
    assert refused(read_repeat, "every 2 business days, up to 3 times", NO_CALENDAR).code == "E205"


@pytest.mark.parametrize(
    "text",
    ["every 3 days, up to 4 times", "every 3 days up to 4 times", "every 72 hours, up to 4 times"],
)
def test_repeats(text: str) -> None:
    repeat = taken(read_repeat, text, HERE)
    assert isinstance(repeat, Repeat)
    assert repeat.times == 4
    assert repeat.every.fixed.days == 3


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("every 3 days", "E303", "needs a maximum"),  # never without end
        ("every 3 days, up to 1 times", "E203", "from 2 to 100"),
        ("every 3 days, up to 1000 times", "E203", "from 2 to 100"),
        ("every 3 days, up to 2.5 times", "E203", "whole number"),
        ("3 times", "E102", "unexpected"),
    ],
)
def test_bad_repeats(text: str, code: str, part: str) -> None:
    problem = refused(read_repeat, text, HERE)
    assert problem.code == code
    assert part in problem.message


def test_a_repeat_without_end_is_told_how_to_get_one() -> None:
    assert refused(read_repeat, "every 3 days", HERE).hint == "every 3 days, up to 3 times"


@pytest.mark.parametrize(
    ("text", "rate", "spelling"),
    [
        ("60 per hour", Rate(60, Duration(minutes=60)), "60 per hour"),
        ("3 per 365 days", Rate(3, Duration(days=365)), "3 per 365 days"),
        ("1 per 1 day", Rate(1, Duration(days=1)), "1 per day"),
        ("150 per week", Rate(150, Duration(days=7)), "150 per 7 days"),
    ],
)
def test_rates(text: str, rate: Rate, spelling: str) -> None:
    assert taken(read_rate, text) == rate == parse_rate(spelling)
    assert str(rate) == spelling


@pytest.mark.parametrize(
    ("text", "column", "width", "code"),
    [
        ("0 per hour", 1, 1, "E203"),
        ("1.5 per hour", 1, 3, "E203"),
        ("3 per month", 7, 5, "E102"),
        ("3 per 2 business days", 7, 15, "E203"),  # counted over the time just passed
        ("3 an hour", 3, 2, "E102"),
        ("sixty per hour", 1, 5, "E102"),
    ],
)
def test_bad_rates(text: str, column: int, width: int, code: str) -> None:
    problem = refused(read_rate, text)
    assert (problem.column, problem.width, problem.code) == (column, width, code)


def test_a_rate_outside_a_file_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ValueError, match='`3 an hour`: unexpected "an"'):
        parse_rate("3 an hour")


@pytest.mark.parametrize(
    ("text", "kind", "customer", "fields", "period"),
    [
        ("order", Kind.ORDER, False, [], None),
        ("order and status", Kind.ORDER, False, ["status"], None),
        ("status", Kind.ORDER, False, ["status"], None),  # the subject always counts
        ("customer", Kind.ORDER, True, [], None),
        ("customer", Kind.CUSTOMER, False, [], None),  # it is the subject
        ("customer and month", Kind.TICKET, True, [], Period.MONTH),
        ("quarter", Kind.CUSTOMER, False, [], Period.QUARTER),
        ("ticket and resolved_at", Kind.TICKET, False, ["resolved_at"], None),
        ("order and customer", Kind.ORDER, False, [], None),  # the order says who
        ("order and customer.tier", Kind.ORDER, False, ["customer.tier"], None),
    ],
)
def test_occurrences(
    text: str, kind: Kind, customer: bool, fields: list[str], period: Period | None
) -> None:
    once = taken(read_once_per, text, Setting(Catalogue(), kind, BERLIN))
    assert once.customer is customer
    assert [field.path for field in once.fields] == fields
    assert once.period is period


@pytest.mark.parametrize(
    ("text", "column", "width", "code"),
    [
        ("order and statu", 11, 5, "E201"),
        ("ticket", 1, 6, "E201"),  # a rule about orders has no ticket
        ("day and week", 9, 4, "E203"),
        ("status and status", 12, 6, "E203"),
        ("order and tags", 11, 4, "E202"),
        ("order and last_sent.apology", 11, 17, "E202"),
        ("order, status", 6, 1, "E102"),
    ],
)
def test_bad_occurrences(text: str, column: int, width: int, code: str) -> None:
    problem = refused(read_once_per, text, HERE)
    assert (problem.column, problem.width, problem.code) == (column, width, code)


def test_shares() -> None:
    assert taken(read_percent, "5%") == Decimal(5)
    assert taken(read_percent, "2.5 %") == Decimal("2.5")
    assert refused(read_percent, "100%").code == "E203"  # then nobody would get it
    assert refused(read_percent, "-5%").code == "E203"
    assert refused(read_percent, "5").hint == "expected: %"


def test_next_channel() -> None:
    assert taken(read_next_channel, "next channel after 30 minutes") == Duration(minutes=30)
    assert refused(read_next_channel, "next channel").code == "E102"
    assert refused(read_next_channel, "next channel after 2 business hours").code == "E203"


def test_plain_durations() -> None:
    assert taken(read_fixed_duration, "14 days") == Duration(days=14)
    assert refused(read_fixed_duration, "2 business days").code == "E203"
    assert "did you mean '3 days'" in refused(read_fixed_duration, "3d").message


def test_every_purpose_says_when_a_message_is_too_late() -> None:
    assert set(EXPIRES_AFTER) == set(Purpose)
