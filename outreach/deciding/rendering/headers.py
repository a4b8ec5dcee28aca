"""Mail headers that say a machine wrote this, and how to say no where the purpose asks for it."""

from __future__ import annotations

import re
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import quote

from outreach.errors import RenderError
from outreach.model import Purpose

#: purposes a reader may end by one click of the mail program
_HAS_UNSUBSCRIBE = frozenset({Purpose.SURVEY, Purpose.MARKETING})
_ADDRESS = re.compile(r"[^\s<>\"@,;:?&%]+@[^\s<>\"@,;:?&%]+")


def headers_for(purpose: Purpose, unsubscribe_mailto: str, message_id: str) -> dict[str, str]:
    """Headers of one e-mail. `unsubscribe_mailto` is an address, with or without a name.

    RFC 8058's one click needs a web address, so it is not claimed here. Raises RenderError when a
    survey or an advertisement has no address to unsubscribe with.
    """
    headers = {"Auto-Submitted": "auto-generated"}
    if purpose in _HAS_UNSUBSCRIBE:
        link = unsubscribe_link(purpose, unsubscribe_mailto, message_id)
        headers["List-Unsubscribe"] = f"<{link}>"
    return headers


def unsubscribe_link(purpose: Purpose, unsubscribe_mailto: str, message_id: str) -> str:
    """The `mailto:` link behind "stop": it says what to stop and which message was answered."""
    address = _address(unsubscribe_mailto)
    if not address:
        msg = f"a {purpose.value} message needs an address to unsubscribe with: set reply_to"
        raise RenderError(msg)
    subject = quote(f"unsubscribe {purpose.value} {message_id}".strip(), safe="")
    return f"mailto:{address}?subject={subject}"


@lru_cache(maxsize=64)
def _address(mailbox: str) -> str:
    """The bare address of `Name <address>`, or "" when a link could not hold it."""
    address = parseaddr(mailbox)[1]
    return quote(address, safe="@") if _ADDRESS.fullmatch(address) else ""
