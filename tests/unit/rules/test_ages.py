"""How old a match may be: written, or what a decent sender would not exceed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from outreach.rules.document import Age
from outreach.rules.lengths import longest
from outreach.rules.loader import load_rules
from outreach.rules.names import Names
from outreach.timing.durations import Duration, parse_duration


def age(names: Names, when: str, extra: str = "", about: str = "order") -> Age | None:
    text = f"format: 1\ndefaults: {{calendar: de}}\nrules:\n- rule: r\n  about: {about}\n"
    text += "  purpose: service\n  steps: [{send: apology}]\n"
    text += "".join(f"  {line}\n" for line in extra.split("\n") if line)
    text += "  when:\n" + "".join(f"    {line}\n" for line in when.split("\n"))
    return load_rules({"a.yaml": text}, names).rules[0].age


@pytest.mark.parametrize(
    ("when", "field", "days"),
    [
        # its own delay is added to the two weeks
        ("- promised_at is more than 1 day ago", "promised_at", 15),
        ("- promised_at is more than 30 days ago", "promised_at", 44),
        ("- status is paid for more than 3 days", "status_changed_at", 17),
        ("- promised_at is between 2 days and 5 days ago", "promised_at", 16),
        # a bound that the sentence sets itself is not cut short
        ("- promised_at is between 2 days and 30 days ago", "promised_at", 30),
        ("- delivered_at is within the last 7 days", "delivered_at", 14),
        ("- delivered_at is within the last 60 days", "delivered_at", 60),
        ("- promised_at is in the future", "promised_at", 14),
        ("- promised_at is within the next 2 days", "promised_at", 14),
        ("- estimated_at is more than 1 day after promised_at", "estimated_at", 14),
        ("- placed_at is after 2026-01-01", "placed_at", 14),
        # the first sentence about time counts, wherever it stands but in what a group denies
        (
            "- carrier is DHL\n- placed_at is in the past\n- shipped_at is in the past",
            "placed_at",
            14,
        ),
        ("- any:\n  - shipped_at is in the past\n  - status is paid", "shipped_at", 14),
        ("- none:\n  - shipped_at is in the past\n- placed_at is in the past", "placed_at", 14),
        ("- last_sent.r is more than 3 days ago", "last_sent.r", 17),
        (
            "- customer.created_at is in the past\n- placed_at is in the past",
            "customer.created_at",
            14,
        ),
        # without one, since when the first field with history has its value
        ("- carrier is DHL\n- status is paid", "status_changed_at", 14),
        ("- carrier_status is not exception", "carrier_status_changed_at", 14),
        # and without that, when the subject began
        ("- carrier is DHL", "placed_at", 14),
    ],
)
def test_default_ages(when: str, field: str, days: int, names: Names) -> None:
    found = age(names, when)
    assert found is not None
    assert (found.field.path, found.length.fixed) == (field, timedelta(days=days))
    assert found.is_default


@pytest.mark.parametrize(
    ("about", "when", "field"),
    [
        ("ticket", "- team is care", "opened_at"),
        ("customer", "- tier is gold", "created_at"),
        ("ticket", "- priority is high", "priority_changed_at"),
        ("ticket", "- order.status is paid", "order.status_changed_at"),
    ],
)
def test_other_subjects_begin_elsewhere(about: str, when: str, field: str, names: Names) -> None:
    found = age(names, when, about=about)
    assert found is not None
    assert found.field.path == field


def test_a_written_age_counts_from_the_field_itself(names: Names) -> None:
    found = age(names, "- promised_at is more than 1 day ago", "ignore_older_than: 10 days")
    assert found is not None
    assert (found.field.path, found.length, found.is_default) == (
        "promised_at",
        Duration(days=10),
        False,
    )


def test_a_rule_that_speaks_once_a_period_has_no_age_unless_written(names: Names) -> None:
    when = "- placed_at is more than 60 days ago"
    assert age(names, when, "once_per: quarter") is None
    assert age(names, when, "once_per: quarter\nignore_older_than: 90 days") is not None


@pytest.mark.parametrize("text", ["4 business hours", "1 business day", "10 business days 3 hours"])
def test_business_time_is_taken_generously(text: str, names: Names) -> None:
    """However the holidays lie, the age does not end before the delay does."""
    found = age(names, f"- promised_at is more than {text} ago")
    assert found is not None
    assert not found.length.is_business
    calendar, delay = names.calendars["de"], parse_duration(text)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for hours in range(0, 366 * 24, 7):
        instant = start + timedelta(hours=hours)
        assert calendar.add(instant, delay) < instant + found.length.fixed - timedelta(days=13)
    assert longest(delay, calendar) >= timedelta(days=14)
