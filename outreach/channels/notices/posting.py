"""Notices by HTTP: as signed JSON to a program of the team's, or as a line in a chat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from outreach.channels.notices.notice import Notice
from outreach.channels.notices.signing import ID_HEADER, SIGNATURE_HEADER, signature
from outreach.channels.refusals import from_wire
from outreach.channels.wire import Answer, NeverSent, NoAnswer, Wire
from outreach.errors import Outcome, SendError

#: seconds for connecting, and for the answer: who gets it should note it down and say yes
TIMEOUT = 10.0


class WebhookNotifier:
    """Posts the whole notice as JSON, signed."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret
        self._wire = Wire(url, timeout=TIMEOUT, connections=2)

    def tell(self, notice: Notice, *, now: datetime) -> None:
        body = json.dumps(notice.content(), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            ID_HEADER: notice.id,
            SIGNATURE_HEADER: signature(self._secret, body, now),
        }
        call(self._wire, "the webhook", "POST", self._url, headers, body)

    def close(self) -> None:
        self._wire.close()


class ChatNotifier:
    """Posts a text to an incoming webhook of Slack, or of a chat that takes the same."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._wire = Wire(url, timeout=TIMEOUT, connections=2)

    def tell(self, notice: Notice, *, now: datetime) -> None:
        link = f"<{notice.case_url}|Open the case>" if notice.case_url else ""
        head = f"*{notice.handoff}* {_escaped(notice.title)}"
        lines = [head, *map(_escaped, notice.lines()), *([link] if link else [])]
        body = json.dumps({"text": "\n".join(lines)}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", ID_HEADER: notice.id}
        call(self._wire, "the chat", "POST", self._url, headers, body)

    def close(self) -> None:
        self._wire.close()


def call(
    wire: Wire, what: str, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Make one call; raises SendError for all but a yes, without the path of the address."""
    try:
        answer = wire.request(method, url, headers=headers, body=body)
    except (NeverSent, NoAnswer) as error:
        raise from_wire(what, error) from None
    if not 200 <= answer.status < 300:
        # the path of such an address is a secret: only its host is said
        host = urlsplit(url).hostname
        why = f"{what} at {host} answers {answer.status} {answer.reason}".rstrip()
        raise SendError(Outcome.NOT_SENT, why, code=str(answer.status))
    return answer


def _escaped(text: str) -> str:
    """Return a text without what a chat reads as a link or a call to everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
