"""The daemon with its HTTP side: what it sends comes back to it as receipts."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
import urllib3

from outreach.channels.sandbox import Sandbox, SendGridEvents, TwilioCallbacks
from outreach.clock import MovingClock
from outreach.daemon.service import Daemon
from outreach.errors import Problems
from outreach.model import Channel
from outreach.workspace.web import SENDGRID_PATH, TWILIO_PATH

SETTINGS = """\
channels:
  email: {{provider: sendgrid, from: "Mara <care@nordlicht.example>", url: "{sandbox}"}}
  sms: {{provider: twilio, from: "+4915550100", url: "{sandbox}"}}
web:
  port: {port}
  public_url: http://127.0.0.1:{port}
  secret: env:LINK_SECRET
  sendgrid_public_key: env:WEBHOOK_KEY
"""
ENV = {
    "SENDGRID_API_KEY": "SG.x",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "the-token",
    "LINK_SECRET": "0123456789abcdef0123456789abcdef",
}


@pytest.fixture
def port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def sandbox(noon: datetime) -> Iterator[Sandbox]:
    with Sandbox(clock=MovingClock(noon)) as running:
        yield running


def until(happened: Callable[[], bool], thread: threading.Thread) -> None:
    for _ in range(600):
        if happened():
            return
        thread.join(0.05)
        assert thread.is_alive()
    raise AssertionError("it did not come to that")


def test_what_the_daemon_sends_comes_back_as_receipts(
    shop: Any, sandbox: Sandbox, port: int, noon: datetime
) -> None:
    text = (shop.folder / "outreach.yaml").read_text("utf-8").partition("channels:")[0]
    shop.write(**{"outreach.yaml": text + SETTINGS.format(sandbox=sandbox.url, port=port)})
    shop.edit("rules/shop.yaml", "defaults: {", "defaults: {via: [email, sms], ")
    late = noon - timedelta(days=2)
    shop.customer("ana").order("A-1", "ana", promised_at=late)
    shop.customer("bo", email=None, phone="+4915550111").order("A-2", "bo", promised_at=late)
    events = SendGridEvents(f"http://127.0.0.1:{port}{SENDGRID_PATH}")
    env = {**ENV, "WEBHOOK_KEY": events.public_key}
    daemon = Daemon(shop.workspace, shop.store, env=env, clock=MovingClock(noon))
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        until(lambda: sandbox.count == 2, thread)
        arrived = {message.channel: message for message in sandbox.messages}
        mail, sms = arrived[Channel.EMAIL], arrived[Channel.SMS]
        assert sms.request["StatusCallback"].startswith(f"http://127.0.0.1:{port}{TWILIO_PATH}?m=")
        assert sms.request["StatusCallback"].endswith("#rc=3&rp=all")
        # perhaps before the daemon has written down that they were taken
        assert events.post([events.event(mail, "delivered")]) == 200
        assert TwilioCallbacks("the-token").post(sms, "delivered", "sent") == [200, 200]
        until(lambda: shop.messages("state") == [("delivered",)] * 2, thread)
        # and the link in the mail leads to a page of the daemon's
        (page, _) = re.findall(r"<([^>]+)>", mail.headers["List-Unsubscribe"])
        assert page.startswith(f"http://127.0.0.1:{port}/u/")
        answer = urllib3.request("GET", page, retries=False, timeout=10)
        assert (answer.status, b"a\xe2\x80\xa6@" in answer.data) == (200, True)
    finally:
        daemon.stop()
        thread.join(60)
    assert not thread.is_alive()


def test_a_key_that_is_not_set_is_told_before_anything_starts(
    shop: Any, port: int, noon: datetime
) -> None:
    shop.edit(
        "outreach.yaml",
        "channels:",
        f"web: {{port: {port}, sendgrid_public_key: env:WEBHOOK_KEY}}\nchannels:",
    )
    with pytest.raises(Problems, match="WEBHOOK_KEY is not set"):
        Daemon(shop.workspace, shop.store, env={}, clock=MovingClock(noon)).run()
