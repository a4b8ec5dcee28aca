"""Pending: one look tells what there is to look at, and nothing that passes would not find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from outreach.model import Kind
from outreach.sources.records import Record
from outreach.store.cursors import HARM, LINKS, PROMISES, write_cursor
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.intake_rows import take_rows
from outreach.store.ledger import Handoff, Receipt
from outreach.store.operations import SuspendedRule
from outreach.store.pending import ANYTHING, Pending, read_pending
from outreach.store.permissions import Consent, Pause
from outreach.store.promises import Promise
from tests.unit.ledger import HOUR, NOON, add_customer, add_message

NOTHING = Pending(*[False] * len(ANYTHING))
LATER = NOON + 2 * HOUR


def write(connection: Connection, model: type, **values: Any) -> None:
    connection.execute(insert(table_of(model)).values(**values))


def promise(connection: Connection, **values: Any) -> None:
    usual = {"kind": "order", "subject_id": "A-1", "what": "delivery", "promised_at": NOON}
    given = {**usual, "until": LATER, "message_id": "m1", "made_at": NOON, "state": "open"}
    write(connection, Promise, **{**given, **values})


def case(connection: Connection, **values: Any) -> None:
    usual = {"key": "k", "rule": "late", "enrollment_id": 1, "step": "call", "kind": "order"}
    more = {"subject_id": "A-1", "team": "leads", "title": "Call", "mode": "live", "state": "open"}
    texts = dict.fromkeys(("note", "case_url", "said", "who", "outcome"), "")
    given = {**usual, **more, **texts, "reason": "matched", "opened_at": NOON, "customer_id": "ana"}
    write(connection, Handoff, **{**given, **values})


def pause(connection: Connection, **values: Any) -> None:
    usual = {"scope": "channel", "name": "sms", "reason": "down", "who": "outreach", "since": NOON}
    write(connection, Pause, **{**usual, **values})


def receipt(connection: Connection) -> None:
    given = {"message_id": "m1", "event": "bounced", "at": NOON, "provider": "x"}
    write(connection, Receipt, **given, provider_event_id="e1")


def said_no(connection: Connection) -> None:
    given = {"customer_id": "ana", "purpose": "service", "granted": False, "at": NOON}
    write(connection, Consent, **given, source="page", note="", text="")


def changed(connection: Connection) -> None:
    take_rows(connection, [Record(Kind.ORDER, "A-1", {"status": "paid"})], now=NOON, source="x")


def only(*names: str) -> Pending:
    return NOTHING._replace(**dict.fromkeys(names, True))


WRITTEN: dict[str, tuple[Callable[[Connection], object], Pending]] = {
    "nothing": (lambda _: None, NOTHING),
    "an order that changed": (changed, only("promises", "links")),
    "a promise that holds": (promise, NOTHING),
    "a promise just stated": (lambda c: promise(c, state="stated"), only("promises")),
    "a promise whose day is over": (lambda c: promise(c, until=NOON), only("promises")),
    "a promise that was settled": (lambda c: promise(c, state="kept", until=NOON), NOTHING),
    "a promise that nobody heard": (
        lambda c: (promise(c), add_message(c, state="undelivered")),
        only("promises"),
    ),
    "a promise that nobody heard and that is void": (
        lambda c: (promise(c, state="void"), add_message(c, state="undelivered")),
        NOTHING,
    ),
    "a case with people": (case, only("cases")),
    "a case of nobody": (lambda c: case(c, customer_id=None), NOTHING),
    "a case that is done": (lambda c: case(c, state="done"), NOTHING),
    "a customer who says there is one": (
        lambda c: add_customer(c, open_handoffs=1),
        only("cases"),
    ),
    "a held message": (lambda c: add_message(c, state="held", expires_at=LATER), NOTHING),
    "a held message that comes too late": (
        lambda c: add_message(c, state="held", expires_at=NOON),
        only("held"),
    ),
    "a suspended rule": (
        lambda c: write(c, SuspendedRule, rule="x", since=NOON),
        only("suspended"),
    ),
    "a message that did not arrive": (
        lambda c: add_message(c, state="delivered", undelivered_at=NOON),
        only("undelivered"),
    ),
    "a message in doubt": (lambda c: add_message(c, state="unknown"), only("doubts", "harm")),
    "a receipt": (receipt, only("harm")),
    "a customer's word": (said_no, only("harm")),
    "a channel to probe": (lambda c: pause(c, probe_at=LATER), only("stops")),
    "a channel that goes on": (lambda c: pause(c, probe_at=NOON, ended_at=NOON), NOTHING),
    "a pause by hand": (pause, NOTHING),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_what_is_there_to_look_at(store: Store, what: str) -> None:
    write_it, expected = WRITTEN[what]
    with store.write() as connection:
        for name, value in ((PROMISES, "0"), (LINKS, "0"), (HARM, "0 0")):
            write_cursor(connection, name, value, now=NOON)
        write_it(connection)
        assert read_pending(connection, NOON + HOUR) == expected


def test_in_an_empty_database_nobody_has_looked_yet(store: Store) -> None:
    with store.read() as connection:
        assert read_pending(connection, NOON) == only("promises", "links")
