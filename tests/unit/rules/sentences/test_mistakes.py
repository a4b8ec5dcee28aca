"""A bad sentence is blamed on the right word, and the problem says what to write instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.errors import Problem
from outreach.rules.conditions import Condition, IsPresent

Said = Callable[..., Condition]
Refused = Callable[..., list[Problem]]


@pytest.mark.parametrize(
    ("text", "column", "width", "code", "part"),
    [
        # words
        ("promised_at is more then 1 day ago", 21, 4, "E102", '"then" — did you mean "than"'),
        ("promised_at is more than 1 day", 31, 1, "E102", "stops too early"),
        ("status is shipped and carrier is x", 19, 3, "E102", "put the second condition on its"),
        ("status is shipped or status is paid", 19, 2, "E102", "`any:` group"),
        ("status Is shipped", 8, 2, "E102", 'did you mean "is"'),
        ("promised at is missing", 10, 2, "E102", "did you mean `promised_at`"),
        ('carrier is "DHL', 12, 4, "E102", "quote is never closed"),
        ("carrier is missing data", 20, 4, "E102", "complete before it"),
        ("promised_at is more than 3 dayz ago", 28, 4, "E102", 'did you mean "day"'),
        ("csat was opened", 10, 6, "E102", "unexpected"),
        ("", 1, 1, "E102", "stops too early"),
        # fields
        ("promisd_at is missing", 1, 10, "E201", "Did you mean 'promised_at'?"),
        ("tier is gold", 1, 4, "E201", "Did you mean 'customer.tier'?"),
        ("order.status is paid", 1, 12, "E201", "Did you mean 'status'?"),
        ("estimated_at is after promisd_at", 23, 10, "E201", "'promised_at'"),
        # types
        ("status is more than 1 day ago", 1, 6, "E202", 'a choice, so it cannot be "… ago".'),
        ("promised_at is shipped", 1, 11, "E202", 'a time, so it cannot be "is X"'),
        ("tags is x", 1, 4, "E202", "a list"),
        ("weight in [1, 2]", 1, 6, "E202", "a number"),
        ("carrier is DHL for more than 2 days", 1, 7, "E202", "a text"),
        ("estimated_at is after status", 23, 6, "E202", "not a time"),
        # values
        ("status is canceled", 11, 8, "E203", "never 'canceled'. Did you mean 'cancelled'?"),
        ('status is "out for delivery"', 11, 18, "E203", "Did you mean 'out_for_delivery'?"),
        ("gift is maybe", 9, 5, "E203", "only true or false"),
        ("total is at least 1000", 19, 4, "E203", "in which currency"),
        ("weight is at least 1 EUR", 22, 3, "E203", "without a currency"),
        ("total is gold", 10, 4, "E203", "'gold' is none"),
        ("total is between 1 EUR and 2 USD", 18, 15, "E203", "same currency"),
        ("weight is between 5 and 1", 19, 7, "E203", "smaller one comes first"),
        ("total is 1234567890123456 EUR", 10, 16, "E203", "too long"),
        ('item_summary contains ""', 23, 2, "E203", "contains nothing"),
        ("promised_at is more than 3 business weeks ago", 26, 16, "E203", "business days"),
        ("promised_at is more than 0 days ago", 26, 6, "E203", "longer than nothing"),
        ("promised_at is between 2 days and 1 day ago", 24, 16, "E203", "shorter time comes first"),
        ("placed_at is before 2026-02-30", 21, 10, "E203", "there is no day 2026-02-30"),
        ("placed_at is before 2026-2-3", 21, 8, "E203", "like 2026-12-01"),
        ("placed_at is before 2026-12-01 25:00", 21, 16, "E203", "25:00"),
        ("placed_at is before 0001-01-01", 21, 10, "E203", "year 1"),
        ("estimated_at is after estimated_at", 23, 12, "E203", "with itself"),
        ("estimated_at is more than 2 business days after placed_at", 27, 15, "E203", "plain"),
        # what is named elsewhere
        ("last_sent.apolgy is missing", 11, 6, "E204", "Did you mean 'apology'?"),
        ("cast was answered", 1, 4, "E204", "Did you mean 'csat'?"),
    ],
)
def test_a_bad_sentence_is_blamed_on_the_right_word(
    text: str, column: int, width: int, code: str, part: str, refused: Refused
) -> None:
    (problem,) = refused(text)
    assert (problem.column, problem.width, problem.code) == (column, width, code)
    assert part in problem.message


def test_every_bad_value_of_a_list_is_reported(refused: Refused) -> None:
    problems = refused("status in [canceled, paid, refunde]")
    assert [(p.column, p.width) for p in problems] == [(12, 8), (28, 7)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("promised_at is more than 1 day", "expected: after · ago · away · before"),
        ("promised_at is less than 2 days ago", "say `is within the last …`"),
        ("promised_at is not more than 2 days ago", "put the sentence under `none:`"),
        ("promised_at older than 2 days", "say `is more than … ago`"),
        ("promised_at is more than 3d ago", "write the unit as a word: 2 hours, 3 days"),
        ("promised_at is more than 3 months ago", "these differ in length, so say days: 30 days"),
        ("placed_at is before 01.12.2026", "write dates like 2026-12-01"),
        ("total > 1,000 EUR", "write numbers without separators: 1000 or 12.50"),
        ("total is at least 1000€", "write amounts like this: 12.50 EUR"),
        ("total is at least 1000", "write 1000 EUR"),
        ("status is waiting on us", "put a value of several words in quotes"),
        ("csat was opened", "mail programs open messages by themselves: ask for `clicked`"),
        ("last_sent is missing", "write last_sent.<rule>"),
        ("tags is x", "say: include x · include any of [x, y] · does not include x"),
    ],
)
def test_a_problem_says_what_to_write_instead(text: str, hint: str, refused: Refused) -> None:
    assert refused(text)[0].hint == hint


def test_business_time_needs_a_calendar(refused: Refused) -> None:
    (problem,) = refused("promised_at is more than 4 business hours ago", calendar=None)
    assert (problem.code, problem.column, problem.width) == ("E205", 26, 16)


def test_steps_cannot_be_asked_about_before_anything_was_sent(refused: Refused) -> None:
    (problem,) = refused("update was answered", steps=None)
    assert (problem.code, problem.column, problem.width) == ("E206", 1, 6)


def test_rules_are_not_checked_where_not_all_are_known(said: Said) -> None:
    assert isinstance(said("last_sent.whatever is present", rules=None), IsPresent)
