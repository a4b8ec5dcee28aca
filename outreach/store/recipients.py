"""Reading recipients: a customer with the consents, suppressions and contacts gates ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, exists, or_, select

from outreach.deciding.caps import Contact
from outreach.deciding.circumstances import Paused
from outreach.deciding.recipients import ConsentWord, Recipient, Suppressed, WithPerson
from outreach.model import COUNTS_AS_SENT, Channel, Mode, Purpose, ReplyState
from outreach.store.frames import table_of
from outreach.store.ledger import Handoff, Message, MessageSubject, Reply
from outreach.store.permissions import Consent, Pause, Suppression
from outreach.store.pieces import chunks
from outreach.store.sql_functions import Barred, among, written
from outreach.store.subjects import Customer
from outreach.store.suppressing import normalised

#: names a column that is no field of a customer
_IS_OPEN = "has_open_reply"


@dataclass(frozen=True)
class RecipientReader:
    """How recipients are read: the workspace's zone, and the only addresses allowed on staging."""

    fallback: ZoneInfo
    send_only_to: tuple[str, ...] = ()

    def read(
        self, connection: Connection, customers: Collection[str | None], now: datetime
    ) -> dict[str, Recipient]:
        """Return the recipients that exist, with what they said and what is known of them now."""
        found: dict[str, Recipient] = {}
        for ids in chunks(sorted({c for c in customers if c is not None})):
            rows = connection.execute(_people(), {"ids": ids}).mappings()
            people = {row["id"]: dict(row) for row in rows}
            is_open = {key: bool(person.pop(_IS_OPEN)) for key, person in people.items()}
            consents = _consents(connection, ids)
            suppressed = _suppressed(connection, list(people.values()), now)
            with_people = _with_people(connection, ids, now)
            for person_id, person in people.items():
                found[person_id] = Recipient(
                    person,
                    self.fallback,
                    consents.get(person_id, ()),
                    suppressed.get(person_id, ()),
                    with_people=with_people.get(person_id, ()),
                    send_only_to=self.send_only_to,
                    has_open_reply=is_open[person_id],
                )
        return found


@cache
def _people() -> Select[Any]:
    person, reply = table_of(Customer), table_of(Reply).c
    is_open = reply.state == written(ReplyState.OPEN.value)
    theirs = exists(select(reply.id).where(reply.customer_id == person.c.id, is_open))
    return select(person, theirs.label(_IS_OPEN)).where(among(person.c.id, "ids"))


def _with_people(
    connection: Connection, ids: Sequence[str], now: datetime
) -> dict[str, list[WithPerson]]:
    found: dict[str, list[WithPerson]] = defaultdict(list)
    for row in connection.execute(_silences(), {"ids": ids, "now": now}):
        found[row.customer_id].append(WithPerson(row.id, row.rule, row.stop_until))
    return found


@cache
def _silences() -> Select[Any]:
    task = table_of(Handoff).c
    return select(task.id, task.customer_id, task.rule, task.stop_until).where(
        among(task.customer_id, "ids"), task.stop_until > bindparam("now")
    )


def read_contacts(
    connection: Connection, customers: Collection[str], since: datetime
) -> dict[str, list[Contact]]:
    """Return what each customer has, or may have, had from us since an instant."""
    found: dict[str, dict[str, tuple[Any, set[int]]]] = defaultdict(dict)
    for ids in chunks(sorted(customers)):
        for row in connection.execute(_contacts(), {"ids": ids, "since": since}):
            found[row.customer_id].setdefault(row.id, (row, set()))[1].add(row.enrollment_id)
    return {
        customer: [
            Contact(row.rule, Purpose(row.purpose), row.sent_at, frozenset(enrollments))
            for row, enrollments in messages.values()
        ]
        for customer, messages in found.items()
    }


@cache
def _contacts() -> Select[Any]:
    message, part = table_of(Message).c, table_of(MessageSubject).c
    return (
        select(
            message.id,
            message.customer_id,
            message.rule,
            message.purpose,
            message.sent_at,
            part.enrollment_id,
        )
        .join(table_of(MessageSubject), part.message_id == message.id)
        .where(
            among(message.customer_id, "ids"),
            message.sent_at > bindparam("since"),
            Barred(message.state).in_([state.value for state in COUNTS_AS_SENT]),
            message.mode == Mode.LIVE.value,
        )
    )


def sent_by_rule(connection: Connection, rule: str, since: datetime) -> list[datetime]:
    """Return when a rule sent since an instant, oldest first."""
    message = table_of(Message).c
    rows = connection.execute(
        select(message.sent_at)
        .where(
            message.rule == rule,
            message.sent_at > since,
            message.state.in_([state.value for state in COUNTS_AS_SENT]),
        )
        .order_by(message.sent_at)
    )
    return [row.sent_at for row in rows]


def read_pauses(connection: Connection, now: datetime) -> list[Paused]:
    """Return what is paused now."""
    return [Paused(*row) for row in connection.execute(_pauses(), {"now": now})]


@cache
def _pauses() -> Select[Any]:
    pause = table_of(Pause).c
    lasts = or_(pause.until.is_(None), pause.until > bindparam("now"))
    query = select(pause.scope, pause.name, pause.reason, pause.until)
    return query.where(pause.ended_at.is_(None), lasts)


def _consents(connection: Connection, ids: Sequence[str]) -> dict[str, list[ConsentWord]]:
    words: dict[str, list[ConsentWord]] = defaultdict(list)
    for row in connection.execute(_consent_rows(), {"ids": ids}):
        channel = Channel(row.channel) if row.channel else None
        words[row.customer_id].append(
            ConsentWord(Purpose(row.purpose), channel, row.granted, row.at)
        )
    return words


@cache
def _consent_rows() -> Select[Any]:
    consent = table_of(Consent).c
    return (
        select(consent.customer_id, consent.purpose, consent.channel, consent.granted, consent.at)
        .where(among(consent.customer_id, "ids"))
        .order_by(consent.id)
    )


def _suppressed(
    connection: Connection, people: Sequence[dict[str, Any]], now: datetime
) -> dict[str, list[Suppressed]]:
    holders: dict[Channel, dict[str, list[str]]] = {channel: {} for channel in Channel}
    for person in people:
        for channel, address in suppressible(person):
            holders[channel].setdefault(address, []).append(person["id"])
    entries: dict[str, list[Suppressed]] = defaultdict(list)
    for channel, by_address in holders.items():
        for addresses in chunks(list(by_address)):
            asked = {"channel": channel.value, "ids": addresses, "now": now}
            for row in connection.execute(_entries(), asked):
                purpose = Purpose(row.purpose) if row.purpose else None
                for person_id in by_address[row.address]:
                    entry = Suppressed(channel, purpose, row.reason, row.until)
                    entries[person_id].append(entry)
    return entries


@cache
def _entries() -> Select[Any]:
    entry = table_of(Suppression).c
    return select(entry.address, entry.purpose, entry.reason, entry.until).where(
        entry.channel == bindparam("channel"),
        among(entry.address, "ids"),
        entry.lifted_at.is_(None),
        or_(entry.until.is_(None), entry.until > bindparam("now")),
    )


def suppressible(person: dict[str, Any]) -> list[tuple[Channel, str]]:
    """Return what an entry of the suppression list could name about a person."""
    found = []
    if email := person.get("email"):
        address = normalised(Channel.EMAIL, email)
        found += [(Channel.EMAIL, address), (Channel.EMAIL, "@" + address.rpartition("@")[2])]
    if phone := person.get("phone"):
        found.append((Channel.SMS, normalised(Channel.SMS, phone)))
    return found
