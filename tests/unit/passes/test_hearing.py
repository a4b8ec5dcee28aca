"""Hearing: replies are kept once, a stop counts at once, what may be one is read by a person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from outreach.channels.inbound import Inbound
from outreach.deciding.feelings.reading import Feeling
from outreach.deciding.replies.meaning import Meaning
from outreach.errors import Refused
from outreach.model import Channel, Purpose, Sentiment, StopScope, Topic
from outreach.passes.hearing import Heard, House, hear, settle
from outreach.passes.reading_replies import mark_read
from outreach.store import ledger
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Message, Receipt
from outreach.store.permissions import Consent, Suppression
from outreach.store.replies import count_to_read, replies_to_read
from tests.unit.ledger import (
    DAY,
    HOUR,
    NOON,
    add_customer,
    add_enrollment,
    add_message,
    give_coupon,
)
from tests.unit.passes.test_receipts import rows

ANA = "+4915550111"
HOUSE = House("Nordlicht", "en")
PLEASE = "please stop texting me"
NOW = NOON + HOUR
CALL = {
    "message_id": "got",
    "number": 1,
    "channel": "email",
    "provider": "sendgrid",
    "address": "old@example.com",
    "fingerprint": "",
    "started_at": NOON,
    "code": "",
    "error": "",
}


def text(words: str, number: int = 1, **more: Any) -> Inbound:
    return Inbound("twilio", f"SM{number}", Channel.SMS, ANA, "+4915550100", words, NOON, **more)


def sent(store: Store, purpose: str = "service", **person: Any) -> None:
    """Write Ana, a text she got an hour ago, and one of each purpose that waits."""
    with store.write() as connection:
        add_customer(connection, phone=ANA, **person)
        number = add_enrollment(connection)
        usual: dict[str, Any] = {"channel": "sms", "state": "sent", "sent_at": NOON - HOUR}
        add_message(connection, "got", number, **usual, purpose=purpose)
        for each in Purpose:
            add_message(connection, each.value, number, channel="sms", purpose=each.value)


def waiting(store: Store) -> list[str]:
    return [row.id for row in rows(store, Message) if row.state == "planned"]


def entries(store: Store) -> list[tuple[str, str | None]]:
    found = [row for row in rows(store, Suppression) if row.lifted_at is None]
    return [(row.address, row.purpose) for row in found]


def replies(store: Store) -> list[tuple[str, str]]:
    return [(row.meaning, row.state) for row in rows(store, ledger.Reply)]


def test_a_stop_in_any_words_ends_it_and_is_confirmed_once(store: Store) -> None:
    sent(store, locale="de")
    heard = hear(store, text(PLEASE), HOUSE, now=NOON)
    assert (heard.meaning, heard.dropped) == (Meaning.STOP, 4)
    assert heard.answer.startswith("Sie erhalten keine SMS mehr von Nordlicht.")
    assert waiting(store) == []
    assert entries(store) == [(ANA, None)]
    again = hear(store, text(PLEASE), HOUSE, now=NOON)  # told twice
    assert again == Heard(Meaning.STOP, is_new=False)
    assert hear(store, text("STOP IT", 2), HOUSE, now=NOON).answer == ""  # said twice
    assert [row.confirmed for row in rows(store, ledger.Reply)] == [True, False]


def test_what_the_provider_answered_is_not_answered_again(store: Store) -> None:
    sent(store)
    heard = hear(store, text("STOP", meaning=Meaning.STOP, is_answered=True), HOUSE, now=NOON)
    assert (heard.answer, heard.dropped) == ("", 4)


def test_the_wording_is_kept_with_what_it_answers(store: Store) -> None:
    sent(store)
    hear(store, text(PLEASE), HOUSE, now=NOON)
    word = rows(store, Consent)[0]
    assert (word.text, word.message_id, word.source) == (PLEASE, "got", "text message")
    (row,) = rows(store, ledger.Reply)
    assert (row.customer_id, row.message_id, row.received_at) == ("ana", "got", NOON)
    (receipt,) = rows(store, Receipt)
    assert (receipt.message_id, receipt.event, receipt.detail) == ("got", "replied", {"reply": 1})


@pytest.mark.parametrize(
    ("words", "more", "expected"),
    [
        (PLEASE, {}, ["survey"]),
        # Twilio lets nothing through any more
        ("STOP", {"meaning": Meaning.STOP, "is_answered": True}, [None]),
    ],
)
def test_a_stop_may_be_about_one_purpose(
    store: Store, words: str, more: dict[str, Any], expected: list[str | None]
) -> None:
    sent(store, purpose="survey")
    heard = hear(store, text(words, **more), replace(HOUSE, stop_scope=StopScope.CLASS), now=NOON)
    assert [purpose for _, purpose in entries(store)] == expected
    assert ("of this kind" in heard.answer) == (expected == ["survey"])


def test_without_a_message_to_answer_it_is_about_everything(store: Store) -> None:
    house = replace(HOUSE, stop_scope=StopScope.CLASS)
    assert hear(store, text(PLEASE), house, now=NOON).answer
    assert entries(store) == [(ANA, None)]


@pytest.mark.parametrize(
    ("words", "state", "felt"),
    [
        ("Thank you!", "done", ("happy", False, "none")),
        ("It came late.", "done", ("unhappy", False, "delivery")),
        ("You are liars!", "unread", ("angry", False, "other")),
        ("Wo bleibt mein Paket? Ich brauche es heute.", "unread", ("unhappy", True, "delivery")),
        ("fuck off", "done", ("angry", False, "other")),  # a stop was answered by stopping
        ("stop texting me, I want my money back you thieves", "unread", ("angry", False, "refund")),
        ("this is spam, you bastards", "open", ("angry", False, "other")),
    ],
)
def test_what_is_angry_or_urgent_waits_for_a_person(
    store: Store, words: str, state: str, felt: tuple[str, bool, str]
) -> None:
    sent(store, locale="de")
    heard = hear(store, text(words), HOUSE, now=NOW)
    (row,) = rows(store, ledger.Reply)
    assert (row.state, (row.sentiment, row.urgent, row.topic)) == (state, felt)
    assert heard.feeling is not None
    assert heard.feeling.topic == row.topic


def test_another_reader_of_feelings_may_be_given(store: Store) -> None:
    def alarmed(text: str, locale: str | None) -> Feeling:
        return Feeling(Sentiment.ANGRY, is_urgent=locale == "de", topic=Topic.PRICE)

    sent(store, locale="de")
    hear(store, text("Hello"), HOUSE, now=NOW, feel=alarmed)
    (row,) = rows(store, ledger.Reply)
    assert (row.state, row.sentiment, row.urgent, row.topic) == ("unread", "angry", True, "price")


def test_nothing_waits_for_an_angry_reply_and_it_is_read_once(store: Store) -> None:
    sent(store)
    hear(store, text("You liars"), HOUSE, now=NOW)
    assert len(waiting(store)) == len(Purpose)
    mark_read(store, 1, who="mara", now=NOW)
    (row,) = rows(store, ledger.Reply)
    assert (row.state, row.who, row.settled_at) == ("read", "mara", NOW)
    with pytest.raises(Refused, match="waits for nobody"):
        mark_read(store, 1, who="mara", now=NOW)
    with pytest.raises(Refused, match="there is no reply"):
        mark_read(store, 9, who="mara", now=NOW)


def test_what_may_be_a_stop_is_not_settled_by_reading_it(store: Store) -> None:
    sent(store)
    hear(store, text("wrong number"), HOUSE, now=NOW)
    with pytest.raises(Refused, match="may be a stop"):
        mark_read(store, 1, who="mara", now=NOW)
    hear(store, text("You liars", 2), HOUSE, now=NOW)
    settle(store, 2, is_stop=True, who="mara", now=NOW)  # an angry one may be a stop after all
    assert replies(store)[1] == ("nothing", "stop")


def test_urgent_ones_are_listed_first_then_angry_ones(store: Store) -> None:
    sent(store)
    for number, words in enumerate(
        ["wrong number", "You liars", "Thanks", "lost, I need it today", "You thieves"]
    ):
        hear(store, text(words, number), HOUSE, now=NOW)
    with store.read() as connection:
        assert [row.id for row in replies_to_read(connection)] == [4, 2, 5, 1]
        assert count_to_read(connection) == 4


def test_start_takes_it_back(store: Store) -> None:
    sent(store)
    hear(store, text(PLEASE), HOUSE, now=NOON)
    assert hear(store, text("START", 2), HOUSE, now=NOON + HOUR).answer == ""
    assert entries(store) == []


def test_a_question_changes_nothing(store: Store) -> None:
    sent(store)
    heard = hear(store, text("where is it?"), HOUSE, now=NOON)
    assert (heard.meaning, heard.dropped, heard.answer) == (Meaning.NOTHING, 0, "")
    assert (len(waiting(store)), entries(store)) == (4, [])
    assert replies(store) == [("nothing", "done")]


def test_two_who_are_told_the_same_at_once_hear_it_once(store: Store) -> None:
    sent(store)
    with ThreadPoolExecutor(4) as pool:
        heard = [pool.submit(hear, store, text(PLEASE), HOUSE, now=NOON) for _ in range(4)]
        found = [each.result(60) for each in heard]
    assert sum(each.is_new for each in found) == 1
    assert sum(bool(each.answer) for each in found) == 1


# what may be a stop


def test_what_may_be_a_stop_lets_all_wait_but_what_must_be_said(shop: Any) -> None:
    shop.customer("ana", phone=ANA).order("A-1", "ana", promised_at=NOON - 2 * DAY)
    shop.order("A-2", "ana", status="shipped").plan()
    assert hear(shop.store, text("not interested"), HOUSE, now=NOON).dropped == 0
    shop.send()
    assert shop.messages("rule", "state", "reason") == [
        ("late", "planned", "paused"),
        ("shipped", "sent", "sent"),
    ]
    assert replies(shop.store) == [("uncertain_stop", "open")]


@pytest.mark.parametrize(
    ("is_stop", "via", "expected"),
    [(True, "sms", "suppressed"), (False, "sms", "sent"), (False, "email", "sent")],
)
def test_a_person_says_what_it_was(shop: Any, via: str, expected: str, *, is_stop: bool) -> None:
    shop.edit("rules/shop.yaml", "send: note", f"send: note\n        via: [{via}]")
    shop.customer("ana", phone=ANA).order("A-1", "ana", promised_at=NOON - 2 * DAY).plan()
    hear(shop.store, text("not interested"), HOUSE, now=NOON)
    shop.send()
    dropped = settle(shop.store, 1, is_stop=is_stop, who="anna", now=NOON + HOUR)
    assert dropped == int(is_stop)
    shop.send(NOON + HOUR + timedelta(minutes=1))
    assert shop.messages("state") == [(expected,)]
    (row,) = shop.rows(ledger.Reply)
    assert (row.state, row.who) == ("stop" if is_stop else "not_stop", "anna")
    with pytest.raises(Refused, match="waits for nobody"):
        settle(shop.store, 1, is_stop=True, who="bo", now=NOON + HOUR)


def test_a_clear_stop_settles_what_was_unclear_before(store: Store) -> None:
    sent(store)
    hear(store, text("not interested"), HOUSE, now=NOON)
    hear(store, text("I said stop it", 2), replace(HOUSE, stop_scope=StopScope.CLASS), now=NOON)
    assert replies(store)[0] == ("uncertain_stop", "open")  # it ends one purpose only
    hear(store, text(PLEASE, 3), HOUSE, now=NOON)
    assert replies(store)[0] == ("uncertain_stop", "stop")


def test_a_reply_of_nobody_can_be_settled(store: Store) -> None:
    hear(store, text("wrong number"), HOUSE, now=NOON)
    assert settle(store, 1, is_stop=True, who="anna", now=NOON) == 0
    assert entries(store) == [(ANA, None)]
    with pytest.raises(Refused, match="there is no reply 7"):
        settle(store, 7, is_stop=True, who="anna", now=NOON)


# mail


def mail(words: str, at: datetime = NOON, **more: Any) -> Inbound:
    return Inbound(
        "mailbox", "1", Channel.EMAIL, "Ana@example.com", "care@x.example", words, at, **more
    )


def test_a_stop_by_mail_leaves_what_must_be_said(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
    heard = hear(store, mail("unsubscribe"), HOUSE, now=NOON)
    assert heard.answer == ""
    assert {purpose for _, purpose in entries(store)} == {"service", "survey", "marketing"}


def test_a_yes_by_mail_is_no_start(store: Store) -> None:
    assert hear(store, mail("Yes!"), HOUSE, now=NOON).meaning is Meaning.NOTHING


def test_our_own_link_ends_one_purpose_of_who_got_the_mail(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection, email="new@example.com")  # it went to her old address
        number = add_enrollment(connection)
        for name, purpose in (("got", "survey"), ("next", "survey"), ("other", "service")):
            state = "sent" if name == "got" else "planned"
            add_message(connection, name, number, purpose=purpose, state=state, sent_at=None)
        connection.execute(insert(table_of(ledger.Attempt)).values(**CALL))
    link = {"meaning": Meaning.STOP, "purpose": Purpose.SURVEY, "answers": ("x", "got")}
    assert hear(store, mail("unsubscribe survey got", **link), HOUSE, now=NOW).dropped == 1
    assert waiting(store) == ["other"]
    assert sorted(entries(store), key=str) == [
        ("ana@example.com", "survey"),
        ("old@example.com", "survey"),
    ]
    (word,) = rows(store, Consent)
    assert (word.customer_id, word.purpose, word.message_id) == ("ana", "survey", "got")


def test_our_own_link_below_a_coupon_ends_offers_too(store: Store) -> None:
    sent(store, purpose="service")
    with store.write() as connection:
        give_coupon(connection, "got")
    link = {"meaning": Meaning.STOP, "purpose": Purpose.SERVICE, "answers": ("got",)}
    hear(store, mail("unsubscribe service got", **link), HOUSE, now=NOW)
    assert {word.purpose for word in rows(store, Consent)} == {"service", "marketing"}


def test_a_mail_names_what_it_answers_as_the_provider_does(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        number = add_enrollment(connection)
        for name in ("first", "second"):
            values = {"state": "sent", "sent_at": NOON, "provider_id": f"p-{name}"}
            add_message(connection, name, number, **values)
    hear(store, mail("where?", answers=("gone", "p-first")), HOUSE, now=NOW)
    (row,) = rows(store, ledger.Reply)
    assert (row.message_id, row.customer_id) == ("first", "ana")
