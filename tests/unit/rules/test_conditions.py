"""A condition asked at an instant, and the spans in which it says it is true, must agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.model import Kind, Money, SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import AllOf, AnyOf, Condition, NoneOf
from outreach.rules.facts import Facts, StepEvent
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.sentences import canonical, parse
from outreach.timing.calendars import Calendar
from outreach.timing.hours import Hours

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar("de", BERLIN, frozenset(range(5)), Hours(9 * 60, 17 * 60), "DE")
NIGHTS = Calendar(
    "nights", BERLIN, frozenset(range(7)), Hours(60, 4 * 60)
)  # open when clocks change
CATALOGUE = Catalogue(
    [
        CustomField(Kind.ORDER, "gift", FieldType.YES_NO),
        CustomField(Kind.ORDER, "weight", FieldType.NUMBER),
    ]
)
TICK = timedelta(microseconds=1)
STEPS = ("first", "second")
#: where time is not simple: both changes of clocks, a holiday, a weekend, the turn of a year
MOMENTS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 5, 1, 7, tzinfo=UTC),
    datetime(2026, 11, 20, 16, tzinfo=UTC),
    datetime(2026, 11, 23, 8, tzinfo=UTC),
    datetime(2026, 12, 31, 23, tzinfo=UTC),
]
LENGTHS = ["1 minute", "90 minutes", "4 hours", "1 day", "3 days", "2 weeks"]
BUSINESS = ["30 business minutes", "4 business hours", "1 business day", "2 business days 1 hour"]
TIMES = ["promised_at", "estimated_at", "status_changed_at", "customer.created_at"]

moments = st.builds(
    lambda moment, hours, ticks: moment + timedelta(hours=hours) + ticks * TICK,
    st.sampled_from(MOMENTS),
    st.sampled_from([-400, -72, -25, -24, -8, -4, -1, 0, 1, 4, 8, 24, 25, 72, 400]),
    st.sampled_from([-1, 0, 1, 1_800_000_000]),
)
durations = st.sampled_from(LENGTHS + BUSINESS)
time_fields = st.sampled_from(TIMES)
time_sentences = st.one_of(
    st.builds("{} is more than {} ago".format, time_fields, durations),
    st.builds("{} is within the last {}".format, time_fields, durations),
    st.builds("{} is within the next {}".format, time_fields, durations),
    st.builds("{} is more than {} away".format, time_fields, durations),
    st.builds("{} is between 1 hour and {} ago".format, time_fields, st.sampled_from(LENGTHS[2:])),
    st.builds(
        "{} is between 1 business hour and {} ago".format,
        time_fields,
        durations.filter(lambda text: "minute" not in text),
    ),
    st.builds("{} is in the {}".format, time_fields, st.sampled_from(["past", "future"])),
    st.builds(
        "{} is {} {}".format,
        time_fields,
        st.sampled_from(["before", "after"]),
        st.sampled_from(["2026-03-29 02:30", "2026-10-25 02:30", "2026-05-01", "2027-01-01"]),
    ),
    st.builds("estimated_at is {} promised_at".format, st.sampled_from(["before", "after"])),
    st.builds(
        "estimated_at is more than {} {} promised_at".format,
        st.sampled_from(LENGTHS),
        st.sampled_from(["before", "after"]),
    ),
    st.builds("{} is {}".format, time_fields, st.sampled_from(["missing", "present"])),
    st.builds("status is paid for more than {}".format, durations),
    st.builds("status in [paid, shipped] for more than {}".format, durations),
)
data_sentences = st.sampled_from(
    [
        "status is paid",
        "status is not paid",
        "status in [paid, packed]",
        "status not in [paid, packed]",
        "carrier is missing",
        "carrier is DHL",
        'carrier contains "h"',
        'carrier does not contain "h"',
        "carrier starts with d",
        "tags is missing",
        "tags include a",
        "tags does not include any of [a, b]",
        "gift is true",
        "gift is false",
        "weight is 2",
        "weight is not 2",
        "weight is at least 2",
        "weight is between 1 and 2.5",
        "total is more than 10 EUR",
        "total is not 10 EUR",
    ]
)
step_sentences = st.builds(
    "{} was {}{}".format,
    st.sampled_from(STEPS),
    st.sampled_from(["", "not "]),
    st.sampled_from(["answered", "replied to", "clicked", "delivered", "bounced"]),
)
sentences = st.one_of(time_sentences, time_sentences, data_sentences, step_sentences)


def read(text: str, calendar: Calendar) -> Condition:
    return parse(text, CATALOGUE, Kind.ORDER, calendar=calendar, zone=BERLIN, steps=STEPS)


parsed = st.builds(read, sentences, st.sampled_from([OFFICE, NIGHTS]))
conditions = st.recursive(
    parsed,
    lambda inner: st.builds(
        lambda group, parts: group(parts=tuple(parts)),
        st.sampled_from([AllOf, AnyOf, NoneOf]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values, values)


values = st.fixed_dictionaries(
    {
        **{path: maybe(moments) for path in TIMES},
        "status": maybe(st.sampled_from(["paid", "packed", "shipped"])),
        "carrier": maybe(st.sampled_from(["DHL", "dpd", ""])),
        "tags": maybe(st.sampled_from([(), ("a",), ("b", "c")])),
        "gift": maybe(st.booleans()),
        "weight": maybe(st.sampled_from([0, 1.5, 2, 2.5, 3])),
        "total": maybe(
            st.builds(
                Money,
                st.sampled_from([Decimal(5), Decimal(10), Decimal("10.01")]),
                st.sampled_from(["EUR", "CHF"]),
            )
        ),
    }
)
events = st.lists(
    st.builds(
        StepEvent,
        st.sampled_from(STEPS),
        st.sampled_from(["answered", "replied", "clicked", "delivered", "bounced"]),
        moments,
    ),
    max_size=3,
).map(tuple)


def facts_of(values: Mapping[str, Any], events: tuple[StepEvent, ...] = ()) -> Facts:
    return Facts(SubjectRef(Kind.ORDER, "A-1"), values, events)


@given(conditions, values, events, moments)
def test_holds_and_spans_agree(
    condition: Condition, values: dict[str, Any], events: tuple[StepEvent, ...], now: datetime
) -> None:
    facts = facts_of(values, events)
    assert condition.holds(facts, now) is (now in condition.spans(facts))


@given(parsed, values, events)
def test_they_agree_just_where_it_changes(
    condition: Condition, values: dict[str, Any], events: tuple[StepEvent, ...]
) -> None:
    """The instants that matter are the edges themselves, to the microsecond."""
    facts = facts_of(values, events)
    spans = condition.spans(facts)
    for edge in {edge for span in spans.spans for edge in (span.start, span.end)}:
        if 1970 < edge.year < 2200:
            for instant in (edge - TICK, edge, edge + TICK):
                assert condition.holds(facts, instant) is (instant in spans)


@given(conditions, values, events, moments)
def test_none_is_the_plain_opposite(
    condition: Condition, values: dict[str, Any], events: tuple[StepEvent, ...], now: datetime
) -> None:
    facts = facts_of(values, events)
    denied = NoneOf(parts=(condition,))
    assert denied.holds(facts, now) is not condition.holds(facts, now)
    assert (now in denied.spans(facts)) is not (now in condition.spans(facts))


@given(parsed)
def test_what_is_written_reads_back_as_the_same(condition: Condition) -> None:
    calendar = _calendar(condition)
    text = canonical(condition, BERLIN)
    again = read(text, calendar)
    assert canonical(again, BERLIN) == text
    assert type(again) is type(condition)


def _calendar(condition: Condition) -> Calendar:
    shifts = [getattr(condition, name, None) for name in ("shift", "near", "far")]
    return next((shift.calendar for shift in shifts if shift and shift.calendar), OFFICE)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        # a missing value: positive sentences are false, denials are true
        ("status is paid", None, False),
        ("status is not paid", None, True),
        ("status not in [paid]", None, True),
        ("carrier contains x", None, False),
        ("carrier does not contain x", None, True),
        ("tags include x", None, False),
        ("tags does not include x", None, True),
        ("gift is true", None, False),
        ("gift is false", None, True),
        ("weight is at most 5", None, False),
        ("weight is not 5", None, True),
        ("promised_at is in the past", None, False),
        ("promised_at is in the future", None, False),
        ("promised_at is missing", None, True),
        ("carrier is missing", "", True),  # an empty text is no text
        ("tags is missing", (), True),
        # case does not matter inside texts, and matters for whole ones
        ('carrier contains "dh"', "DHL", True),
        ('carrier starts with "dh"', "DHL", True),
        ("carrier is dhl", "DHL", False),
        # amounts in another currency are neither more nor less
        ("total is more than 1 EUR", Money(Decimal(100), "CHF"), False),
        ("total is less than 1000 EUR", Money(Decimal(100), "CHF"), False),
        ("total is not 100 EUR", Money(Decimal(100), "CHF"), True),
    ],
)
def test_what_a_value_means(text: str, value: Any, expected: bool) -> None:
    path, _ = text.split(" ", 1)
    assert read(text, OFFICE).holds(facts_of({path: value}), MOMENTS[0]) is expected


@pytest.mark.parametrize(
    ("said", "value", "true_from", "true_until"),
    [
        # in conditions a day is 24 hours, also when clocks go forward
        ("is more than 1 day ago", "2026-03-28 12:00", "2026-03-29 12:00", None),
        ("is within the last 1 day", "2026-03-28 12:00", "2026-03-28 12:00", "2026-03-29 12:00"),
        ("is within the next 1 day", "2026-03-28 12:00", "2026-03-27 12:00", "2026-03-28 12:00"),
        ("is between 1 day and 2 days ago", "2026-03-28 12:00", "2026-03-29 12:00",
         "2026-03-30 12:00"),
        # Friday 16:00 in Berlin: one hour is left, the others are Monday's
        ("is more than 4 business hours ago", "2026-11-20 15:00", "2026-11-23 11:00", None),
        # the first of May is a holiday, and a Friday
        ("is more than 1 business day ago", "2026-04-30 10:00", "2026-05-04 10:00", None),
    ],
)  # fmt: skip
def test_when_it_is_true(said: str, value: str, true_from: str, true_until: str | None) -> None:
    def instant(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    facts = facts_of({"promised_at": instant(value)})
    (span,) = read(f"promised_at {said}", OFFICE).spans(facts).spans
    assert span.start == instant(true_from)
    assert (span.end == instant(true_until)) if true_until else span.end.year == 9999


def test_a_choice_has_been_what_it_is_since_it_changed() -> None:
    condition = read("status is paid for more than 2 days", OFFICE)
    since = datetime(2026, 11, 20, 12, tzinfo=UTC)
    facts = facts_of({"status": "paid", "status_changed_at": since})
    assert not condition.holds(facts, since + timedelta(days=2) - TICK)
    assert condition.holds(facts, since + timedelta(days=2))
    assert not condition.holds(facts_of({"status": "paid"}), since + timedelta(days=9))


def test_the_customers_field_with_history_is_found_beside_it() -> None:
    """`order.status` of a ticket changed at `order.status_changed_at`."""
    text = "order.status is paid for more than 2 days"
    condition = parse(text, CATALOGUE, Kind.TICKET)
    since = datetime(2026, 11, 20, tzinfo=UTC)
    values = {"order.status": "paid", "order.status_changed_at": since}
    facts = Facts(SubjectRef(Kind.TICKET, "T-1"), values)
    assert condition.holds(facts, since + timedelta(days=3))
    assert since + timedelta(days=3) in condition.spans(facts)


@pytest.mark.parametrize(
    "text",
    [
        "promised_at is more than 20 days ago",
        "promised_at is within the last 20 days",
        "promised_at is within the next 20 days",
        "promised_at is more than 3 business days ago",
        "promised_at is within the next 3 business days",
    ],
)
@pytest.mark.parametrize("year", [1, 9999])
def test_dates_that_stand_for_never_have_spans_too(text: str, year: int) -> None:
    """Systems that know no empty date write the first or the last one there is."""
    value = datetime(year, 1, 1, tzinfo=UTC) if year == 1 else datetime(9999, 12, 31, tzinfo=UTC)
    facts = facts_of({"promised_at": value})
    condition = read(text, OFFICE)
    assert condition.holds(facts, MOMENTS[0]) is (MOMENTS[0] in condition.spans(facts))
