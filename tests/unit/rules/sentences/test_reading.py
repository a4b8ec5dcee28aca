"""Each form of a sentence becomes its condition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from outreach.model import Position
from outreach.rules.conditions import (
    Apart,
    BeforeDate,
    Between,
    BetweenAgo,
    Compare,
    Condition,
    Contains,
    HasBeen,
    Includes,
    InTheFuture,
    InThePast,
    IsOneOf,
    IsPresent,
    IsTrue,
    MoreThanAgo,
    MoreThanAway,
    Operator,
    Opposite,
    StartsWith,
    StepHad,
    WithinLast,
    WithinNext,
)
from outreach.rules.sentences import canonical
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration

DAY, DAYS_2 = Duration(days=1), Duration(days=2)
Said = Callable[..., Condition]


def parts(condition: Condition) -> dict[str, Any]:
    """Return what a condition consists of, its field by its path."""
    return {
        name: getattr(value, "path", value)
        for name, value in vars(condition).items()
        if name not in ("text", "position")
    }


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("carrier is present", IsPresent, {"field": "carrier"}),
        ("status is shipped", IsOneOf, {"field": "status", "values": ("shipped",)}),
        ("status = shipped", IsOneOf, {"field": "status", "values": ("shipped",)}),
        ("status is delivered", IsOneOf, {"field": "status", "values": ("delivered",)}),
        ('carrier is "DHL Express"', IsOneOf, {"field": "carrier", "values": ("DHL Express",)}),
        ("carrier is 'a \"b\"'", IsOneOf, {"field": "carrier", "values": ('a "b"',)}),
        ("carrier is 4711", IsOneOf, {"field": "carrier", "values": ("4711",)}),
        ("customer.locale is de-AT", IsOneOf, {"field": "customer.locale", "values": ("de-AT",)}),
        ("status in [paid, packed]", IsOneOf, {"field": "status", "values": ("paid", "packed")}),
        ("status is in [paid]", IsOneOf, {"field": "status", "values": ("paid",)}),
        ("status is one of [paid, paid]", IsOneOf, {"field": "status", "values": ("paid",)}),
        ("carrier in [more, x]", IsOneOf, {"field": "carrier", "values": ("more", "x")}),
        ("gift is true", IsTrue, {"field": "gift"}),
        ("gift is yes", IsTrue, {"field": "gift"}),
        ("gift is not false", IsTrue, {"field": "gift"}),
        ('item_summary contains "Lamp"', Contains, {"field": "item_summary", "words": "Lamp"}),
        ("item_summary starts with De", StartsWith, {"field": "item_summary", "words": "De"}),
        ("tags include pre-order", Includes, {"field": "tags", "values": ("pre-order",)}),
        ('tags include any of [a, "b c"]', Includes, {"field": "tags", "values": ("a", "b c")}),
    ],
)  # fmt: skip
def test_sentences_about_values(
    text: str, kind: type, expected: dict[str, Any], said: Said
) -> None:
    condition = said(text)
    assert type(condition) is kind
    assert parts(condition) == expected


@pytest.mark.parametrize(
    ("text", "operator", "amount", "currency"),
    [
        ("weight is 0", Operator.IS, "0", ""),
        ("weight = 0", Operator.IS, "0", ""),
        ("weight is at least 1", Operator.AT_LEAST, "1", ""),
        ("weight >= 1.5", Operator.AT_LEAST, "1.5", ""),
        ("weight is at most -3", Operator.AT_MOST, "-3", ""),
        ("weight <= 3", Operator.AT_MOST, "3", ""),
        ("weight is more than 2.5", Operator.MORE_THAN, "2.5", ""),
        ("weight > 2", Operator.MORE_THAN, "2", ""),
        ("weight is less than 2", Operator.LESS_THAN, "2", ""),
        ("weight < 2", Operator.LESS_THAN, "2", ""),
        ("total is at least 1000 EUR", Operator.AT_LEAST, "1000", "EUR"),
        ("total is 12.50 CHF", Operator.IS, "12.50", "CHF"),
        ("total > 12.50 CHF", Operator.MORE_THAN, "12.50", "CHF"),
    ],
)
def test_sentences_about_numbers_and_money(
    text: str, operator: Operator, amount: str, currency: str, said: Said
) -> None:
    condition = said(text)
    assert isinstance(condition, Compare)
    assert (condition.operator, condition.amount, condition.currency) == (
        operator,
        Decimal(amount),
        currency,
    )


def test_between_has_both_ends_in_one_currency(said: Said) -> None:
    condition = said("total is between 10 EUR and 20.50 EUR")
    assert isinstance(condition, Between)
    assert (condition.low, condition.high, condition.currency) == (
        Decimal(10),
        Decimal("20.50"),
        "EUR",
    )


@pytest.mark.parametrize(
    ("text", "affirmed"),
    [
        ("carrier is missing", "carrier is present"),
        ("status is not paid", "status is paid"),
        ("status != paid", "status is paid"),
        ("status not in [paid, packed]", "status in [paid, packed]"),
        ("status is not in [paid, packed]", "status in [paid, packed]"),
        ("status is none of [paid, packed]", "status in [paid, packed]"),
        ("gift is false", "gift is true"),
        ("gift is no", "gift is true"),
        ("gift is not true", "gift is true"),
        ("item_summary does not contain x", "item_summary contains x"),
        ("tags does not include x", "tags include x"),
        ("tags does not include any of [x, y]", "tags include any of [x, y]"),
        ("weight is not 0", "weight is 0"),
        ("total is not 5 EUR", "total is 5 EUR"),
        ("csat was not answered", "csat was answered"),
    ],
)
def test_denials_are_opposites(text: str, affirmed: str, said: Said) -> None:
    condition = said(text)
    assert isinstance(condition, Opposite)
    assert condition.text == text
    assert canonical(condition.of) == canonical(said(affirmed))


@pytest.mark.parametrize(
    ("text", "kind", "shift"),
    [
        ("promised_at is more than 1 day ago", MoreThanAgo, DAY),
        ("promised_at is more than 24 hours ago", MoreThanAgo, Duration(minutes=1440)),
        ("promised_at is within the last 2 days", WithinLast, DAYS_2),
        ("promised_at is within the next 2 days", WithinNext, DAYS_2),
        ("promised_at is more than 2 days away", MoreThanAway, DAYS_2),
        ("promised_at is more than 1 day 12 hours ago", MoreThanAgo, Duration(720, 1)),
        ("status is paid for more than 2 days", HasBeen, DAYS_2),
        ("status in [paid, packed] for more than 2 days", HasBeen, DAYS_2),
    ],
)
def test_sentences_about_time_with_a_duration(
    text: str, kind: type, shift: Duration, said: Said
) -> None:
    condition = said(text)
    assert type(condition) is kind
    assert condition.shift.duration == shift  # type: ignore[attr-defined]
    assert condition.shift.calendar is None  # type: ignore[attr-defined]
    assert condition.shift.ahead == (kind in (WithinNext, MoreThanAway))  # type: ignore[attr-defined]


def test_business_time_is_counted_in_the_calendar_of_the_rule(said: Said, office: Calendar) -> None:
    condition = said("promised_at is more than 4 business hours ago")
    assert isinstance(condition, MoreThanAgo)
    assert condition.shift.calendar is office


def test_between_two_durations(said: Said) -> None:
    condition = said("promised_at is between 1 day and 2 days ago")
    assert isinstance(condition, BetweenAgo)
    assert (condition.near.duration, condition.far.duration) == (DAY, DAYS_2)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("promised_at is in the past", InThePast), ("promised_at is in the future", InTheFuture)],
)
def test_past_and_future(text: str, kind: type, said: Said) -> None:
    assert type(said(text)) is kind


@pytest.mark.parametrize(
    ("text", "instant", "after"),
    [
        ("placed_at is before 2026-12-01", "2026-11-30 23:00", False),  # midnight in Berlin
        ("placed_at is after 2026-07-01", "2026-06-30 22:00", True),  # summer time
        ("placed_at is after 2026-12-01 09:00", "2026-12-01 08:00", True),
        ("placed_at is before 2026-03-29 02:30", "2026-03-29 01:00", False),  # a skipped hour
    ],
)
def test_dates_are_local_to_the_workspace(text: str, instant: str, after: bool, said: Said) -> None:
    condition = said(text)
    assert isinstance(condition, BeforeDate)
    assert condition.instant == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert condition.after is after


@pytest.mark.parametrize(
    ("text", "duration", "before"),
    [
        ("estimated_at is more than 2 days after promised_at", DAYS_2, False),
        ("estimated_at is more than 2 days before promised_at", DAYS_2, True),
        ("estimated_at is after promised_at", Duration(), False),
        ("estimated_at is before promised_at", Duration(), True),
    ],
)
def test_two_times_are_compared(text: str, duration: Duration, before: bool, said: Said) -> None:
    condition = said(text)
    assert isinstance(condition, Apart)
    assert condition.other.path == "promised_at"
    assert (condition.duration, condition.before) == (duration, before)


@pytest.mark.parametrize(
    ("phrase", "event"),
    [
        ("answered", "answered"),
        ("replied to", "replied"),
        ("clicked", "clicked"),
        ("delivered", "delivered"),
        ("bounced", "bounced"),
    ],
)
def test_step_events(phrase: str, event: str, said: Said) -> None:
    condition = said(f"update was {phrase}")
    assert isinstance(condition, StepHad)
    assert (condition.step, condition.event) == ("update", event)


def test_a_condition_keeps_the_operators_spelling_and_place(said: Said) -> None:
    condition = said("  status   = shipped ", position=Position("a.yaml", 3, 7))
    assert condition.text == "status   = shipped"  # type: ignore[attr-defined]
    assert condition.position == Position("a.yaml", 3, 7)
