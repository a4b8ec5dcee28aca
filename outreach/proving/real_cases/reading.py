"""Reading a real case: all that became known of a customer, in its order, and what we wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from outreach.errors import DataError
from outreach.model import NON_ESSENTIAL, Kind, Purpose, SubjectRef
from outreach.proving.real_cases.around import Around, read_around
from outreach.rules.catalogue import Catalogue
from outreach.store.frames import table_of
from outreach.store.past import Version, past_of_customer
from outreach.store.timeline import Timeline, Told, read_timeline


@dataclass(frozen=True)
class Word:
    """A yes or a no that the customer said to messages."""

    at: datetime
    agreed: bool


@dataclass(frozen=True)
class Case:
    """What happened with the customer of a subject, up to an instant."""

    subject: SubjectRef
    customer: str
    versions: tuple[Version, ...]
    words: tuple[Word, ...]
    #: messages that left, oldest first
    sent: tuple[Told, ...]
    replies: int
    around: tuple[Around, ...] = ()

    @property
    def start(self) -> datetime:
        """When the first order or ticket became known."""
        return min(v.at for v in self.versions if v.kind is not Kind.CUSTOMER)


def read_case(
    connection: Connection, catalogue: Catalogue, subject: SubjectRef, now: datetime
) -> Case:
    """Return the case that a subject is part of; raises DataError where there is none to tell."""
    customer = _customer_of(connection, subject)
    found = [
        version
        for versions in past_of_customer(connection, catalogue, customer)
        for version in versions
        if version.at <= now
    ]
    if all(version.kind is Kind.CUSTOMER for version in found):
        raise DataError(f"of {subject} there is no order or ticket by then that a test could tell")
    found.sort(key=lambda version: version.at)
    told = read_timeline(connection, customer)
    orders = {version.id for version in found if version.kind is Kind.ORDER}
    start = min(version.at for version in found if version.kind is not Kind.CUSTOMER)
    sent = [m for m in told.messages if m.message.sent_at and m.message.sent_at <= now]
    return Case(
        subject=subject,
        customer=customer,
        versions=tuple(found),
        words=tuple(_words(told, now)),
        sent=tuple(sorted(sent, key=lambda one: one.at)),
        replies=len(told.replies),
        around=tuple(read_around(connection, orders, start, now)),
    )


def _words(told: Timeline, now: datetime) -> Iterator[Word]:
    """Yield what the customer said to all that they may do without, or to marketing."""
    said: dict[datetime, dict[str, bool]] = defaultdict(dict)
    for row in told.consents:
        if row.at <= now:
            said[row.at][row.purpose] = row.granted
    for at, purposes in sorted(said.items()):
        if purposes.get(Purpose.MARKETING.value):
            yield Word(at, agreed=True)
        elif not any(purposes.get(purpose.value, True) for purpose in NON_ESSENTIAL):
            yield Word(at, agreed=False)


def _customer_of(connection: Connection, subject: SubjectRef) -> str:
    if subject.kind is Kind.CUSTOMER:
        return subject.id
    table = table_of(subject.kind).c
    query = select(table.customer_id).where(table.id == subject.id)
    customer: str | None = connection.execute(query).scalar()
    if customer is None:
        raise DataError(f"{subject} is nobody's: without a customer nothing is sent about it")
    return customer
