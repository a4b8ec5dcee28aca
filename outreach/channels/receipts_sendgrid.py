"""SendGrid's event webhook: is it signed over these very bytes, and what does it say."""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from sendgrid.helpers.eventwebhook import EventWebhook  # type: ignore[import-untyped]

from outreach.channels.outgoing import SENDGRID_MESSAGE_ARG
from outreach.channels.receipts import Event, Forged, Malformed, Receipt, Told, is_id, safe_note

PROVIDER = "sendgrid"
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
#: what stands before the body in what is signed; digits, or both could be cut elsewhere
_SECONDS = re.compile(r"[0-9]{1,12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_EVENTS = {
    "processed": Event.ACCEPTED,
    "deferred": Event.DEFERRED,
    "delivered": Event.DELIVERED,
    "click": Event.CLICKED,
    "spamreport": Event.COMPLAINED,
    "unsubscribe": Event.UNSUBSCRIBED,
    "group_unsubscribe": Event.UNSUBSCRIBED_HERE,
}
#: why SendGrid did not even try; anything else is about this message only
_DROPPED = {
    "unsubscribed address": Event.DECLINED,
    "spam reporting address": Event.DECLINED,
    "bounced address": Event.BOUNCED,
    "invalid": Event.BOUNCED,
}


class SendGridReceipts:
    """Reads what SendGrid posts. `public_key` is what its page for the webhook shows."""

    def __init__(self, public_key: str) -> None:
        """Raises ValueError when this is no such key."""
        key = "".join(_without_frame(public_key).split())
        try:
            self._webhook = EventWebhook(key or "empty")
        except (ValueError, TypeError):
            raise ValueError("this is no public key as SendGrid shows it") from None
        if not isinstance(self._webhook.public_key, EllipticCurvePublicKey):
            raise ValueError("this is the public key of another kind of signature")

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Told:
        """Return what a request says; raises Forged or Malformed.

        `headers` ignore the case of names. Old requests are taken too: SendGrid tries for a day.
        """
        if not self._is_signed(body, headers.get(SIGNATURE), headers.get(TIMESTAMP)):
            raise Forged("the signature does not fit")
        try:
            events = json.loads(body)
        except (ValueError, RecursionError):
            raise Malformed("the body is no JSON") from None
        if not isinstance(events, list):
            raise Malformed("the body is no list of events")
        receipts, ignored = [], Counter[str]()
        for event in events:
            found = _receipt(event, now)
            if isinstance(found, Receipt):
                receipts.append(found)
            else:
                ignored[found] += 1
        return Told(tuple(receipts), ignored)

    def _is_signed(self, body: bytes, signature: str | None, timestamp: str | None) -> bool:
        if not signature or not timestamp or not _SECONDS.fullmatch(timestamp):
            return False
        try:
            # the SDK's decoder passes over what is no base64, and over bits that mean nothing
            if b64encode(b64decode(signature, validate=True)).decode("ascii") != signature:
                return False
            # it takes text; strict UTF-8 there and back is the same bytes
            return bool(self._webhook.verify_signature(body.decode("utf-8"), signature, timestamp))
        except (binascii.Error, UnicodeError, ValueError):
            return False


def _without_frame(key: str) -> str:
    return re.sub(r"-----(BEGIN|END) PUBLIC KEY-----", "", key)


def _receipt(event: Any, now: datetime) -> Receipt | str:
    """Return one event as a receipt, or why it is none."""
    if not isinstance(event, dict):
        return "no event"
    message = event.get(SENDGRID_MESSAGE_ARG)
    if not is_id(message):
        return "not ours"
    word = _event(event)
    if word is None:
        name = event.get("event")
        return "open" if name == "open" else "unknown event"
    at, event_id = _at(event.get("timestamp"), now), event.get("sg_event_id")
    if not is_id(event_id):
        event_id = f"{message}:{word}:{at:%Y%m%d%H%M%S}"
    provider_id = str(event.get("sg_message_id") or "").partition(".")[0]
    return Receipt(
        PROVIDER,
        event_id,
        message,
        word,
        at,
        provider_id=provider_id if is_id(provider_id) else "",
        code=safe_note(event.get("status"))[:20],
        note=safe_note(event.get("reason") or event.get("response")),
    )


def _event(event: Mapping[str, Any]) -> Event | None:
    name = event.get("event")
    match name:
        case "bounce":
            # blocked says something of this message; only a bounce says it of the address
            is_blocked = event.get("type") == "blocked"
            return Event.UNDELIVERED if is_blocked else Event.BOUNCED
        case "dropped":
            reason = str(event.get("reason") or "").strip().lower()
            return _DROPPED.get(reason, Event.UNDELIVERED)
        case str():
            return _EVENTS.get(name)
        case _:
            return None


def _at(seconds: Any, now: datetime) -> datetime:
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    try:
        return min(_EPOCH + timedelta(seconds=seconds), now) if is_number else now
    except (OverflowError, ValueError):
        return now
