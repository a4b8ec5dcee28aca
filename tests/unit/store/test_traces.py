"""Traces: what led to a message, and what came back, in its order and no more than that."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, insert

from outreach.model import Kind, SubjectRef
from outreach.passes.answering import PROVIDER
from outreach.passes.intake import import_rows
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, MessageSubject, Receipt, Reply
from outreach.store.traces import read_trace
from tests.unit.ledger import NOON

HOUR = timedelta(hours=1)
ORDER = SubjectRef(Kind.ORDER, "A-1")


def take(store: Store, kind: Kind, own_id: str, hours: int, source: str, **values: object) -> None:
    at = NOON + hours * HOUR
    record = Record(kind, own_id, values, updated_at=at, at=at)
    import_rows(store, [record], now=at + HOUR / 2, source=source)


def sent_about_it(connection: Connection) -> None:
    """Write down that the order was enrolled at two o'clock, and a message about it."""
    at = NOON + 2 * HOUR
    times = {"matched_at": NOON, "known_from": NOON, "base_at": NOON, "enrolled_at": at}
    who = {"kind": "order", "subject_id": "A-1", "customer_id": "ana"}
    how = {"rule": "late", "key": "A-1", "state": "active", "reason": "matched", "mode": "live"}
    row = {"id": 7, **how, **who, **times, "step": 0, "repetition": 1}
    connection.execute(insert(table_of(Enrollment)).values(row))
    part = {"message_id": "m", "position": 0, "enrollment_id": 7}
    about = {"kind": "order", "subject_id": "A-1"}
    connection.execute(insert(table_of(MessageSubject)).values(part | about))


def test_a_message_is_traced_to_its_rows_and_to_what_came_back(store: Store) -> None:
    take(store, Kind.ORDER, "A-1", 0, "orders.csv", status="placed", carrier="DHL")
    take(store, Kind.ORDER, "A-2", 0, "others.csv", status="placed")
    take(store, Kind.ORDER, "A-1", 1, "shop", status="shipped", carrier="UPS")
    take(store, Kind.ORDER, "A-1", 5, "later.csv", status="delivered")  # it was written before that
    asked = {"survey": "csat", "score": 4, "survey_message": "m", "received_at": NOON + 5 * HOUR}
    take(store, Kind.RESPONSE, "R-1", 5, PROVIDER, **asked)
    with store.write() as connection:
        sent_about_it(connection)
        told = {"message_id": "m", "event": "delivered", "at": NOON + 3 * HOUR, "provider": "sg"}
        connection.execute(insert(table_of(Receipt)).values(**told, provider_event_id="e"))
        wrote = {"channel": "email", "provider": "sg", "provider_id": "r", "address": "a@b.example"}
        wrote |= {"written_to": "", "text": "Thanks", "meaning": "other", "state": "unread"}
        at = {"message_id": "m", "received_at": NOON + 4 * HOUR}
        connection.execute(insert(table_of(Reply)).values(wrote | at))
    with store.read() as connection:
        trace = read_trace(connection, "m")
        nothing = read_trace(connection, "another")
    first, news = trace.arrived
    assert (first.subject, first.source, first.at, first.fields) == (ORDER, "orders.csv", NOON, ())
    assert (news.source, news.recorded_at) == ("shop", NOON + HOUR * 1.5)
    assert {"status", "carrier"} <= set(news.fields)
    assert [row.rule for row in trace.enrollments] == ["late"]
    assert [row.event for row in trace.receipts] == ["delivered"]
    assert [row.meaning for row in trace.replies] == ["other"]
    assert [row.score for row in trace.answers] == [4]
    assert nothing.arrived == ()
