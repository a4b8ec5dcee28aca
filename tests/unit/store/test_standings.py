"""How customers stand when a survey is about to be sent, and what is counted of a survey."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from outreach.deciding.asking import Standing
from outreach.model import Kind
from outreach.store.claiming import subjects_of
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Message
from outreach.store.standings import read_standings
from outreach.store.survey_counts import answers, asked, not_asked
from tests.unit.ledger import DAY, NOON, add_customer, add_enrollment, add_message

LASTS = {"csat": timedelta(days=14), "nps": timedelta(days=21)}
SENT: dict[str, Any] = {"state": "sent", "reason": "sent", "sent_at": NOON - DAY}


def standing(connection: Connection, now: datetime = NOON) -> Standing:
    table = table_of(Message)
    rows = [row for row in connection.execute(table.select()) if row.id == "asks"]
    return read_standings(connection, rows, subjects_of(connection, ["asks"]), LASTS, now)["asks"]


def add(connection: Connection, kind: Kind, name: str, **values: Any) -> None:
    about = {"id": name, "customer_id": "ana", **values}
    connection.execute(insert(table_of(kind)).values(**about))


LATE = {"promised_at": NOON - DAY, "status": "shipped"}


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (Kind.ORDER, LATE, Standing(has_late_order=True)),
        (Kind.ORDER, {"promised_at": NOON - DAY}, Standing(has_late_order=True)),
        (Kind.ORDER, {**LATE, "status": "delivered"}, Standing()),
        (Kind.ORDER, {**LATE, "delivered_at": NOON}, Standing()),
        (Kind.ORDER, {**LATE, "promised_at": NOON + DAY}, Standing()),
        (Kind.ORDER, {**LATE, "customer_id": "ben"}, Standing()),
        (Kind.TICKET, {"status": "open"}, Standing(has_open_ticket=True)),
        (Kind.TICKET, {}, Standing(has_open_ticket=True)),
        (Kind.TICKET, {"status": "closed"}, Standing()),
    ],
)
def test_what_we_owe_a_customer(
    store: Store, kind: Kind, values: dict[str, Any], expected: Standing
) -> None:
    with store.write() as connection:
        add_customer(connection)
        add_message(connection, "asks", add_enrollment(connection), survey="csat")
        add(connection, kind, "X-1", **values)
        assert standing(connection) == expected


def test_what_they_were_asked_before(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        mine, other = add_enrollment(connection), add_enrollment(connection, "A-2")
        add_message(connection, "asks", mine, survey="csat")
        add_message(connection, "first", mine, survey="csat", **SENT)
        assert standing(connection) == Standing(times_asked=1)
        add_message(connection, "shadow", other, survey="nps", **{**SENT, "mode": "shadow"})
        add_message(connection, "no-survey", other, **SENT)
        assert standing(connection) == Standing(times_asked=1)
        add_message(connection, "other", other, survey="nps", **SENT)
        assert standing(connection) == Standing(times_asked=1, asked_elsewhere=True)
        assert standing(connection, NOON + 20 * DAY) == Standing(times_asked=1)
        given = {"survey": "nps", "survey_message": "other", "received_at": NOON, "score": 9}
        add(connection, Kind.RESPONSE, "R-1", **given, counts=True, suspected=False)
        assert standing(connection) == Standing(times_asked=1)
        given = {**given, "survey": "csat", "survey_message": "first"}
        add(connection, Kind.RESPONSE, "R-2", **given, counts=True, suspected=False)
        assert standing(connection) == Standing(times_asked=1, is_answered=True)


def test_what_came_of_a_survey_is_counted(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        one, two = add_enrollment(connection), add_enrollment(connection, "A-2")
        add_enrollment(connection, "A-3", state="held_out", reason="held_out")
        add_enrollment(connection, "A-4", state="cancelled", reason="sampled_out")
        add_message(connection, "first", one, survey="csat", **SENT)
        add_message(connection, "reminder", one, survey="csat", **SENT)
        for number, reason in enumerate(["late_order", "late_order", "opted_out", "shadow"]):
            ended = {"state": "cancelled", "reason": reason, "survey": "csat"}
            add_message(connection, f"m{number}", two, **ended)
        kept = {"survey": "csat", "received_at": NOON, "score": 5}
        add(connection, Kind.RESPONSE, "R-1", **kept, counts=True, suspected=False)
        add(connection, Kind.RESPONSE, "R-2", **kept, counts=False, suspected=True)
        span = ("csat", NOON - 2 * DAY, NOON + DAY)
        assert asked(connection, *span) == 1
        found = not_asked(connection, *span)
        assert found == {"late_order": 2, "opted_out": 1, "held_out": 1, "sampled_out": 1}
        assert [row.id for row in answers(connection, *span)] == ["R-1", "R-2"]
        assert not_asked(connection, "nps", NOON - DAY, NOON + DAY) == {}
