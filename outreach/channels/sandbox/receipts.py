"""What the played providers tell later: signed, repeated and out of order on request."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from secrets import token_hex, token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from outreach.channels.sandbox.arrivals import Arrived
from outreach.clock import Clock, SystemClock

_TIMEOUT = 10
#: seconds from a message's arrival to what is told of it
_LATER = timedelta(seconds=2)

Event = Mapping[str, Any]


class SendGridEvents:
    """Posts events to one address, signed with a key of its own; `public_key` verifies them.

    `key` is a private key to sign with, the base64 of its PKCS 8 form; ValueError when it is none.
    """

    def __init__(self, url: str, *, key: str = "", clock: Clock | None = None) -> None:
        self.url = url
        self._clock = clock or SystemClock()
        self._key = _read_key(key) if key else ec.generate_private_key(ec.SECP256R1())
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = b64encode(self._key.public_key().public_bytes(*form)).decode("ascii")
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def event(self, about: Arrived, name: str, **more: Any) -> Event:
        """Return one event about a message that arrived: `delivered`, `bounce` …"""
        return {
            "email": about.to,
            "event": name,
            "timestamp": int((about.at + _LATER).timestamp()),
            "sg_event_id": token_urlsafe(16),
            "sg_message_id": f"{about.provider_id}.recvd-sandbox-1-0",
            **about.request.get("custom_args", {}),
            **more,
        }

    def post(
        self, events: Sequence[Event], *, copies: int = 1, shuffle: Random | None = None
    ) -> int:
        """Post events as one batch, each so many times; return the status of the answer."""
        batch = list(events) * copies
        if shuffle is not None:
            shuffle.shuffle(batch)
        body, headers = self.sign(batch)
        return self.deliver(body, headers)

    def sign(self, events: Sequence[Event]) -> tuple[bytes, dict[str, str]]:
        """Return the body and headers of a batch."""
        # SendGrid ends it with a line break, and signs that too
        body = json.dumps(events, separators=(",", ":")).encode() + b"\r\n"
        when = str(int(self._clock.now().timestamp()))
        signature = self._key.sign(when.encode() + body, ec.ECDSA(SHA256()))
        return body, {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": b64encode(signature).decode("ascii"),
            "X-Twilio-Email-Event-Webhook-Timestamp": when,
        }

    def deliver(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a body as it is; return the status of the answer."""
        return self._pool.request("POST", self.url, body=body, headers=dict(headers)).status


class TwilioCallbacks:
    """Calls back where each text said, signed with the account's token."""

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def post(
        self, about: Arrived, *statuses: str, error_code: str = "", copies: int = 1
    ) -> list[int]:
        """Tell statuses of a text in this order, each so many times; return the answers'."""
        return [
            self.deliver(*self.sign(about, status, error_code=error_code))
            for status in statuses
            for _ in range(copies)
        ]

    def sign(self, about: Arrived, status: str, *, error_code: str = "") -> tuple[str, bytes, str]:
        """Return address, body and signature of one callback."""
        # what stands behind # are wishes for the call, and no part of the address
        url = urlsplit(about.request["StatusCallback"])._replace(fragment="").geturl()
        form = {
            "MessageSid": about.provider_id,
            "SmsSid": about.provider_id,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": about.to,
            "From": about.from_,
            "AccountSid": about.request["account"],
            "ApiVersion": "2010-04-01",
            **({"ErrorCode": error_code} if error_code else {}),
        }
        return url, urlencode(form).encode("ascii"), self._validator.compute_signature(url, form)

    def sign_text(
        self, url: str, from_: str, to: str, text: str, *, sid: str = "", **more: str
    ) -> tuple[bytes, str]:
        """Return body and signature of a text that somebody sends us."""
        sid = sid or f"SM{token_hex(16)}"
        form = {"MessageSid": sid, "SmsSid": sid, "From": from_, "To": to, "Body": text, **more}
        return urlencode(form).encode("ascii"), self._validator.compute_signature(url, form)

    def deliver(self, url: str, body: bytes, signature: str) -> int:
        """Post a body as it is; return the status of the answer."""
        return self.post_form(url, body, signature).status

    def post_form(self, url: str, body: bytes, signature: str) -> urllib3.response.BaseHTTPResponse:
        """Post a body as it is; return the answer."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature,
        }
        return self._pool.request("POST", url, body=body, headers=headers)


def _read_key(text: str) -> ec.EllipticCurvePrivateKey:
    key = load_der_private_key(b64decode(text, validate=True), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("it is a key of another kind")
    return key
