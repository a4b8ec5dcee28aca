"""Opting out: what a stop ends, what it leaves alone, and what a START may bring back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.model import NON_ESSENTIAL, Channel, Purpose
from outreach.passes.claim import claim
from outreach.passes.opting_out import By, OptedOut, Word, opt_in, opt_out
from outreach.store.consents import write_words
from outreach.store.database import Store
from outreach.store.ledger import Enrollment, Message
from outreach.store.ledger import MessageState as StateRow
from outreach.store.permissions import Consent, Suppression
from outreach.store.suppressing import suppress
from tests.unit.ledger import DAY, HOUR, NOON, add_customer, add_enrollment, add_message
from tests.unit.passes.test_receipts import rows

EMAIL, SMS = Channel.EMAIL, Channel.SMS
NUMBER = "+4915550111"
STOP = Word(SMS, NUMBER, By.TEXT, text="STOP")
START = Word(SMS, NUMBER, By.TEXT, text="START")
NO_SURVEYS = Word(EMAIL, "ana@example.com", By.PAGE, frozenset({Purpose.SURVEY}), "No surveys")


def say(store: Store, word: Word, at: Any = NOON, **more: Any) -> OptedOut:
    with store.write() as connection:
        return opt_out(connection, word, now=at, **more)


def say_start(store: Store, word: Word = START, at: Any = NOON + HOUR) -> list[str]:
    with store.write() as connection:
        return sorted(opt_in(connection, word, now=at))


def waiting(store: Store, *messages: dict[str, Any], **person: Any) -> None:
    """Write Ana and messages to her, each of an enrollment of its own."""
    with store.write() as connection:
        add_customer(connection, phone=NUMBER, **person)
        for number, values in enumerate(messages, start=1):
            enrollment = add_enrollment(connection, f"A-{number}")
            add_message(connection, f"m{number}", enrollment, **values)


def states(store: Store) -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in rows(store, Message)]


def in_force(store: Store) -> list[tuple[str, str | None]]:
    entries = [row for row in rows(store, Suppression) if row.lifted_at is None]
    return sorted(((row.address, row.purpose) for row in entries), key=str)


def words(store: Store) -> list[tuple[str, bool]]:
    return sorted((row.purpose, row.granted) for row in rows(store, Consent))


# stop


def test_a_stop_ends_all_that_waits_for_the_number_and_nothing_else(store: Store) -> None:
    waiting(
        store,
        {"channel": "sms"},
        {"channel": "sms", "state": "held", "purpose": "transactional"},
        {"channel": "email"},
        {"channel": "sms", "state": "sending"},
        {"channel": "sms", "state": "sent"},
    )
    done = say(store, STOP)
    assert (done.customers, done.dropped, done.is_new) == (frozenset({"ana"}), 2, True)
    assert states(store) == [
        ("suppressed", "opted_out"),
        ("suppressed", "opted_out"),
        ("planned", "matched"),
        ("sending", "matched"),
        ("sent", "matched"),
    ]
    ended = [row.state for row in rows(store, Enrollment)]
    assert ended == ["cancelled", "cancelled", "active", "active", "active"]
    assert [row.note for row in rows(store, StateRow)] == ["they said stop by text message"] * 2
    assert in_force(store) == [(NUMBER, None)]


def test_every_word_is_kept_with_its_wording(store: Store) -> None:
    waiting(store)
    say(store, replace(NO_SURVEYS, message_id="m7"))
    (row,) = rows(store, Consent)
    assert (row.customer_id, row.purpose, row.channel) == ("ana", "survey", "email")
    assert (row.granted, row.at, row.source) == (False, NOON, "page")
    assert (row.text, row.message_id) == ("No surveys", "m7")
    assert in_force(store) == [("ana@example.com", "survey")]


def test_one_purpose_leaves_the_others(store: Store) -> None:
    waiting(store, {"purpose": "survey"}, {"purpose": "service"}, {"purpose": "marketing"})
    assert say(store, NO_SURVEYS).dropped == 1
    assert [state for state, _ in states(store)] == ["suppressed", "planned", "planned"]


def test_everything_but_what_must_be_said(store: Store) -> None:
    waiting(store, *({"purpose": purpose.value} for purpose in Purpose))
    say(store, replace(NO_SURVEYS, purposes=NON_ESSENTIAL))
    left = [row.purpose for row in rows(store, Message) if row.state == "planned"]
    assert left == ["transactional"]


def test_said_twice_is_said_once(store: Store) -> None:
    waiting(store)
    assert say(store, STOP).is_new
    assert say(store, STOP, NOON + HOUR) == OptedOut(frozenset({"ana"}), 0, is_new=False)
    assert len(rows(store, Consent)) == len(Purpose)
    assert len(rows(store, Suppression)) == 1


def test_who_is_not_known_is_not_written_to_either(store: Store) -> None:
    assert say(store, STOP) == OptedOut(frozenset(), 0, is_new=True)
    assert in_force(store) == [(NUMBER, None)]


def test_all_who_share_an_address_are_spared(store: Store) -> None:
    waiting(store, {}, email="Ana@example.com")
    with store.write() as connection:
        add_customer(connection, "bo", email="ana@example.com")
        add_message(connection, "m2", add_enrollment(connection, "B-1"), customer_id="bo")
    done = say(store, replace(NO_SURVEYS, purposes=NON_ESSENTIAL))
    assert (done.customers, done.dropped) == (frozenset({"ana", "bo"}), 2)


def test_a_link_in_a_mail_to_an_old_address_counts_for_the_customer(store: Store) -> None:
    waiting(store, {"purpose": "survey"}, email="new@example.com")
    assert say(store, replace(NO_SURVEYS, customer="ana")).dropped == 1
    assert in_force(store) == [("ana@example.com", "survey")]
    assert words(store) == [("survey", False)]


def test_nothing_is_planned_or_sent_after_it(shop: Any) -> None:
    shop.late_orders(2).plan()
    say(shop.store, Word(EMAIL, "ANA1@example.com", By.MAIL), ruleset=shop.setup.ruleset)
    shop.order("A-9", "ana1", promised_at=NOON - 3 * DAY).run().run(NOON + DAY)
    assert shop.outbox == ["ana2@example.com"]


# start


def test_start_takes_back_what_stop_did(store: Store) -> None:
    waiting(store)
    say(store, STOP)
    assert say_start(store) == ["marketing", "service", "survey", "transactional"][1:]
    assert in_force(store) == []
    latest = {row.purpose: row.granted for row in rows(store, Consent)}
    assert latest == {"transactional": True, "service": True, "survey": True, "marketing": False}


def test_start_brings_no_consent_that_was_refused_before(store: Store) -> None:
    waiting(store)
    for purpose in (Purpose.SURVEY, Purpose.MARKETING):
        say(store, replace(NO_SURVEYS, channel=SMS, address=NUMBER, purposes=frozenset({purpose})))
    say(store, STOP, NOON + HOUR)
    assert "survey" not in say_start(store, at=NOON + 2 * HOUR)
    assert in_force(store) == [(NUMBER, "marketing"), (NUMBER, "survey")]


@pytest.mark.parametrize("reason", ["bounced", "complained", "bad_address", "by_hand", "imported"])
def test_start_lifts_nothing_that_was_no_stop(store: Store, reason: str) -> None:
    waiting(store)
    with store.write() as connection:
        suppress(connection, SMS, NUMBER, reason=reason, source="x", now=NOON)
    assert say_start(store) == []
    assert in_force(store) == [(NUMBER, None)]


@pytest.mark.parametrize("source", ["receipt opted_out, message m1", "provider, message m1"])
def test_start_lifts_a_stop_that_only_the_provider_had_heard(store: Store, source: str) -> None:
    waiting(store)
    with store.write() as connection:
        suppress(connection, SMS, NUMBER, reason="opted_out", source=source, now=NOON)
    say_start(store)
    assert in_force(store) == []
    assert words(store) == []


def test_what_is_chosen_on_a_page_counts(store: Store) -> None:
    waiting(store)
    say(store, replace(NO_SURVEYS, purposes=NON_ESSENTIAL))
    chosen = replace(NO_SURVEYS, purposes=frozenset({Purpose.SURVEY, Purpose.MARKETING}))
    assert say_start(store, chosen) == ["marketing", "survey"]
    assert say_start(store, chosen, NOON + 2 * HOUR) == []
    assert in_force(store) == [("ana@example.com", "service")]


def test_a_page_does_not_undo_a_stop_by_text(store: Store) -> None:
    waiting(store)
    say(store, STOP)
    say_start(store, Word(SMS, NUMBER, By.PAGE, frozenset(Purpose)))
    assert in_force(store) == [(NUMBER, None)]


def test_a_word_of_the_shop_is_not_a_stop(store: Store) -> None:
    waiting(store)
    with store.write() as connection:
        usual = {"customer_id": "ana", "channel": None, "at": NOON, "text": "", "note": ""}
        refusal = {"purpose": "service", "granted": False, "source": "shop", "message_id": None}
        write_words(connection, [{**usual, **refusal}])
    assert say_start(store) == []


# at the very moment


class Slow:
    """A provider that is being called until a test lets go."""

    name = "slow"

    def __init__(self) -> None:
        self.called, self.go_on = Event(), Event()
        self.taken: list[str] = []

    def send(self, outgoing: Outgoing, *, now: Any) -> Receipted:
        self.taken.append(outgoing.message_id)
        self.called.set()
        assert self.go_on.wait(30)
        return Receipted(f"id-{outgoing.message_id}")

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        pass


def two_for_ana(shop: Any) -> None:
    shop.customer("ana")
    for number in ("A-1", "A-2"):
        shop.order(number, "ana", promised_at=NOON - 2 * DAY)
    shop.plan()


def history(shop: Any) -> list[list[str]]:
    found: dict[str, list[str]] = {row.id: [] for row in shop.rows(Message)}
    for row in shop.rows(StateRow):
        found[row.message_id].append(row.state)
    return sorted(found.values())


A_STOP = Word(EMAIL, "ana@example.com", By.MAIL, NON_ESSENTIAL, "stop")


def test_a_stop_during_the_call_lets_that_one_go_and_drops_the_rest(shop: Any) -> None:
    two_for_ana(shop)
    slow = Slow()
    shop._setup = replace(shop.setup, senders=dict.fromkeys(Channel, slow))
    with ThreadPoolExecutor() as pool:
        sending = pool.submit(shop.send)
        assert slow.called.wait(30)
        dropped = say(shop.store, A_STOP).dropped
        slow.go_on.set()
        sending.result(30)
    shop.send(NOON + HOUR)
    assert (dropped, len(slow.taken)) == (1, 1)
    assert history(shop) == [["planned", "sending", "sent"], ["planned", "suppressed"]]


def test_a_stop_while_the_claim_is_written_comes_after_it(shop: Any) -> None:
    two_for_ana(shop)
    with ThreadPoolExecutor() as pool:
        with shop.store.write() as connection:
            claimed, _ = claim(connection, shop.setup, owner="w", now=NOON, limit=10)
            stopping = pool.submit(say, shop.store, A_STOP)
            with pytest.raises(NotYet):  # it waits for the customer
                stopping.result(0.2)
        assert stopping.result(30).dropped == 1
    assert len(claimed) == 1
    assert history(shop) == [["planned", "sending"], ["planned", "suppressed"]]


def test_a_claim_while_the_stop_is_written_finds_nothing(shop: Any) -> None:
    two_for_ana(shop)
    setup = shop.setup
    with ThreadPoolExecutor() as pool:
        with shop.store.write() as connection:
            assert opt_out(connection, A_STOP, now=NOON).dropped == 2
            sending = pool.submit(shop.send)
        sending.result(30)
    assert setup is shop.setup
    assert history(shop) == [["planned", "suppressed"]] * 2
    assert shop.outbox == []


def test_many_stops_in_the_middle_of_sending(shop: Any) -> None:
    shop.late_orders(6)
    for number in range(1, 7):
        shop.order(f"B-{number}", f"ana{number}", promised_at=NOON - 2 * DAY)
    shop.plan()
    setup = shop.setup
    stops = [Word(EMAIL, f"ana{n}@example.com", By.MAIL, NON_ESSENTIAL) for n in (5, 1, 3)]
    tasks: list[Callable[[], Any]] = [shop.send, shop.send]
    tasks += [lambda word=word: say(shop.store, word, ruleset=setup.ruleset) for word in stops]
    with ThreadPoolExecutor(len(tasks)) as pool:
        for task in [pool.submit(each) for each in tasks]:
            task.result(60)
    shop.run(NOON + timedelta(minutes=1))
    went = history(shop)
    assert all(found in (SENT, DROPPED) for found in went)
    assert len(shop.outbox) == sum(found == SENT for found in went)
    assert sum(found == SENT for found in went) >= 6  # those of whom nobody said stop


SENT, DROPPED = ["planned", "sending", "sent"], ["planned", "suppressed"]
