"""The providers of a story: they tell its daemon what becomes of its messages, over real HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from outreach.channels.receipts_sendgrid import SendGridReceipts
from outreach.channels.receipts_twilio import TwilioReceipts
from outreach.channels.sandbox import Arrived, SendGridEvents, TwilioCallbacks
from outreach.web import Receivers, WebServer, create_app
from outreach.workspace.web import SENDGRID_PATH, TWILIO_PATH
from tests.stories.conftest import Story
from tests.stories.workspace import SECRETS

#: where the stories' texts say that Twilio shall call
CALLBACK = "https://outreach.example/twilio"


class Providers:
    """SendGrid and Twilio, telling a story's daemon what becomes of its messages."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._events = SendGridEvents("", clock=story.clock)
        self._callbacks = TwilioCallbacks(SECRETS["TWILIO_AUTH_TOKEN"])
        receivers = Receivers(
            SendGridReceipts(self._events.public_key),
            TwilioReceipts(SECRETS["TWILIO_AUTH_TOKEN"], CALLBACK),
        )
        app = create_app(story.store, receivers, clock=story.clock)
        self.server = WebServer(app, "127.0.0.1", 0)
        self._events.url = self.server.url + SENDGRID_PATH
        self.server.start()

    def tell(self, mail: Arrived, *names: str, **more: Any) -> int:
        """Tell each event twice and in any order; return the status of the answer."""
        events = [self._events.event(mail, name, **more) for name in names]
        return self._events.post(events, copies=2, shuffle=Random(len(names)))

    def forge(self, mail: Arrived, name: str) -> int:
        """Sign as somebody else."""
        other = SendGridEvents(self._events.url, clock=self._story.clock)
        return other.post([other.event(mail, name)])

    def call_back(self, text: Arrived, statuses: Sequence[str], error_code: str = "") -> list[int]:
        """Call back through the proxy that stands at the public address."""
        answers = []
        for status in statuses:
            url, body, signature = self._callbacks.sign(text, status, error_code=error_code)
            here = url.replace(CALLBACK, self.server.url + TWILIO_PATH)
            answers.append(self._callbacks.deliver(here, body, signature))
        return answers
