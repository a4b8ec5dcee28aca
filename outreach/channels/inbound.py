"""What somebody wrote to us, in the same form whichever provider or mailbox it came by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from outreach.deciding.replies.meaning import Meaning
from outreach.model import Channel, Purpose

#: databases take no such signs, and nobody writes them
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: signs that are kept of a reply
LONGEST = 4000


@dataclass(frozen=True)
class Inbound:
    """One reply. `text` is what the person wrote themselves, `provider_id` names it for good.

    `meaning` is what is known of it without reading, and `is_answered` says that the provider
    answers it. `answers` are the messages it may be about, by our id or the provider's, and
    `purpose` what it says no to.
    """

    provider: str
    provider_id: str
    channel: Channel
    from_: str
    to: str
    text: str
    at: datetime
    meaning: Meaning | None = None
    is_answered: bool = False
    answers: tuple[str, ...] = ()
    purpose: Purpose | None = None


def clean_text(text: str) -> str:
    """Return a text as it may be kept: printable, plain UTF-8, of bounded length."""
    text = _UNPRINTABLE.sub(" ", text).encode("utf-8", "replace").decode("utf-8")
    return text.strip()[:LONGEST]
