"""Doing what a line says that people and providers do, by the very functions that they call."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from outreach.channels.inbound import Inbound
from outreach.channels.receipts import Event, Receipt
from outreach.deciding.recipients import Recipient
from outreach.errors import Refused
from outreach.model import NON_ESSENTIAL, Channel, Purpose
from outreach.passes import decisions, incidents, pausing
from outreach.passes.hearing import House, hear
from outreach.passes.opting_out import By, Word, opt_in, opt_out
from outreach.passes.pausing import Scope
from outreach.passes.receipts import take_receipts
from outreach.passes.setup import Setup
from outreach.proving.journal import Entry
from outreach.proving.scenarios.document import Deed, DeedKind
from outreach.proving.scenarios.stage import WHO
from outreach.store.batches import open_batches
from outreach.store.incidents import incidents as open_ones

#: a reply that says nothing to be acted on
SMALL_TALK = "Thank you for letting me know."
#: the incident of a test
HAPPENED = incidents.Opened("Something went wrong", "Something went wrong.")
EVENTS = {
    DeedKind.BOUNCE: Event.BOUNCED,
    DeedKind.COMPLAINT: Event.COMPLAINED,
    DeedKind.DELIVERY: Event.DELIVERED,
    DeedKind.CLICK: Event.CLICKED,
}


def do(deed: Deed, setup: Setup, latest: Entry | None, *, now: datetime) -> None:
    """Let something happen; `latest` is the message it is about. Raises Refused if it cannot be."""
    match deed.kind:
        case DeedKind.APPROVE | DeedKind.REJECT:
            _decide(deed, setup, now)
        case DeedKind.PAUSE:
            pausing.pause(setup.store, Scope.ALL, "", reason="test", who=WHO, now=now)
        case DeedKind.RESUME:
            pausing.resume(setup.store, Scope.ALL, "", who=WHO, now=now)
        case DeedKind.UNSUBSCRIBE:
            _unsubscribe(deed, setup, now)
        case DeedKind.AGREE:
            _agree(deed, setup, now)
        case DeedKind.INCIDENT:
            _open_incident(deed, setup, now)
        case DeedKind.RESOLVE:
            _resolve(setup, now)
        case DeedKind.REPLY:
            _reply(deed, setup, latest, now)
        case _:
            _tell(deed, setup, latest, now)


def _decide(deed: Deed, setup: Setup, now: datetime) -> None:
    with setup.store.read() as connection:
        batches = open_batches(connection, now)
    if not batches:
        raise Refused(f"nothing is held that one could {deed.kind}")
    for batch in batches:
        if deed.kind is DeedKind.APPROVE:
            decisions.approve(setup.store, batch.id, who=WHO, now=now)
        else:
            decisions.reject(setup, batch.id, who=WHO, now=now)


def _unsubscribe(deed: Deed, setup: Setup, now: datetime) -> None:
    """Let a customer say no on each of their channels, as by the page that messages link to."""
    with setup.store.write() as connection:
        person = _person(connection, deed, setup, now)
        for channel in Channel:
            if address := person.address(channel):
                word = Word(channel, address, By.PAGE, NON_ESSENTIAL, customer=person.id)
                opt_out(connection, word, now=now, ruleset=setup.ruleset)


def _agree(deed: Deed, setup: Setup, now: datetime) -> None:
    """Let a customer say yes to marketing, which coupons need, on each of their channels."""
    with setup.store.write() as connection:
        person = _person(connection, deed, setup, now)
        for channel in Channel:
            if address := person.address(channel):
                yes = frozenset({Purpose.MARKETING})
                word = Word(channel, address, By.PAGE, yes, customer=person.id)
                opt_in(connection, word, now=now)


def _open_incident(deed: Deed, setup: Setup, now: datetime) -> None:
    """Let an order be part of what is wrong; the first one opens the incident."""
    with setup.store.read() as connection:
        found = open_ones(connection, open_only=True)
    if found:
        incidents.link(setup.store, found[0].row.id, [_name(deed)], who=WHO, now=now)
    else:
        incidents.open_incident(setup.store, HAPPENED, [_name(deed)], who=WHO, now=now)


def _resolve(setup: Setup, now: datetime) -> None:
    with setup.store.read() as connection:
        found = open_ones(connection, open_only=True)
    if not found:
        raise Refused("no incident is open that one could resolve")
    for each in found:
        incidents.resolve(setup.store, each.row.id, who=WHO, now=now)


def _reply(deed: Deed, setup: Setup, latest: Entry | None, now: datetime) -> None:
    """Let a customer write back to the latest message."""
    if latest is None:
        raise Refused(f"no message has left that {_name(deed)} could reply to")
    with setup.store.read() as connection:
        people = setup.recipients.read(connection, {latest.customer}, now)
    inbound = Inbound(
        provider=WHO,
        provider_id=f"{latest.message}-{now.isoformat()}",
        channel=latest.channel,
        from_=people[latest.customer].address(latest.channel) or "",
        to="",
        text=deed.words or SMALL_TALK,
        at=now,
        answers=(latest.message,),
    )
    hear(setup.store, inbound, House(), now=now, ruleset=setup.ruleset)


def _person(connection: Connection, deed: Deed, setup: Setup, now: datetime) -> Recipient:
    own_id = _name(deed)
    person = setup.recipients.read(connection, {own_id}, now).get(own_id)
    if person is None:
        raise Refused(f"{own_id} is not known yet: bring them in on a line before")
    return person


def _name(deed: Deed) -> str:
    return deed.whom.id if deed.whom else ""


def _tell(deed: Deed, setup: Setup, latest: Entry | None, now: datetime) -> None:
    """Let a provider tell something of a message."""
    if latest is None:
        said = f"no message has left to or about {_name(deed)} that could have a {deed.kind}"
        raise Refused(said)
    event = EVENTS[deed.kind]
    told = f"{latest.message}-{event}-{now.isoformat()}"
    receipt = Receipt("test", told, latest.message, event, now)
    take_receipts(setup.store, [receipt], now=now)
