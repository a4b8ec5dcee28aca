"""Signing what we post, so that who gets it knows that it is from us, whole, and of now."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256

#: the header that says when it was signed, and the signature: `t=1763971200,v1=5f…`
SIGNATURE_HEADER = "Outreach-Signature"
#: the header that names the notice: the same at every try
ID_HEADER = "Outreach-Id"


def signature(secret: str, body: bytes, now: datetime) -> str:
    """Return the value of the header: HMAC-SHA256 over the time, a full stop and the raw body."""
    at = int(now.timestamp())
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={signed}"
