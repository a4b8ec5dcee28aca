"""What was known then: a subject's facts with all undone that was learned after an instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from outreach.errors import DataError
from outreach.model import SUBJECTS, Kind, Money, SubjectRef
from outreach.rules.catalogue import REACH, Catalogue
from outreach.rules.facts import Facts
from outreach.rules.fields import FieldType
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.subjects import Change
from outreach.store.types import AMOUNT_UNITS, Record
from outreach.timing.instants import from_micros

_LAST_SENT = "last_sent."


def facts_then(connection: Connection, catalogue: Catalogue, facts: Facts, at: datetime) -> Facts:
    """Return the facts as they were known at an instant, the same ones if nothing came since.

    Raises DataError when nobody had told us of the subject by then.
    """
    values = dict(facts.values)
    for prefix, owner in REACH[facts.subject.kind].items():
        if owner in SUBJECTS and (own_id := values.get(f"{prefix}id")):
            rows = _learned_after(connection, owner, own_id, at)
            if not prefix and any(not row.field for row in rows):
                raise DataError(f"{facts.subject} was not known then")
            values |= {prefix + name: old for name, old in _undone(catalogue, owner, values, rows)}
    values |= dict(_last_sent_then(connection, facts, at))
    return facts if values == facts.values else replace(facts, values=values)


def _learned_after(
    connection: Connection, kind: Kind, own_id: str, at: datetime
) -> Sequence[Record]:
    """Return what was logged of a subject after an instant, the latest first."""
    given = {"kind": kind.value, "subject": own_id, "at": at}
    return connection.execute(_later(), given).all()


@cache
def _later() -> Select[Any]:
    change = table_of(Change).c
    return (
        select(change.field, change.old)
        .where(
            change.kind == bindparam("kind"),
            change.subject_id == bindparam("subject"),
            change.recorded_at > bindparam("at"),
            change.history.is_(False),
        )
        .order_by(change.id.desc())
    )


def _undone(
    catalogue: Catalogue, kind: Kind, values: Mapping[str, Any], rows: Sequence[Record]
) -> Iterator[tuple[str, Any]]:
    """Yield the fields that have changed since, with what they were before all of it."""
    before = {row.field: row.old for row in rows if row.field}
    if "total" in before or "total_currency" in before:
        yield "total", _money_before(before, values.get("total"))
    types = {field.name: field.type for field in catalogue.own_fields(kind)}
    for name, old in before.items():
        if name == "total":
            continue
        if old is not None and types.get(name) is FieldType.TIME:
            yield name, from_micros(old)
        elif isinstance(old, list):
            yield name, tuple(old)
        else:
            yield name, old


def _money_before(before: Mapping[str, Any], now: Money | None) -> Money | None:
    """Return an amount as it was, where perhaps only its number or its currency has changed."""
    currency = before.get("total_currency", now.currency if now else None)
    if "total" in before:
        old = before["total"]
        amount = None if old is None else Decimal(old) / AMOUNT_UNITS
    else:
        amount = now.amount if now else None
    return Money(amount, currency) if amount is not None and currency is not None else None


def _last_sent_then(
    connection: Connection, facts: Facts, at: datetime
) -> Iterator[tuple[str, datetime | None]]:
    """Yield when rules had last written by then, for those that have written since."""
    for path, sent_at in facts.values.items():
        prefix, found, rule = path.partition(_LAST_SENT)
        if found and sent_at is not None and sent_at > at:
            held = SubjectRef(REACH[facts.subject.kind][prefix], facts.values[f"{prefix}id"])
            yield path, _sent_by(connection, rule, held, at)


def _sent_by(
    connection: Connection, rule: str, subject: SubjectRef, at: datetime
) -> datetime | None:
    message, part = table_of(Message).c, table_of(MessageSubject).c
    query = select(func.max(message.sent_at)).where(message.rule == rule, message.sent_at <= at)
    if subject.kind is Kind.CUSTOMER:
        query = query.where(message.customer_id == subject.id)
    else:
        about = select(part.message_id).where(
            part.kind == subject.kind.value, part.subject_id == subject.id
        )
        query = query.where(message.id.in_(about))
    last: datetime | None = connection.execute(query).scalar()
    return last
