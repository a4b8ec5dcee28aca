"""The status page: how an order or a ticket stands now, told to its own customer, nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert

from outreach.model import Channel, Kind
from outreach.passes.opting_out import By, Word, opt_out
from outreach.store.change_log import LoggedChange, append_changes
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.permissions import Pause
from outreach.store.promises import Promise
from outreach.store.subjects import Customer, Order, Response, Ticket
from outreach.timing.instants import to_micros
from tests.unit.ledger import DAY, HOUR, NOON, add_enrollment, add_message
from tests.unit.web.ana import TO, change, look, opened_for_ana, plain
from tests.unit.web.front import Front, add_order, sent


@pytest.fixture
def front(store: Store) -> Iterator[Front]:
    with opened_for_ana(store) as front:
        yield front


def test_it_says_how_the_order_stands(front: Front) -> None:
    page = look(front)
    said = plain(page)
    assert (page.status, page.title) == (200, "Your order A-1")
    assert "Desk lamp and 2 more" in said
    assert "It is on its way to you with DHL." in said
    assert "We promised it for Thursday, 19 November, and did not keep that. We are sorry." in said
    assert "We now expect it to reach you on Sunday, 22 November." in said
    assert 'href="https://track.example/A-1"' in page.text
    assert "14 November 2026 You ordered it. 16 November 2026 It left us." in said
    assert "Reply to our e-mail: a person reads it." in said
    assert 'href="mailto:care@nordlicht.example"' in page.text
    assert "As we know it on Friday, 20 November, 2:00 pm." in said
    assert "Ana" not in said  # whose it is, its reader knows
    assert "ana@" not in said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"status": "placed"}, "We have your order and are getting it ready."),
        ({"status": "paid"}, "We have your order and are getting it ready."),
        ({"status": "packed"}, "It is packed and about to leave us."),
        ({"carrier": None}, "It is on its way to you."),
        ({"status": "out_for_delivery"}, "DHL is on the way to your door with it."),
        ({"carrier_status": "out_for_delivery"}, "DHL is on the way to your door with it."),
        ({"carrier_status": "available_for_pickup"}, "waits for you to pick it up."),
        ({"carrier_status": "exception"}, "DHL tells us that something holds it up"),
        ({"carrier_status": "returning"}, "It is on its way back to us."),
        ({"carrier_status": "delivered"}, "It was delivered."),
        ({"status": "delivered", "delivered_at": NOON}, "It was delivered on Friday, 20 November."),
        ({"status": "cancelled", "cancelled_at": NOON}, "It was cancelled on Friday, 20 November."),
        ({"status": "refunded"}, "We sent your money back."),
        ({"status": "returned"}, "It came back to us."),
        ({"status": None}, "It is on its way to you with DHL."),
        ({"status": None, "shipped_at": None}, "We have your order"),
        ({"status": None, "refunded_at": NOON}, "We sent your money back on Friday, 20 November."),
        ({"estimated_at": None}, "There is no new date yet."),
        ({"estimated_at": NOON - 3 * HOUR - DAY}, "There is no new date yet."),
        ({"promised_at": None}, "It should reach you on Sunday, 22 November."),
        ({"promised_at": None, "estimated_at": None}, "It is on its way to you with DHL. Track"),
        ({"promised_at": NOON + DAY}, "later than Saturday, 21 November, for which we promised"),
        ({"promised_at": NOON + 3 * DAY}, "before Monday, 23 November, for which we promised it."),
        ({"promised_at": NOON + 2 * DAY}, "It should reach you on Sunday, 22 November."),
        # a promise for today still holds, however late it is
        ({"promised_at": NOON - 9 * HOUR, "estimated_at": None}, "promised it for Friday, 20"),
        ({"return_requested_at": NOON}, "20 November 2026 You asked to return it."),
    ],
)
def test_every_status_has_its_words(front: Front, values: dict[str, Any], said: str) -> None:
    change(front, Order, "A-1", **values)
    page = look(front)
    assert page.status == 200
    assert said in plain(page)


def test_what_is_over_is_no_longer_late_nor_tracked(front: Front) -> None:
    change(front, Order, "A-1", status="delivered", delivered_at=NOON)
    page = look(front)
    assert "promised" not in plain(page)
    assert "track.example" not in page.text
    assert "Is something broken, missing or not there?" in plain(page)


def test_how_dates_moved_is_told_once_a_day(front: Front) -> None:
    moves = [
        ("estimated_at", None, NOON - DAY, NOON - 5 * DAY),
        ("estimated_at", NOON - DAY, NOON - DAY + HOUR, NOON - 4 * DAY),  # the same day
        ("estimated_at", NOON - DAY, NOON + DAY, NOON - 3 * DAY),
        ("promised_at", NOON - 2 * DAY, NOON - DAY, NOON - 2 * DAY),
        ("estimated_at", NOON + DAY, NOON + 2 * DAY, NOON + 2 * DAY),  # not yet
    ]
    with front.store.write() as connection:
        changes = [
            LoggedChange(
                Kind.ORDER, "A-1", name, old and to_micros(old), to_micros(new), to_micros(at)
            )
            for name, old, new, at in moves
        ]
        append_changes(connection, changes, now=to_micros(NOON), source="x")
    said = plain(look(front))
    assert (
        "17 November 2026 The day we expect it moved from Thursday, 19 November to Saturday, 21 "
        "November. 18 November 2026 We moved the day we promised from Wednesday, 18 November to "
        "Thursday, 19 November." in said
    )
    assert said.count("moved") == 2


def promise(front: Front, state: str, date: datetime, **values: Any) -> None:
    usual = {
        "kind": "order",
        "subject_id": "A-1",
        "customer_id": "ana",
        "what": "delivery",
        "promised_at": date,
        "until": date,
        "message_id": f"{state}-{date:%d}",
        "made_at": NOON - 5 * DAY,
        "state": state,
        "settled_at": NOON - 2 * DAY if state in ("broken", "replaced") else None,
    }
    with front.store.write() as connection:
        connection.execute(insert(table_of(Promise)).values(**{**usual, **values}))


def test_what_we_wrote_and_did_not_keep_is_told(front: Front) -> None:
    promise(front, "broken", NOON - 3 * DAY)
    promise(front, "open", NOON + DAY, made_at=NOON - 2 * DAY)
    promise(front, "stated", NOON + 7 * DAY)  # nobody knows yet whether it went out
    promise(front, "open", NOON + 8 * DAY, customer_id="bo")  # told to whom it was before
    said = plain(look(front))
    assert "We wrote to you that it would be with you on Tuesday, 17 November." in said
    assert "It was not with you on Tuesday, 17 November, as we had written." in said
    assert said.count("We wrote to you") == 2
    # what we expect counts, and without it what we wrote last
    assert "We now expect it to reach you on Sunday, 22 November." in said
    change(front, Order, "A-1", estimated_at=None)
    assert "We now expect it to reach you on Saturday, 21 November." in plain(look(front))


def test_days_are_those_of_the_customers_clock(front: Front) -> None:
    change(front, Customer, "ana", zone="Pacific/Auckland")
    assert "expect it to reach you on Monday, 23 November." in plain(look(front))


def test_it_is_in_their_language_with_their_dates(front: Front) -> None:
    change(front, Customer, "ana", locale="de-AT")
    page = look(front)
    assert (page.title, page.headers["Content-Language"]) == ("Ihre Bestellung A-1", "de")
    assert "Sie sollte nun am Sonntag, 22. November bei Ihnen sein." in plain(page)


# several, and tickets


def test_a_combined_message_tells_of_all_its_orders(front: Front) -> None:
    with front.store.write() as connection:
        numbers = [add_enrollment(connection, f"A-{n}", key=f"both:{n}") for n in (1, 2)]
        add_order(connection, "A-2", status="packed", number="2002")
        sent(connection, "both", numbers[0])
        part = {"position": 1, "enrollment_id": numbers[1], "kind": "order", "subject_id": "A-2"}
        connection.execute(insert(table_of(MessageSubject)).values(message_id="both", **part))
    page = front.look("both", TO)
    assert page.title == "Your orders and requests"
    assert re.findall(r"<h2>(.*?)</h2>", page.text) == [
        "Your order A-1",
        "Your order 2002",
        "Talk to a person",
    ]
    # one that moved to somebody else is not told of
    change(front, Order, "A-2", customer_id="bo")
    page = front.look("both", TO)
    assert page.title == "Your order A-1"
    assert "2002" not in page.text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"status": "new"}, "We have your request."),
        ({"status": "open"}, "We are working on it."),
        ({"status": "waiting_on_us"}, "It is our turn: you are waiting for our answer."),
        ({"status": "waiting_on_customer"}, "it is your turn to answer."),
        ({"status": "resolved", "resolved_at": NOON}, "It was settled on Friday, 20 November."),
        ({"status": "closed", "closed_at": NOON}, "It was settled on Friday, 20 November."),
        ({"status": "open", "next_update_at": NOON + DAY}, "hear from us by Saturday, 21 November"),
        ({"status": "open", "next_update_at": NOON - DAY}, "by Thursday, 19 November. If you did"),
        ({"status": None}, "We have your request."),
    ],
)
def test_a_ticket_has_its_words(front: Front, values: dict[str, Any], said: str) -> None:
    ticket = {"id": "T-1", "customer_id": "ana", "subject": "Where is it?", "opened_at": NOON - DAY}
    with front.store.write() as connection:
        connection.execute(insert(table_of(Ticket)).values(**{**ticket, **values}))
        number = add_enrollment(connection, "T-1", kind="ticket", key="ticket:T-1")
        sent(connection, "reply", number)
    page = front.look("reply", TO)
    assert page.title == "Your request T-1"
    assert "Where is it?" in page.text
    assert said in plain(page)


@pytest.mark.parametrize(("owner", "title"), [("ana", "Your order A-1"), ("bo", "")])
def test_an_answer_to_a_survey_leads_to_what_it_was_about(
    front: Front, owner: str, title: str
) -> None:
    answer = {"id": "R-1", "customer_id": owner, "order_id": "A-1", "survey": "csat", "score": 1}
    with front.store.write() as connection:
        connection.execute(insert(table_of(Response)).values(**answer, received_at=NOON))
        sent(connection, "sorry", add_enrollment(connection, "R-1", kind="response", key="R-1"))
    page = front.look("sorry", TO)
    assert (page.status, page.title if title else "") == (200 if title else 404, title)


# what comes next


def test_it_says_when_we_mean_to_write_again(front: Front) -> None:
    with front.store.write() as connection:
        number = add_enrollment(connection, "A-1", rule="update", key="x", plan_at=NOON + 3 * DAY)
        assert "mean to write" not in plain(look(front))  # nobody knows yet what it is for
        sent(connection, "before", number)
    assert "we mean to write to you again on Monday, 23 November" in plain(look(front))
    with front.store.write() as connection:
        add_message(connection, "soon", number, due_at=NOON + DAY)
    assert "we mean to write to you again on Saturday, 21 November" in plain(look(front))
    change(front, Order, "A-1", status="delivered")
    assert "We mean to write to you once more on Saturday, 21 November." in plain(look(front))


@pytest.mark.parametrize(
    "values",
    [
        {"purpose": "survey"},
        {"purpose": "marketing"},
        {"mode": "shadow"},
        {"state": "held"},
        {"state": "cancelled"},
        {"customer_id": "bo"},
        {"due_at": NOON + 90 * DAY},
    ],
)
def test_what_may_not_come_is_not_announced(front: Front, values: dict[str, Any]) -> None:
    with front.store.write() as connection:
        number = add_enrollment(connection, "A-1", key="x")
        add_message(connection, "soon", number, **{"due_at": NOON + DAY, **values})
    assert "mean to write" not in plain(look(front))


def test_what_opting_out_or_a_pause_ends_is_not_announced(front: Front) -> None:
    with front.store.write() as connection:
        number = add_enrollment(connection, "A-1", key="x")
        add_message(connection, "soon", number, due_at=NOON + DAY)
    assert "mean to write" in plain(look(front))
    for scope, name in (("rule", "late"), ("all", "")):
        values = {"scope": scope, "name": name, "reason": "", "who": "mara", "since": NOON}
        with front.store.write() as connection:
            pause = connection.execute(insert(table_of(Pause)).values(**values))
        assert "mean to write" not in plain(look(front))
        change(front, Pause, pause.inserted_primary_key[0], ended_at=NOON)
    assert "mean to write" in plain(look(front))
    with front.store.write() as connection:
        opt_out(connection, Word(Channel.EMAIL, "ana@example.com", By.MAIL), now=NOON)
    change(front, Message, "soon", state="planned")  # it was dropped: suppose it was not
    assert "mean to write" not in plain(look(front))
