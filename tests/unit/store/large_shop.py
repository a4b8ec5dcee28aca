"""A shop that is large enough for a planner to care, and what was written to its customers.

It is made in the database itself. In every column that may be empty, three of ten values are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import (
    Attempt,
    Enrollment,
    Handoff,
    LastSent,
    Message,
    MessageSubject,
    Receipt,
)
from outreach.store.permissions import Consent, Suppression
from outreach.store.promises import Promise
from outreach.store.subjects import Change, Customer, Incident, Order, Response, Ticket
from outreach.timing.instants import to_micros

#: the time of every pass; orders were placed in the year before it, and are promised after it too
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CUSTOMERS, ORDERS, TICKETS = 10_000, 20_000, 10_000
ENROLLMENTS = 20_000
INCIDENTS = 3_000
DAY = 86_400_000_000
BEGAN = to_micros(NOW - timedelta(days=365))
#: rules that have written; two of five times it was the first
RULES = ["delayed-order-apology", "delayed-order-apology", "eta-changed", "every-key", "other"]
PRIME = 2_147_483_647

ORDER_TIMES = {  # at most so many days after it was placed
    "status_changed_at": 9,
    "carrier_status_changed_at": 9,
    "shipped_at": 4,
    "promised_at": 20,
    "estimated_at": 20,
    "delivered_at": 9,
    "cancelled_at": 9,
    "refunded_at": 9,
    "return_requested_at": 30,
    "updated_at": 9,
}
TICKET_TIMES = {  # and after it was opened
    "status_changed_at": 9,
    "priority_changed_at": 3,
    "first_replied_at": 2,
    "last_reply_at": 9,
    "due_at": 9,
    "next_update_at": 9,
    "resolved_at": 9,
    "closed_at": 20,
}


def fill(store: Store) -> None:
    """Make the shop, and what was written to its customers."""
    _insert(store, Customer, CUSTOMERS, _customer())
    _insert(store, Incident, INCIDENTS, _incident())
    _insert(store, Order, ORDERS, _order())
    _insert(store, Ticket, TICKETS, _ticket())
    _insert(store, LastSent, ORDERS, _last_sent())
    _insert(store, Enrollment, ENROLLMENTS, _enrollment())
    _insert(store, Message, ENROLLMENTS, _message())
    _insert(store, MessageSubject, ENROLLMENTS, _message_subject())
    _insert(store, Attempt, ENROLLMENTS, _attempt())
    _insert(store, Receipt, ENROLLMENTS, _receipt())
    _insert(store, Response, TICKETS, _response())
    _insert(store, Handoff, TICKETS, _handoff())
    _insert(store, Consent, CUSTOMERS, _consent())
    _insert(store, Suppression, CUSTOMERS, _suppression())
    _insert(store, Change, ORDERS, _change())
    _insert(store, Promise, ENROLLMENTS, _promise())


def analyse(store: Store) -> None:
    """Let the planner see what the tables hold, as PostgreSQL does by itself."""
    with store.engine.connect() as connection:
        own = connection.execution_options(isolation_level="AUTOCOMMIT")
        own.execute(text("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE"))


def _customer() -> dict[str, str]:
    times = ("created_at", "first_order_at", "last_order_at", "last_contact_at")
    return {
        "id": "'C-' || n",
        "email": _maybe("'name' || n || '@example.com'", 1),
        "tier": _maybe(_one_of(["basic", "silver", "gold"], 2), 3),
        "country": _maybe(_one_of(["DE", "AT", "CH", "FR"], 4), 5),
        "open_tickets": _drawn(6, 2),
        **{name: _maybe(_later(BEGAN, 365, 10 + i), 20 + i) for i, name in enumerate(times)},
    }


def _order() -> dict[str, str]:
    statuses = ["placed", "paid", "packed", "shipped", "out_for_delivery", "delivered"]
    placed = _later(BEGAN, 365, 1)
    return {
        "id": "'O-' || n",
        "customer_id": _maybe(f"'C-' || (1 + {_drawn(2, CUSTOMERS)})", 3),
        "status": _maybe(_one_of(statuses, 4), 5),
        "carrier_status": _maybe(_one_of(["in_transit", "delivered", "exception"], 6), 7),
        "placed_at": _maybe(placed, 8),
        "total": _maybe(f"10000 * {_drawn(9, 200)}", 10),
        "total_currency": _maybe("'EUR'", 10),
        "item_summary": _maybe("'Desk lamp and more'", 11),
        "open_incident_id": f"CASE WHEN n % 10 = 0 THEN 'INC-' || (n % {INCIDENTS} + 1) END",
        **_times(ORDER_TIMES, placed),
    }


def _incident() -> dict[str, str]:
    opened = _later(BEGAN, 365, 1)
    return {
        "id": "'INC-' || n",
        "title": "'Something ' || n",
        "status": _one_of(["confirmed", "resolved", "resolved", "resolved"], 2),
        "opened_at": opened,
        "resolved_at": _maybe(_later(opened, 3, 3), 4),
    }


def _ticket() -> dict[str, str]:
    opened = _later(BEGAN, 365, 1)
    return {
        "id": "'T-' || n",
        "customer_id": _maybe(f"'C-' || (1 + {_drawn(2, CUSTOMERS)})", 3),
        "order_id": _maybe(f"'O-' || (1 + {_drawn(4, ORDERS)})", 5),
        "status": _maybe(_one_of(["new", "open", "waiting_on_us", "resolved", "closed"], 6), 7),
        "priority": _maybe(_one_of(["low", "normal", "high", "urgent"], 8), 9),
        "reason": _maybe(_one_of(["delivery", "spam"], 10), 11),
        "opened_at": _maybe(opened, 12),
        "last_reply_by": _maybe(_one_of(["agent", "customer"], 13), 14),
        **_times(TICKET_TIMES, opened),
    }


def _last_sent() -> dict[str, str]:
    return {
        "rule": _one_of(RULES, 1),
        "kind": _one_of(["order", "customer"], 2),
        "subject_id": f"CASE {_drawn(2, 2)} WHEN 0 THEN 'O-' ELSE 'C-' END || n",
        "sent_at": _later(BEGAN, 365, 3),
    }


def _enrollment() -> dict[str, str]:
    """One of twenty is active, and planning looks at two thirds of these within ten days."""
    is_active = "n % 20 = 0"
    lately = to_micros(NOW) - 10 * DAY
    matched = f"CASE WHEN {is_active} THEN {_later(lately, 10, 1)} ELSE {_later(BEGAN, 365, 1)} END"
    planned = _maybe(_later(to_micros(NOW) - DAY, 10, 4), 5)
    ended = _one_of(["done", "cancelled"], 6)
    return {
        "rule": _one_of(RULES, 2),
        "key": "'order:O-' || n",
        "kind": "'order'",
        "subject_id": "'O-' || n",
        "customer_id": f"'C-' || (1 + {_drawn(3, CUSTOMERS)})",
        "matched_at": matched,
        "known_from": matched,
        "base_at": matched,
        "enrolled_at": matched,
        "plan_at": f"CASE WHEN {is_active} THEN {planned} END",
        "state": f"CASE WHEN {is_active} THEN 'active' ELSE {ended} END",
        "reason": "'matched'",
        "mode": "'live'",
        "step": "0",
        "repetition": "1",
    }


def _message() -> dict[str, str]:
    """Of a hundred messages two are planned and three held; the rest is history."""
    state = (
        "CASE WHEN n % 100 < 2 THEN 'planned' WHEN n % 100 < 5 THEN 'held' "
        "WHEN n % 1000 = 5 AND n <= 10000 THEN 'sending' "
        "WHEN n % 100 < 20 THEN 'cancelled' ELSE 'sent' END"
    )
    due = (
        f"CASE WHEN n % 100 < 5 THEN {_later(to_micros(NOW) - DAY, 6, 1)} "
        f"ELSE {_later(BEGAN, 365, 1)} END"
    )
    same = ("matched_at", "planned_for", "due_at", "planned_at")
    return {
        "id": "'m' || n",
        "rule": _one_of(RULES, 2),
        "step": "'apology'",
        "customer_id": f"'C-' || (1 + n % {CUSTOMERS})",
        "channel": "'email'",
        "purpose": "'service'",
        "template": "'note'",
        "survey": "CASE WHEN n % 3 = 0 THEN 'csat' END",
        "locale": "''",
        "mode": "'live'",
        "state": state,
        "reason": "'matched'",
        "expires_at": f"{due} + {2 * DAY}",
        "approved": "false",
        "sent_at": f"CASE WHEN n % 100 >= 20 THEN {due} END",
        "lease_until": f"CASE WHEN n % 1000 = 5 AND n <= 10000 THEN {due} END",
        **dict.fromkeys(same, due),
        **dict.fromkeys(("channel_number", "tries", "segments"), "0"),
        "repetition": "1",
    }


def _message_subject() -> dict[str, str]:
    return {
        "message_id": "'m' || n",
        "position": "0",
        "enrollment_id": "n",
        "kind": "'order'",
        "subject_id": "'O-' || n",
    }


def _attempt() -> dict[str, str]:
    empty = ("address", "fingerprint", "code", "error")
    return {
        "message_id": "'m' || n",
        "number": "1",
        "channel": "'email'",
        "provider": "'outbox'",
        "started_at": _later(BEGAN, 365, 1),
        "outcome": "CASE WHEN n % 100 > 0 THEN 'accepted' END",
        **dict.fromkeys(empty, "''"),
    }


def _receipt() -> dict[str, str]:
    return {
        "message_id": "'m' || n",
        "event": _one_of(["delivered", "clicked", "bounced"], 1),
        "at": _later(BEGAN, 365, 2),
        "provider": "'outbox'",
        "provider_event_id": "'e' || n",
    }


def _promise() -> dict[str, str]:
    """One of twenty is open, and its day is not over; one of two hundred is new."""
    until = f"CASE WHEN n % 20 = 0 THEN {_later(to_micros(NOW) - DAY, 10, 1)} ELSE {BEGAN} END"
    return {
        "kind": "'order'",
        "subject_id": "'O-' || n",
        "what": "'delivery'",
        "promised_at": until,
        "until": until,
        "message_id": "'m' || n",
        "made_at": _later(BEGAN, 365, 2),
        "state": "CASE WHEN n % 200 = 1 THEN 'stated' WHEN n % 20 = 0 THEN 'open' ELSE 'kept' END",
    }


def _handoff() -> dict[str, str]:
    empty = ("note", "case_url", "said", "who", "outcome")
    return {
        "key": "'h' || n",
        "rule": _one_of(RULES, 2),
        "enrollment_id": "n",
        "step": "'call'",
        "kind": "'order'",
        "subject_id": "'O-' || n",
        "team": "'leads'",
        "title": "'Call'",
        "mode": "'live'",
        "state": "CASE WHEN n % 100 = 0 THEN 'open' ELSE 'done' END",
        "reason": "'matched'",
        "opened_at": _later(BEGAN, 365, 1),
        **dict.fromkeys(empty, "''"),
    }


def _response() -> dict[str, str]:
    return {
        "id": "'R-' || n",
        "survey": _one_of(["csat", "nps"], 1),
        "score": f"1 + {_drawn(2, 5)}",
        "received_at": _later(BEGAN, 365, 3),
        "survey_message": _maybe("'m' || n", 4),
        "counts": "n % 10 > 0",
        "suspected": "false",
    }


def _consent() -> dict[str, str]:
    """One of five hundred answers a message."""
    return {
        "customer_id": "'C-' || n",
        "purpose": "'marketing'",
        "granted": "n % 500 > 0",
        "message_id": "CASE WHEN n % 500 = 0 THEN 'm' || n END",
        "at": _later(BEGAN, 365, 1),
        "source": "'shop'",
        "note": "''",
        "text": "''",
    }


def _suppression() -> dict[str, str]:
    return {
        "channel": "'email'",
        "address": "'name' || n || '@example.com'",
        "reason": "'bounced'",
        "source": "'provider'",
        "since": _later(BEGAN, 365, 1),
        "lifted_at": _maybe(_later(BEGAN, 365, 2), 3),
        "note": "''",
    }


def _change() -> dict[str, str]:
    at = _later(BEGAN, 365, 1)
    return {
        "kind": "'order'",
        "subject_id": "'O-' || n",
        "field": "'status'",
        "at": at,
        "recorded_at": at,
        "source": "'shop'",
        "history": "false",
        "place": "''",
    }


def _insert(store: Store, model: type, count: int, values: dict[str, str]) -> None:
    if store.is_sqlite:
        numbers = (
            "(WITH RECURSIVE counting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting "
            f"WHERE n < {count}) SELECT n FROM counting)"
        )
    else:
        numbers = f"generate_series(CAST(1 AS bigint), {count}) AS counting(n)"
    columns, chosen = ", ".join(values), ", ".join(values.values())
    with store.write() as connection:
        connection.execute(
            text(f"INSERT INTO {table_of(model).name} ({columns}) SELECT {chosen} FROM {numbers}")
        )


def _times(longest: dict[str, int], began: str) -> dict[str, str]:
    return {
        name: _maybe(_later(began, days, 30 + salt), 60 + salt)
        for salt, (name, days) in enumerate(longest.items())
    }


def _later(began: int | str, days: int, salt: int) -> str:
    return f"({began} + {_drawn(salt, days * 86_400)} * 1000000)"


def _maybe(value: str, salt: int) -> str:
    return f"CASE WHEN {_drawn(salt + 100, 10)} >= 3 THEN {value} END"


def _one_of(choices: list[str], salt: int) -> str:
    cases = " ".join(f"WHEN {place} THEN '{choice}'" for place, choice in enumerate(choices))
    return f"CASE {_drawn(salt, len(choices))} {cases} END"


def _drawn(salt: int, below: int) -> str:
    """Return a number from 0 on, as if drawn by lot, always the same for a row and a salt."""
    factor = 48_271 + 2 * salt
    return f"(n * {factor} % {PRIME} * (n + {salt * 7_919}) % {PRIME} % {below})"
