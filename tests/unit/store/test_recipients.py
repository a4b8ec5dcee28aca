"""Reading recipients: what they said, what is suppressed, and what they had from us."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, event, insert

from outreach.deciding.caps import Contact
from outreach.deciding.circumstances import Paused
from outreach.deciding.recipients import ConsentWord, Suppressed
from outreach.model import COUNTS_AS_SENT, Channel, MessageState, Mode, Purpose
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.permissions import Consent, Pause
from outreach.store.recipients import RecipientReader, read_contacts, read_pauses, sent_by_rule
from outreach.store.suppressing import lift, suppress
from tests.unit.ledger import DAY, HOUR, NOON, add_customer, add_enrollment, add_message

BERLIN = ZoneInfo("Europe/Berlin")
READER = RecipientReader(BERLIN, ("*@example.com",))
EMAIL, SMS = Channel.EMAIL, Channel.SMS
SERVICE, MARKETING = Purpose.SERVICE, Purpose.MARKETING


def say(connection: Connection, name: str, granted: bool, at: datetime, **more: Any) -> None:
    usual = {"customer_id": name, "purpose": "service", "source": "test", "note": ""}
    connection.execute(
        insert(table_of(Consent)).values(granted=granted, at=at, **{**usual, **more})
    )


def test_a_recipient_is_read_with_all_they_said_in_the_order_it_was_written(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection, "ana", zone="Europe/Vienna")
        add_customer(connection, "ben", erased_at=NOON)
        say(connection, "ana", False, NOON)
        say(connection, "ana", True, NOON, channel="sms")
        say(connection, "ben", True, NOON - DAY, purpose="marketing")
        people = READER.read(connection, ["ana", "ben", "nobody", None], NOON)
    assert set(people) == {"ana", "ben"}
    ana, ben = people["ana"], people["ben"]
    assert ana.consents == [
        ConsentWord(SERVICE, None, False, NOON),
        ConsentWord(SERVICE, SMS, True, NOON),
    ]
    assert ben.consents == [ConsentWord(MARKETING, None, True, NOON - DAY)]
    assert (ana.is_erased, ben.is_erased) == (False, True)
    assert ana.zones.zones == (ZoneInfo("Europe/Vienna"),)
    assert ana.send_only_to == ("*@example.com",)


def test_what_is_suppressed_is_found_however_it_is_written(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection, "ana", email="Ana@Example.COM", phone="+49 151 12345678")
        add_customer(connection, "ben", email="ben@rival.example", phone=None)
        add_customer(connection, "cem", email=None, phone=None)
        for channel, address, more in (
            (EMAIL, "ana@example.com", {"purpose": MARKETING}),
            (SMS, "+4915112345678", {"until": NOON + DAY}),
            (EMAIL, "@rival.example", {}),
            (EMAIL, "@rival.example.org", {}),  # somebody else's
            (EMAIL, "lifted@example.com", {}),
        ):
            suppress(connection, channel, address, reason="x", source="t", now=NOON, **more)
        add_customer(connection, "lifted")
        lift(connection, EMAIL, "lifted@example.com", NOON)
        people = READER.read(connection, ["ana", "ben", "cem", "lifted"], NOON)
        later = READER.read(connection, ["ana"], NOON + DAY)
    assert sorted(people["ana"].suppressed, key=lambda entry: entry.channel) == [
        Suppressed(EMAIL, MARKETING, "x"),
        Suppressed(SMS, None, "x", NOON + DAY),
    ]
    assert later["ana"].suppressed == [Suppressed(EMAIL, MARKETING, "x")]
    assert people["ben"].suppressed == [Suppressed(EMAIL, None, "x")]
    assert (people["cem"].suppressed, people["lifted"].suppressed) == ((), ())


def test_a_thousand_recipients_are_read_with_a_few_questions(store: Store) -> None:
    with store.write() as connection:
        names = [add_customer(connection, f"c{n}", phone=f"+4915{n:08}") for n in range(1200)]
        for name in names[::100]:
            suppress(connection, EMAIL, f"{name}@example.com", reason="x", source="t", now=NOON)
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with store.read() as connection:
        people = READER.read(connection, names, NOON)
    assert (len(people), sum(bool(person.suppressed) for person in people.values())) == (1200, 12)
    assert len(asked) < 40


def test_every_state_in_which_they_may_have_heard_from_us_counts(store: Store) -> None:
    with store.write() as connection:
        for state in MessageState:
            add_customer(connection, state.value)
            at = {"customer_id": state.value}
            number = add_enrollment(connection, state.value, **at)
            add_message(connection, state.value, number, state=state.value, sent_at=NOON, **at)
        found = read_contacts(connection, {state.value for state in MessageState}, NOON - DAY)
        assert {MessageState(name) for name in found} == COUNTS_AS_SENT
        assert len(sent_by_rule(connection, "late", NOON - DAY)) == len(COUNTS_AS_SENT)


def test_a_contact_is_one_message_whatever_it_was_about(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        numbers = [add_enrollment(connection, f"A-{n}") for n in (1, 2, 3)]
        sent = {"state": "sent", "purpose": "survey"}
        add_message(connection, "one", *numbers[:2], sent_at=NOON, **sent)
        add_message(connection, "old", numbers[2], sent_at=NOON - DAY, **sent)
        add_message(connection, "shadow", numbers[2], sent_at=NOON, mode=Mode.SHADOW.value, **sent)
        add_message(connection, "never", numbers[2], state="planned")
        found = read_contacts(connection, {"ana", "ben"}, NOON - DAY)
    assert found == {"ana": [Contact("late", Purpose.SURVEY, NOON, frozenset(numbers[:2]))]}


def test_a_message_that_arrived_by_its_second_channel_is_a_contact(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        number = add_enrollment(connection)
        add_message(connection, "mail", number, state="failed")
        second = {"channel": "sms", "channel_number": 1}
        add_message(connection, "text", number, state="sent", sent_at=NOON, **second)
        [contact] = read_contacts(connection, {"ana"}, NOON - DAY)["ana"]
    assert contact.at == NOON


def test_what_a_rule_sent_is_told_oldest_first(store: Store) -> None:
    with store.write() as connection:
        for n, hours in enumerate((1, 3, 2, 30)):
            at = {"customer_id": f"c{n}", "sent_at": NOON - hours * HOUR, "state": "sent"}
            add_message(connection, f"m{n}", **at)
        add_message(connection, "other", rule="other", sent_at=NOON, state="sent")
        times = sent_by_rule(connection, "late", NOON - DAY)
    assert times == [NOON - 3 * HOUR, NOON - 2 * HOUR, NOON - HOUR]


def test_only_pauses_that_run_are_told(store: Store) -> None:
    rows = [
        {"scope": "all", "reason": "for good", "until": None, "ended_at": None},
        {"scope": "rule", "name": "late", "reason": "for a day", "until": NOON + DAY},
        {"scope": "rule", "name": "late", "reason": "over", "until": NOON},
        {"scope": "rule", "name": "late", "reason": "resumed", "until": None, "ended_at": NOON},
    ]
    with store.write() as connection:
        for row in rows:
            usual = {"name": "", "who": "anna", "since": NOON - DAY}
            connection.execute(insert(table_of(Pause)).values(**{**usual, **row}))
        pauses = read_pauses(connection, NOON)
    assert pauses == [
        Paused("all", "", "for good", None),
        Paused("rule", "late", "for a day", NOON + DAY),
    ]
