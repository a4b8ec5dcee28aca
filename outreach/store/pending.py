"""Pending: which of the passes that mostly find nothing have something to look at, in one question.

Each of them alone would begin a transaction to find out that there is nothing to do.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Select,
    bindparam,
    exists,
    func,
    literal,
    select,
    type_coerce,
)

from outreach.model import IS_WITH_PEOPLE, MessageState, PromiseState
from outreach.store.cursors import HARM, LINKS, PROMISES
from outreach.store.frames import Thresholds, table_of
from outreach.store.leases import is_held
from outreach.store.ledger import Handoff, Message, Receipt
from outreach.store.operations import Cursor, SuspendedRule
from outreach.store.permissions import Consent, Pause
from outreach.store.prepared import Prepared, prepare
from outreach.store.promises import Promise
from outreach.store.subjects import Change, Customer
from outreach.timing.instants import to_micros


class Pending(NamedTuple):
    """Whether there is something to look at, by what it is; where in doubt, there is."""

    #: subjects changed that promises, or incidents, have not seen
    promises: bool = True
    links: bool = True
    #: customers whose cases are with people, or who say so
    cases: bool = True
    #: held messages that are no longer worth sending
    held: bool = True
    #: rules that an edit made live no longer
    suspended: bool = True
    #: messages that did not arrive, and nobody has looked what follows
    undelivered: bool = True
    #: messages of which nobody knows whether they went out
    doubts: bool = True
    #: receipts and words of customers that may speak against a rule
    harm: bool = True
    #: channels that were stopped, and are asked again some day
    stops: bool = True


#: what is pending when nobody has looked
ANYTHING = Pending()
_QUESTIONS: dict[str, Prepared] = {}


def read_pending(connection: Connection, now: datetime) -> Pending:
    """Return what there is to look at now."""
    asked = _asked(connection.dialect)
    newest, promises, links, harm, receipt, consent, due, *others = asked.run(
        connection, {"now": to_micros(now)}
    ).fetchone()
    cases, held, suspended, undelivered, doubts, stops = map(bool, others)
    return Pending(
        promises=bool(due) or promises != str(newest or 0),
        links=links != str(newest or 0),
        cases=cases,
        held=held,
        suspended=suspended,
        undelivered=undelivered,
        doubts=doubts,
        # what is settled of a message in doubt may be told of its rule
        harm=doubts or (harm or "0 0") != f"{receipt or 0} {consent or 0}",
        stops=stops,
    )


def _asked(dialect: Dialect) -> Prepared:
    """Return the question, which is the same for all databases of a kind."""
    if dialect.name not in _QUESTIONS:
        labelled = (column.label(f"at_{number}") for number, column in enumerate(_columns()))
        _QUESTIONS[dialect.name] = prepare(select(*labelled), dialect, Thresholds())
    return _QUESTIONS[dialect.name]


def _columns() -> list[Any]:
    return [
        select(func.max(table_of(Change).c.id)).scalar_subquery(),
        *(_cursor(name).scalar_subquery() for name in (PROMISES, LINKS, HARM)),
        select(func.max(table_of(Receipt).c.id)).scalar_subquery(),
        select(func.max(table_of(Consent).c.id)).scalar_subquery(),
        _due_promises(),
        *_others(),
    ]


def _cursor(name: str) -> Select[Any]:
    cursor = table_of(Cursor).c
    return select(cursor.value).where(cursor.name == name)


def _due_promises() -> Any:
    """Ask whether a promise was stated, or may have come to its end, or not have been heard."""
    promise, message = table_of(Promise).c, table_of(Message).c
    stated = exists(select(literal(1)).where(promise.state == PromiseState.STATED.value))
    over = exists(
        select(literal(1)).where(promise.state == PromiseState.OPEN.value, _is_over(promise.until))
    )
    unheard = exists(
        select(literal(1))
        .select_from(table_of(Message))
        .join(table_of(Promise), promise.message_id == message.id)
        .where(message.state == MessageState.UNDELIVERED.value)
        .where(promise.state != PromiseState.VOID.value)
    )
    return stated | over | unheard


def _others() -> list[Any]:
    message, case, customer = table_of(Message).c, table_of(Handoff).c, table_of(Customer).c
    suspended, pause = table_of(SuspendedRule).c, table_of(Pause).c
    with_people = [state.value for state in IS_WITH_PEOPLE]
    held = (is_held(), _is_over(message.expires_at))
    return [
        exists(select(literal(1)).where(case.state.in_(with_people), case.customer_id.is_not(None)))
        | exists(select(literal(1)).where(customer.open_handoffs > 0)),
        exists(select(literal(1)).where(*held)),
        exists(select(suspended.rule)),
        exists(select(literal(1)).where(_is_over(message.undelivered_at))),
        exists(select(literal(1)).where(message.state == MessageState.UNKNOWN.value)),
        exists(select(literal(1)).where(pause.ended_at.is_(None), pause.probe_at.is_not(None))),
    ]


def _is_over(column: Any) -> Any:
    return type_coerce(column, BigInteger) <= bindparam("now", 0, type_=BigInteger)
