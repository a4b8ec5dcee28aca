"""Reports count what the passes wrote, each message and each person once, on every database."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from outreach.deciding.reporting.figures import Arm, By, Handled, Outcomes, Report
from outreach.deciding.waits import is_held_out
from outreach.passes.reporting.whole import Asked, make_report
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Receipt
from outreach.store.permissions import Consent
from outreach.store.subjects import Order, Ticket
from outreach.timing.calendars import Calendar
from outreach.timing.hours import parse_days, parse_hours
from outreach.timing.weeks import between
from tests.unit.berlin import BERLIN, berlin
from tests.unit.ledger import add_customer, add_enrollment, add_message

#: two weeks and the running one, which is cut short
WEEKS = between(berlin("2026-11-02 00:00"), berlin("2026-11-18 00:00"), BERLIN)
NOW = berlin("2026-12-24 12:00")
FIRST, SECOND = berlin("2026-11-04 12:00"), berlin("2026-11-10 12:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = Asked(WEEKS)


def write(store: Store, do: Callable[[Connection], object]) -> None:
    with store.write() as connection:
        do(connection)


def read(store: Store, asked: Asked = ASKED, now: datetime = NOW) -> Report:
    return make_report(store, asked, now=now)


def told(connection: Connection, message: str, *events: str) -> None:
    for event in events:
        row = {"event": event, "at": NOW, "provider": "p", "provider_event_id": f"{message}{event}"}
        connection.execute(insert(table_of(Receipt)).values(message_id=message, **row))


def sent(connection: Connection, name: str, at: datetime, **values: Any) -> None:
    usual = {"state": "sent", "sent_at": at, "locale": "de"}
    add_message(connection, name, **{**usual, **values})


def messages(connection: Connection) -> None:
    sent(connection, "m1", FIRST, state="delivered")
    sent(connection, "m2", FIRST, state="undelivered", locale="en")
    sent(connection, "m3", SECOND, channel="sms", segments=2)
    sent(connection, "m4", SECOND, state="unknown")
    sent(connection, "m5", WEEKS.until - HOUR, rule="gone")
    # none of these went out in this time
    sent(connection, "n1", WEEKS.since - HOUR)
    sent(connection, "n2", WEEKS.until)
    sent(connection, "n3", FIRST, state="failed", sent_at=None)
    sent(connection, "n4", FIRST, mode="shadow", state="cancelled", sent_at=None)
    told(connection, "m1", "replied", "clicked", "unsubscribed", "unsubscribed_here")
    told(connection, "m2", "bounced")
    told(connection, "n1", "bounced")
    # the same stop as the provider's, and one that only our page knows
    for message in ("m1", "m3"):
        consent = {"customer_id": "ana", "granted": False, "at": NOW, "source": "page"}
        for purpose in ("service", "survey"):
            row = {**consent, "purpose": purpose, "message_id": message, "note": "", "text": ""}
            connection.execute(insert(table_of(Consent)).values(**row))


def test_each_message_counts_once_in_each_figure(store: Store) -> None:
    write(store, messages)
    report = read(store)
    assert report.counted(By.RULE) == {
        "gone": Outcomes(1, emails=1),
        "late": Outcomes(
            sent=4,
            emails=3,
            texts=1,
            segments=2,
            delivered=1,
            undelivered=1,
            in_doubt=1,
            bounced=1,
            opted_out=2,
            replied=1,
            clicked=1,
        ),
    }
    by_week = report.counted(By.WEEK)
    assert {day: each.sent for day, each in by_week.items()} == {
        "2026-11-02": 2,
        "2026-11-09": 2,
        "2026-11-16": 1,
    }
    assert {name: each.sent for name, each in report.counted(By.LOCALE).items()} == {
        "de": 4,
        "en": 1,
    }
    assert read(store, replace(ASKED, rule="gone")).total == Outcomes(1, emails=1)


def test_one_week_alone_is_counted_too(store: Store) -> None:
    write(store, messages)
    week = between(WEEKS.since, WEEKS.starts[1], BERLIN)
    assert read(store, Asked(week)).total.sent == 2


def test_an_empty_database_has_an_empty_report(store: Store) -> None:
    report = read(store)
    assert (report.lines, report.effects, report.themes) == ((), (), ())
    assert [each.whole.count for each in report.handling] == [0, 0]


def person(connection: Connection, name: str, *states: str, **values: Any) -> None:
    add_customer(connection, name)
    for number, state in enumerate(states):
        matched = {"known_from": FIRST + number * DAY, "customer_id": name, "state": state}
        add_enrollment(connection, f"{name}-{number}", **{**matched, **values})


def wrote(connection: Connection, name: str, after: timedelta, number: int = 0) -> None:
    row = {"id": f"T-{name}-{number}", "customer_id": name, "opened_at": FIRST + after}
    connection.execute(insert(table_of(Ticket)).values(**row))


def ordered(connection: Connection, name: str, after: timedelta) -> None:
    row = {"id": f"O-{name}", "customer_id": name, "placed_at": FIRST + after}
    connection.execute(insert(table_of(Order)).values(**row))


def groups(connection: Connection) -> None:
    person(connection, "ana", "done", "cancelled")  # twice: one person, from the first time on
    person(connection, "ben", "active")
    person(connection, "cy", "cancelled")  # nothing came of it: they were meant all the same
    person(connection, "dee", "held_out", "held_out")
    person(connection, "eve", "held_out")
    person(connection, "fay", "done", "held_out")  # the share was raised in between
    person(connection, "gus", "held_out", step=1)  # had the first step before it was raised
    person(connection, "hal", "done", mode="shadow")
    person(connection, "ida", "done", known_from=WEEKS.since - DAY)
    wrote(connection, "ana", 3 * DAY)
    wrote(connection, "ana", 4 * DAY, 1)  # once or twice: a person who wrote
    wrote(connection, "ben", -HOUR)  # before
    wrote(connection, "dee", 14 * DAY)
    wrote(connection, "eve", 14 * DAY + HOUR)  # too late to have to do with it
    ordered(connection, "ben", DAY)
    ordered(connection, "eve", DAY)


def test_who_was_written_to_stands_beside_who_was_held_out(store: Store) -> None:
    write(store, groups)
    (effect,) = read(store).effects
    assert effect.treated == Arm(4, wrote=1, ordered=1)
    assert effect.held_out == Arm(2, wrote=1, ordered=1)
    assert (effect.moved, effect.waiting) == (1, 0)


def test_whose_days_are_not_over_is_only_counted(store: Store) -> None:
    write(store, groups)
    report = read(store, now=FIRST + 14 * DAY - HOUR)
    (effect,) = report.effects
    assert (effect.treated, effect.held_out) == (Arm(), Arm())
    assert (effect.waiting, effect.moved) == (6, 1)
    assert effect.wrote is None


def test_a_rule_that_held_nobody_out_is_compared_with_nobody(store: Store) -> None:
    write(store, lambda connection: person(connection, "ana", "done"))
    assert read(store).effects == ()


def test_a_holdout_finds_the_difference_that_is_there(shop: Any) -> None:
    """Apologies that halve the tickets: who is held out is told by the passes themselves."""
    shop.edit(
        "rules/shop.yaml",
        "    when:\n      - promised",
        "    holdout: 40%\n    when:\n      - promised",
    )
    shop.late_orders(120, at=FIRST)
    shop.run(FIRST)
    rule = shop.setup.ruleset.get("late")
    held = {f"ana{n}" for n in range(1, 121) if is_held_out(rule, f"ana{n}")}
    draw = random.Random(3)
    wrong = {
        name for n in range(1, 121) if draw.random() < (0.9 if (name := f"ana{n}") in held else 0.3)
    }
    write(shop.store, lambda c: [wrote(c, name, 3 * DAY) for name in sorted(wrong)])
    (effect,) = read(shop.store).effects
    assert effect.held_out == Arm(len(held), len(held & wrong), 0)
    assert effect.treated == Arm(120 - len(held), len(wrong - held), 0)
    found = effect.wrote
    assert found is not None
    assert found.is_conclusive
    assert found.low < -0.6 < found.high


def a_ticket(connection: Connection, number: int, opened: str, **values: Any) -> None:
    row = {"id": f"T-{number}", "opened_at": berlin(opened), **values}
    connection.execute(insert(table_of(Ticket)).values(**row))


def help_desk(connection: Connection) -> None:
    a_ticket(
        connection,
        1,
        "2026-11-05 10:00",  # a Thursday
        reason="delivery",
        first_replied_at=berlin("2026-11-05 12:00"),
        resolved_at=berlin("2026-11-06 10:00"),
    )
    a_ticket(
        connection,
        2,
        "2026-11-06 16:00",  # a Friday
        reason="delivery",
        first_replied_at=berlin("2026-11-09 10:00"),
    )
    a_ticket(connection, 3, "2026-10-30 10:00", first_replied_at=berlin("2026-11-02 10:00"))
    a_ticket(connection, 4, "2026-10-20 10:00", first_replied_at=berlin("2026-10-20 11:00"))
    a_ticket(connection, 5, "2026-11-10 10:00")
    # a clock that went wrong
    a_ticket(connection, 6, "2026-11-11 10:00", first_replied_at=berlin("2026-11-11 09:00"))


def test_waits_count_in_the_week_in_which_they_ended(store: Store) -> None:
    write(store, help_desk)
    replies, resolutions = read(store).handling
    assert (replies.what, resolutions.what) == tuple(Handled)
    # 2 hours, 66 hours, 72 hours
    assert (replies.whole.count, replies.whole.median) == (3, 66 * HOUR)
    assert replies.whole.most == 66 * HOUR + 0.8 * 6 * HOUR
    assert [week.count for week in replies.weeks] == [2, 1, 0]
    assert (replies.before.count, replies.before.median) == (1, HOUR)
    assert (resolutions.whole.count, resolutions.whole.median) == (1, 24 * HOUR)


def test_waits_are_counted_in_the_hours_of_a_team(store: Store) -> None:
    write(store, help_desk)
    desk = Calendar("desk", BERLIN, parse_days("mon-fri"), parse_hours("09:00-17:00"))
    replies, resolutions = read(store, replace(ASKED, calendar=desk)).handling
    # 2 hours on Thursday; 1 on Friday and 1 on Monday; 7 on Friday and 1 on Monday
    assert (replies.calendar, replies.whole.median, replies.whole.count) == ("desk", 2 * HOUR, 3)
    assert resolutions.whole.median == 8 * HOUR


def test_topics_are_counted_by_week_the_most_frequent_first(store: Store) -> None:
    write(store, help_desk)
    assert [(each.topic, each.weeks, each.before) for each in read(store).themes] == [
        ("", (0, 2, 0), 2),
        ("delivery", (2, 0, 0), 0),
    ]


def test_rare_topics_are_counted_together(store: Store) -> None:
    def many(connection: Connection) -> None:
        for number in range(12):
            a_ticket(connection, number, "2026-11-05 10:00", reason=f"topic {number % 10}")

    write(store, many)
    themes = read(store).themes
    assert [each.count for each in themes] == [2, 2, 1, 1, 1, 1, 1, 3]
    assert themes[-1].topic == "other"


@pytest.mark.parametrize("weeks", [1, 8])
def test_a_report_of_one_rule_leaves_tickets_out(store: Store, weeks: int) -> None:
    write(store, help_desk)
    asked = Asked(between(WEEKS.until - weeks * 7 * DAY, WEEKS.until, BERLIN), rule="late")
    report = read(store, asked)
    assert (report.handling, report.themes) == ((), ())
