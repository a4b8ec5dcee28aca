"""Angry and urgent replies become cases for a team, once, and nothing is answered by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from outreach.channels.inbound import Inbound
from outreach.model import Channel
from outreach.passes.escalating import Escalation
from outreach.passes.hearing import House, hear
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.handoffs import WantedHandoffs, list_handoffs
from outreach.store.notices import notices_of
from outreach.store.subjects import Customer
from outreach.store.types import Record

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ANA = "ana@example.com"
DESK = House("Nordlicht", escalation=Escalation("care-team", ("email",)))
ANGRY = "You thieves, where is my refund? My lawyer will call you."


def said(store: Store, words: str, *, of: str = ANA, house: House = DESK) -> list[Record]:
    """Let somebody write, and the same mail be told twice; return the cases there are."""
    with store.write() as connection:
        person = {"id": "C-1", "email": ANA, "open_tickets": 0}
        connection.execute(insert(table_of(Customer)).values(**person))
    mail = Inbound("mailbox", "1", Channel.EMAIL, of, "care@x.example", words, NOW)
    for _ in range(2):
        hear(store, mail, house, now=NOW)
    with store.read() as connection:
        return list(list_handoffs(connection, WantedHandoffs()))


def test_an_angry_reply_becomes_one_case(store: Store) -> None:
    (case,) = said(store, ANGRY)
    assert (case.team, case.state, case.kind, case.subject_id) == (
        *("care-team", "open"),
        *("customer", "C-1"),
    )
    assert case.title == "Reply 1 from C-1 is urgent"
    assert "refund" in case.note
    assert "thieves" not in case.title + case.note
    with store.read() as connection:
        (notice,) = notices_of(connection, case.id)
    assert (notice.way, notice.state) == ("email", "waiting")


@pytest.mark.parametrize("words", ["Thank you, it came today.", "STOP"])
def test_what_needs_nobody_becomes_none(store: Store, words: str) -> None:
    assert said(store, words) == []


def test_nobody_is_asked_where_no_team_is_named(store: Store) -> None:
    assert said(store, ANGRY, house=House("Nordlicht")) == []


def test_a_writer_whom_nobody_knows_stays_in_the_list_of_replies(store: Store) -> None:
    assert said(store, ANGRY, of="stranger@example.com") == []
