"""Doing what a line says that people and providers do, by the very functions that they call."""

from __future__ import annotations

from datetime import datetime

from outreach.channels.receipts import Event, Receipt
from outreach.errors import Refused
from outreach.model import Channel, Purpose
from outreach.passes import decisions, pausing
from outreach.passes.pausing import Scope
from outreach.passes.receipt_meaning import Scope as Suppresses
from outreach.passes.receipt_meaning import purposes
from outreach.passes.receipts import take_receipts
from outreach.passes.setup import Setup
from outreach.proving.journal import Entry
from outreach.proving.scenarios.document import Deed, DeedKind
from outreach.store import suppressing
from outreach.store.batches import open_batches

WHO = "the test"
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
    assert deed.whom is not None
    with setup.store.write() as connection:
        person = setup.recipients.read(connection, {deed.whom.id}, now).get(deed.whom.id)
        if person is None:
            raise Refused(f"{deed.whom.id} is not known yet: bring them in on a line before")
        for channel in Channel:
            address = person.address(channel)
            for purpose in purposes(Suppresses.NON_ESSENTIAL, Purpose.SERVICE) if address else ():
                suppressing.suppress(
                    connection,
                    channel,
                    address or "",
                    purpose=purpose,
                    reason="opted_out",
                    source=WHO,
                    now=now,
                )


def _tell(deed: Deed, setup: Setup, latest: Entry | None, now: datetime) -> None:
    """Let a provider tell something of a message."""
    if latest is None:
        whom = deed.whom.id if deed.whom else ""
        raise Refused(f"no message has left to or about {whom} that could have a {deed.kind}")
    event = EVENTS[deed.kind]
    told = f"{latest.message}-{event}-{now.isoformat()}"
    receipt = Receipt("test", told, latest.message, event, now)
    take_receipts(setup.store, [receipt], now=now)
