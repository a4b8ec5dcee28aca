"""The customers' side of the HTTP side: a server with pages, and Ana, who got three messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import urllib3
from fastapi import FastAPI
from sqlalchemy import Connection, insert, select

from outreach.clock import MovingClock
from outreach.deciding.rendering.links import Links, LinkTo
from outreach.model import Channel, Purpose
from outreach.rules.survey import Scale, Survey
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Message
from outreach.store.permissions import Consent, Suppression
from outreach.store.subjects import Order, Response
from outreach.timing.durations import Duration
from outreach.web import Receivers, WebServer, create_app
from outreach.web.page_views import Views
from outreach.web.pages import Pages
from outreach.web.tally import Tally
from tests.unit.berlin import BERLIN
from tests.unit.ledger import DAY, NOON, add_customer, add_enrollment, add_message

SHOP = {
    "name": "Nordlicht",
    "email": "care@nordlicht.example",
    "phone": "+49 30 5550100",
    "url": "",
    "address": "Lindenweg 4, 10999 Berlin",
}
PHONE = "+4915550123"
LINKS = Links("https://hooks.nordlicht.example", ("s" * 32,))
BOTH = frozenset(Channel)
NOBODY = Receivers()
#: what messages of every kind lead to; of these pages the status has no form
EVERYWHERE = (LinkTo.UNSUBSCRIBE, LinkTo.PREFERENCES, LinkTo.STATUS)
FORMS = (LinkTo.UNSUBSCRIBE, LinkTo.PREFERENCES, LinkTo.SURVEY)
PAGES = (*FORMS, LinkTo.STATUS)
CSAT = Survey("csat", {"": "How did we do?"}, Scale.FIVE, 2, Duration(days=14), {"": "Why?"})


@dataclass
class Answer:
    """What came back, as a reader and a program see it."""

    status: int
    text: str
    headers: urllib3.HTTPHeaderDict

    @property
    def title(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text)
        return found[1] if found else ""

    @property
    def buttons(self) -> list[str]:
        return re.findall(r'name="action" value="(\w+)"', self.text)

    @property
    def ticked(self) -> list[str]:
        return re.findall(r'name="([a-z.]+)" checked', self.text)


@dataclass
class Front:
    """A running server with pages, and what asks it as a browser or a mail program would."""

    app: FastAPI
    server: WebServer
    store: Store
    clock: MovingClock
    tally: Tally
    links: Links = LINKS

    def path(self, message: str = "", to: LinkTo = LinkTo.UNSUBSCRIBE) -> str:
        """Return what a message leads to; if none is named, one that has such a link."""
        message = message or ("asks" if to is LinkTo.SURVEY else "survey")
        return to.path + self.links.token(to, message, self.clock.now())

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        sent = urllib3.request(
            method, self.server.url + path, body=body, headers=headers, retries=False, timeout=10
        )
        return Answer(sent.status, sent.data.decode("utf-8"), sent.headers)

    def look(self, message: str = "survey", to: LinkTo = LinkTo.UNSUBSCRIBE) -> Answer:
        return self.ask("GET", self.path(message, to))

    def press(
        self, message: str = "survey", to: LinkTo = LinkTo.UNSUBSCRIBE, **fields: str
    ) -> Answer:
        return self.post(self.path(message, to), fields)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        self.clock.move_to(self.clock.now() + timedelta(minutes=1))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(fields).encode(), **kind)

    def save(self, *ticked: str, message: str = "survey") -> Answer:
        fields = {"action": "save", **dict.fromkeys(ticked, "on")}
        return self.post(self.path(message, LinkTo.PREFERENCES), fields)

    def one_click(self, message: str = "survey") -> Answer:
        return self.post(self.path(message), {"List-Unsubscribe": "One-Click"})

    def rows(self, model: Any, *order: str) -> list[Any]:
        table = table_of(model)
        with self.store.read() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)).all())

    def everything(self) -> list[list[Any]]:
        """Return all that a choice could change."""
        return [self.rows(model) for model in (Consent, Suppression, Message, Response)]

    def states(self) -> dict[str, tuple[str, str]]:
        return {row.id: (row.state, row.reason) for row in self.rows(Message)}


@contextmanager
def opened(
    store: Store,
    *,
    channels: frozenset[Channel] = BOTH,
    links: Links = LINKS,
    receivers: Receivers = NOBODY,
    surveys: Mapping[str, Survey] | None = None,
) -> Iterator[Front]:
    """Serve the pages of the shop, and what providers post to if somebody is set up."""
    clock, tally = MovingClock(NOON + timedelta(hours=1)), Tally()
    pages = Pages(links, Views(SHOP, "en"), channels, BERLIN, surveys or {"csat": CSAT})
    app = create_app(store, receivers, clock=clock, tally=tally, pages=pages)
    server = WebServer(app, "127.0.0.1", 0)
    server.start()
    yield Front(app, server, store, clock, tally)
    server.stop()


def write_history(connection: Connection, **customer: Any) -> None:
    """Let Ana have got a message of each purpose but marketing, and wait for others."""
    add_customer(connection, **{"phone": PHONE, "locale": "en", **customer})
    for number, purpose in enumerate(p for p in Purpose if p is not Purpose.MARKETING):
        enrollment = add_enrollment(connection, f"A-{number}")
        add_order(connection, f"A-{number}")
        sent(connection, purpose.value, enrollment, purpose=purpose.value)
        later = {"purpose": purpose.value, "due_at": NOON + DAY}
        add_message(connection, f"next-{purpose.value}", enrollment, **later)


def write_survey(connection: Connection) -> None:
    """Let Ana have been asked about an order that nothing is owed for."""
    asking = add_enrollment(connection, "A-9", key="csat")
    sent(connection, "asks", asking, purpose="survey", survey="csat")


def add_order(connection: Connection, order: str, **values: Any) -> None:
    """Write an order of Ana's that is on its way, a day late, with a new date."""
    usual = {
        "id": order,
        "customer_id": "ana",
        "status": "shipped",
        "carrier": "DHL",
        "item_summary": "Desk lamp and 2 more",
        "tracking_url": f"https://track.example/{order}",
        "placed_at": NOON - 6 * DAY,
        "shipped_at": NOON - 4 * DAY,
        "promised_at": NOON - DAY,
        "estimated_at": NOON + 2 * DAY,
    }
    connection.execute(insert(table_of(Order)).values(**{**usual, **values}))


def sent(
    connection: Connection,
    message: str,
    enrollment: int,
    *,
    address: str = "ana@example.com",
    channel: Channel = Channel.EMAIL,
    at: datetime = NOON,
    **values: Any,
) -> None:
    """Write a message that went to an address."""
    about = {"channel": channel.value, "state": "sent", "reason": "sent", "sent_at": at}
    add_message(connection, message, enrollment, **{**about, **values})
    attempt = {
        "message_id": message,
        "number": 1,
        "channel": channel.value,
        "provider": "sendgrid",
        "address": address,
        "fingerprint": "",
        "started_at": at,
        "outcome": "accepted",
        "code": "",
        "error": "",
    }
    connection.execute(insert(table_of(Attempt)).values(**attempt))
