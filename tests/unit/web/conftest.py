"""A web server on loopback with both providers set up, and one message of each channel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import urllib3
import uvicorn.server
from sqlalchemy import insert, select

from outreach.channels.receipts_sendgrid import SendGridReceipts
from outreach.channels.receipts_twilio import TwilioReceipts
from outreach.channels.sandbox import Arrived, SendGridEvents, TwilioCallbacks
from outreach.clock import MovingClock
from outreach.model import Channel
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Message
from outreach.web import Receivers, WebServer, create_app
from outreach.web.tally import Tally
from outreach.workspace.web import SENDGRID_PATH, TWILIO_PATH
from tests.unit.ledger import NOON, add_customer, add_enrollment, add_message

TOKEN = "the-secret-token"
#: where Twilio calls: a proxy stands there, and hands on to a port of ours
PUBLIC = "https://hooks.nordlicht.example"


class _Hasty:
    """What uvicorn knows as asyncio, but for its naps."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


@pytest.fixture(scope="session", autouse=True)
def _servers_end_at_once() -> Iterator[None]:
    """Each test has a server of its own, which looks between naps whether it shall end."""
    with patch.object(uvicorn.server, "asyncio", _Hasty()):
        yield


@dataclass
class Site:
    """A running server, what it counts, and the providers that talk to it."""

    server: WebServer
    store: Store
    clock: MovingClock
    tally: Tally
    sendgrid: SendGridEvents
    twilio: TwilioCallbacks

    def state(self, message: str) -> str:
        table = table_of(Message)
        with self.store.read() as connection:
            query = select(table.c.state).where(table.c.id == message)
            return str(connection.execute(query).scalar_one())

    def tell_twilio(self, status: str, **more: str) -> int:
        """Let a status callback come through the proxy."""
        url, body, signature = self.twilio.sign(A_TEXT, status, **more)
        return self.twilio.deliver(url.replace(PUBLIC, self.server.url), body, signature)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        sent = urllib3.request(
            method, self.server.url + path, body=body, headers=headers, retries=False, timeout=10
        )
        return sent.status


A_MAIL = Arrived(
    at=NOON,
    channel=Channel.EMAIL,
    provider_id="X-1",
    message_id="m1",
    to="ana@example.com",
    from_="care@nordlicht.example",
    text="",
    request={"custom_args": {"outreach_id": "m1"}},
)
A_TEXT = Arrived(
    at=NOON,
    channel=Channel.SMS,
    provider_id="SM" + "1" * 32,
    message_id="m2",
    to="+4915550111",
    from_="+4915550100",
    text="",
    request={"StatusCallback": f"{PUBLIC}{TWILIO_PATH}?m=m2#rc=3&rp=all", "account": "AC"},
)


@pytest.fixture
def site(store: Store) -> Iterator[Site]:
    """The site, and two messages that were sent at noon: the mail m1 and the text m2."""
    with store.write() as connection:
        add_customer(connection)
        number = add_enrollment(connection)
        for arrived, provider in ((A_MAIL, "sendgrid"), (A_TEXT, "twilio")):
            values = {"channel": arrived.channel.value, "sent_at": NOON}
            message = arrived.message_id
            add_message(connection, message, number, state="sent", reason="sent", **values)
            attempt = {
                "message_id": message,
                "number": 1,
                "channel": arrived.channel.value,
                "provider": provider,
                "address": arrived.to,
                "fingerprint": "",
                "started_at": NOON,
                "outcome": "accepted",
                "code": "",
                "error": "",
            }
            connection.execute(insert(table_of(Attempt)).values(**attempt))
    clock, tally = MovingClock(NOON + timedelta(minutes=1)), Tally()
    sendgrid = SendGridEvents("", clock=clock)
    receivers = Receivers(
        SendGridReceipts(sendgrid.public_key), TwilioReceipts(TOKEN, PUBLIC + TWILIO_PATH)
    )
    app = create_app(store, receivers, clock=clock, tally=tally)
    server = WebServer(app, "127.0.0.1", 0)
    sendgrid.url = server.url + SENDGRID_PATH
    server.start()
    yield Site(server, store, clock, tally, sendgrid, TwilioCallbacks(TOKEN))
    server.stop()


@pytest.fixture
def serve(store: Store) -> Iterator[Callable[..., WebServer]]:
    """Serve other receivers."""
    started = []

    def start(receivers: Receivers, **more: Any) -> WebServer:
        app = create_app(store, receivers, clock=MovingClock(NOON), **more)
        started.append(WebServer(app, "127.0.0.1", 0))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.stop()
