"""One sandbox for all channel tests, senders opened on it, and messages to send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from outreach.channels import Channels, Outgoing, Sender, open_sender
from outreach.channels.sandbox import Sandbox
from outreach.clock import MovingClock
from outreach.model import Channel, Purpose

ENV = {
    "SENDGRID_API_KEY": "SG.the-secret-key",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "the-secret-token",
    "SMTP_PASSWORD": "the-secret-word",
}
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def _running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=MovingClock(NOW)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_running_sandbox: Sandbox) -> Sandbox:
    _running_sandbox.clear()
    return _running_sandbox


@pytest.fixture
def env() -> dict[str, str]:
    return dict(ENV)


@pytest.fixture
def open_channel(env: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Sender]]:
    """Open a sender from the settings of one channel, as the workspace would."""
    opened: list[Sender] = []

    def open_it(channel: Channel, **settings: object) -> Sender:
        given = Channels.model_validate({channel.value: settings}).of(channel)
        assert given is not None
        opened.append(open_sender(given, env=env, base_folder=tmp_path))
        return opened[-1]

    yield open_it
    for sender in opened:
        sender.close()


@pytest.fixture
def open_sendgrid(sandbox: Sandbox, open_channel: Callable[..., Sender]) -> Callable[..., Sender]:
    return partial(
        open_channel,
        Channel.EMAIL,
        **{"provider": "sendgrid", "from": "Mara at Nordlicht <care@nordlicht.example>"},
        url=sandbox.url,
        timeout=5,
    )


@pytest.fixture
def open_twilio(sandbox: Sandbox, open_channel: Callable[..., Sender]) -> Callable[..., Sender]:
    def open_it(**settings: object) -> Sender:
        sender = {} if "messaging_service" in settings else {"from": "+4915550100"}
        base = {"provider": "twilio", "url": sandbox.url, "timeout": 5}
        return open_channel(Channel.SMS, **{**base, **sender, **settings})

    return open_it


@pytest.fixture
def an_email() -> Callable[..., Outgoing]:
    return partial(
        Outgoing,
        message_id="m-17",
        channel=Channel.EMAIL,
        purpose=Purpose.SERVICE,
        to="ada@customer.example",
        subject="Your order is late",
        body_text="Dear Ada, we are sorry.",
        body_html="<p>Dear Ada, we are sorry.</p>",
    )


@pytest.fixture
def a_text() -> Callable[..., Outgoing]:
    return partial(
        Outgoing,
        message_id="m-18",
        channel=Channel.SMS,
        purpose=Purpose.SERVICE,
        to="+4915550111",
        body_text="Your order is late. Sorry! Nordlicht",
        segments=1,
    )


@pytest.fixture
def closed_port() -> int:
    """A port of this machine that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def answer_with() -> Iterator[Callable[[bytes], str]]:
    """Start a server that reads each request and answers with these bytes; returns its url."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(listener: socket.socket, answer: bytes) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                line.recv(65536)
                line.sendall(answer)

    def start(answer: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threads.append(threading.Thread(target=serve, args=(listener, answer), daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        # wakes the waiting accept, which a mere close does not
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)
