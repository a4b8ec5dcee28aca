"""The providers of a story: they tell its daemon what becomes of its messages, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

import urllib3
from urllib3.filepost import encode_multipart_formdata

from outreach.channels.inbound_sendgrid import SendGridReplies
from outreach.channels.inbound_twilio import TwilioReplies
from outreach.channels.receipts_sendgrid import SendGridReceipts
from outreach.channels.receipts_twilio import TwilioReceipts
from outreach.channels.sandbox import Arrived, SendGridEvents, TwilioCallbacks
from outreach.web import Receivers, WebServer, create_app
from outreach.workspace.web import (
    SENDGRID_PATH,
    SENDGRID_REPLIES_PATH,
    TWILIO_PATH,
    TWILIO_REPLIES_PATH,
)
from tests.stories.conftest import Story
from tests.stories.workspace import SECRETS

#: where the stories' texts say that Twilio shall call
CALLBACK = "https://outreach.example/twilio"
#: the secret end of where SendGrid hands on mail
AT_PARSE = "only-sendgrid-knows"


class Providers:
    """SendGrid and Twilio, telling a story's daemon what becomes of its messages."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._mails = 0
        self._events = SendGridEvents("", clock=story.clock)
        self._callbacks = TwilioCallbacks(SECRETS["TWILIO_AUTH_TOKEN"])
        receivers = Receivers(
            SendGridReceipts(self._events.public_key),
            TwilioReceipts(SECRETS["TWILIO_AUTH_TOKEN"], CALLBACK),
            TwilioReplies(SECRETS["TWILIO_AUTH_TOKEN"], CALLBACK),
            SendGridReplies(AT_PARSE),
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

    def text(self, from_: str, words: str) -> str:
        """Let somebody send us a text; return what they are answered, empty for nothing."""
        body, signature = self._callbacks.sign_text(CALLBACK, from_, "+4915550100", words)
        url = self.server.url + TWILIO_REPLIES_PATH
        answer = self._callbacks.post_form(url, body, signature)
        assert answer.status == 200
        return "".join(re.findall("<Message>(.*)</Message>", answer.data.decode()))

    def mail(self, from_: str, words: str, subject: str = "Re: hello") -> int:
        """Let somebody send us a mail; return the status of the answer."""
        self._mails += 1
        fields = {"from": from_, "to": "care@nordlicht.example", "subject": subject, "text": words}
        fields["headers"] = f"Message-ID: <{self._mails}@example.com>\nSubject: {subject}\n"
        body, kind = encode_multipart_formdata(fields)
        url = f"{self.server.url}{SENDGRID_REPLIES_PATH}/{AT_PARSE}"
        headers = {"Content-Type": kind}
        return urllib3.request("POST", url, body=body, headers=headers, retries=False).status
