"""Mail headers that say a machine wrote this, and how to say no where it is no must."""

from __future__ import annotations

import re
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import quote

from outreach.errors import RenderError
from outreach.model import Purpose

#: purposes that never go out without a way to end them
_MUST_END = frozenset({Purpose.SURVEY, Purpose.MARKETING})
_ADDRESS = re.compile(r"[^\s<>\"@,;:?&%]+@[^\s<>\"@,;:?&%]+")


def headers_for(
    purpose: Purpose,
    unsubscribe_mailto: str,
    message_id: str,
    page: str = "",
    *,
    advertises: bool = False,
) -> dict[str, str]:
    """Headers of one e-mail. `unsubscribe_mailto` is an address, with or without a name.

    `page` is the message's unsubscribe page, where there is one: then whatever is no must can be
    ended, by one click of the mail program (RFC 8058, which asks for https). Raises RenderError
    when a survey or an advertisement has nothing to unsubscribe with; a coupon makes any mail one.
    """
    headers = {"Auto-Submitted": "auto-generated"}
    if purpose is Purpose.TRANSACTIONAL:
        return headers
    ways = [page] if page else []
    if _address(unsubscribe_mailto) if page else advertises or purpose in _MUST_END:
        ways.append(unsubscribe_link(purpose, unsubscribe_mailto, message_id))
    if ways:
        headers["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in ways)
    if page.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
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
