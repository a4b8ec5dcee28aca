"""Twilio's status callbacks: signed for the public address, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from outreach.channels.outgoing import TWILIO_MESSAGE_PARAM
from outreach.channels.receipts import Event, Malformed, Receipt, Told, is_id, safe_note
from outreach.channels.twilio_codes import late_verdict
from outreach.channels.twilio_form import SignedForms

PROVIDER = "twilio"

_EVENTS = {
    "accepted": Event.ACCEPTED,
    "scheduled": Event.ACCEPTED,
    "queued": Event.ACCEPTED,
    "sending": Event.ACCEPTED,
    "sent": Event.SENT,
    "delivered": Event.DELIVERED,
    "read": Event.DELIVERED,
    "partially_delivered": Event.DELIVERED,
}
_FAILED = ("undelivered", "failed", "canceled")


class TwilioReceipts:
    """Reads Twilio's status callbacks. `url` is the address that Twilio was told to call."""

    def __init__(self, auth_token: str, url: str) -> None:
        self._forms = SignedForms(auth_token, url)

    def read(self, body: bytes, headers: Mapping[str, str], query: str, *, now: datetime) -> Told:
        """Return what a request says; raises Forged or Malformed."""
        form = self._forms.read(body, headers, query)
        message = dict(parse_qsl(query)).get(TWILIO_MESSAGE_PARAM, "")
        sid = form.get("MessageSid") or form.get("SmsSid") or ""
        status = (form.get("MessageStatus") or form.get("SmsStatus") or "").lower()
        if not is_id(sid) or not is_id(status):
            raise Malformed("MessageSid or MessageStatus is missing")
        if not is_id(message):
            return Told(ignored=Counter({"not ours": 1}))
        code = form.get("ErrorCode") or ""
        event = late_verdict(code) if status in _FAILED else _EVENTS.get(status)
        if event is None:
            return Told(ignored=Counter({"unknown event": 1}))
        receipt = Receipt(
            PROVIDER,
            # Twilio gives its calls no id and no time, and may repeat them
            f"{sid}:{status}",
            message,
            event,
            now,
            provider_id=sid,
            code=safe_note(code)[:20],
            note=safe_note(form.get("ErrorMessage")),
        )
        return Told((receipt,))
