"""Twilio's status callbacks: signed for the public address, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import (  # type: ignore[import-untyped]
    RequestValidator,
)

from outreach.channels.outgoing import TWILIO_MESSAGE_PARAM
from outreach.channels.receipts import Event, Forged, Malformed, Receipt, Told, is_id, safe_note
from outreach.channels.twilio_codes import late_verdict

PROVIDER = "twilio"
SIGNATURE = "X-Twilio-Signature"
_MOST_FIELDS = 200

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
        self._validator = RequestValidator(auth_token)
        parts = urlsplit(url)
        self._url = parts._replace(query="", fragment="").geturl()
        self._fragment = f"#{parts.fragment}" if parts.fragment else ""

    def read(self, body: bytes, headers: Mapping[str, str], query: str, *, now: datetime) -> Told:
        """Return what a request says; raises Forged or Malformed.

        `headers` ignore the case of names, `query` is as it came. What a proxy made of the
        address does not count: Twilio signed the one it was told.
        """
        form = _form(body)
        if not self._is_signed(form, query, headers.get(SIGNATURE)):
            raise Forged("the signature does not fit")
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

    def _is_signed(self, form: Form, query: str, signature: str | None) -> bool:
        if not signature:
            return False
        url = f"{self._url}?{query}" if query else self._url
        # whether the fragment is signed along is documented nowhere: both need the same secret
        urls = [url, url + self._fragment] if self._fragment else [url]
        return any(self._validator.validate(each, form, signature) for each in urls)


class Form(dict[str, str]):
    """A form's fields with all their values, in the way the SDK asks for them."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        super().__init__(fields)
        self._fields = fields

    def getall(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self._fields if key == name]


def _form(body: bytes) -> Form:
    try:
        text = body.decode("ascii")
        fields = parse_qsl(
            text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise Malformed("the body is no form") from None
    return Form(fields)
