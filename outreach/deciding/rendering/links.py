"""Links in messages that let their reader say what they want: signed, for one thing, for a time.

A link names a message and nothing else: whose it was and what for, the ledger knows.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadSignature, Signer

#: old mails are found again; the law asks for 60 days at least (Canada), or 30 (USA)
LASTS = timedelta(days=400)
#: what stands for a token where nothing can be signed: in previews, which need no secret
UNSIGNED = "preview"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VALUE = re.compile(r"(?P<message>[A-Za-z0-9_-]{1,64})\.(?P<day>[0-9]{1,6})")


class BadLink(Exception):
    """A link that nobody signed, or that was changed on its way."""


class OldLink(BadLink):
    """A link that was ours, and whose time is over."""


class LinkTo(StrEnum):
    """Where a link leads; what is signed for one place opens no other."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    SURVEY = "survey"
    STATUS = "status"

    @property
    def path(self) -> str:
        """Where its pages are, with a slash at the end."""
        return _PATHS[self]


_PATHS = {
    LinkTo.UNSUBSCRIBE: "/u/",
    LinkTo.PREFERENCES: "/p/",
    LinkTo.SURVEY: "/s/",
    LinkTo.STATUS: "/o/",
}


@dataclass(frozen=True)
class Links:
    """Makes and reads the links below a public address.

    The first of the secrets signs; the others are of earlier days, and still read. Without any,
    links look like real ones and open nothing.
    """

    public_url: str
    secrets: tuple[str, ...] = ()

    def make(self, to: LinkTo, message_id: str, now: datetime) -> str:
        """Return the link of a message; made on the same day it is the same one."""
        return self.public_url + to.path + self.token(to, message_id, now)

    def token(self, to: LinkTo, message_id: str, now: datetime) -> str:
        """Return what stands at a link's end."""
        if not self.secrets:
            return UNSIGNED
        value = f"{message_id}.{(now + LASTS - _EPOCH).days}"
        return self._signer(to).sign(value).decode("ascii")

    def both(self, message_id: str, now: datetime) -> dict[str, str]:
        """Return what templates know as `links`."""
        return {to.value: self.make(to, message_id, now) for to in LinkTo}

    def read(self, to: LinkTo, token: str, now: datetime) -> str:
        """Return the id of the message a link stands in; raises OldLink and other BadLinks."""
        if not self.secrets:
            raise BadLink("nothing is signed here")
        try:
            value = self._signer(to).unsign(token).decode("ascii")
        except (BadSignature, UnicodeError):
            raise BadLink("it is not signed by us") from None
        found = _VALUE.fullmatch(value)
        if found is None:
            raise BadLink("it names no message")
        if now >= _EPOCH + timedelta(days=int(found["day"]) + 1):
            raise OldLink("its time is over")
        return found["message"]

    def _signer(self, to: LinkTo) -> Signer:
        # its last key signs
        keys = list(self.secrets[::-1])
        return Signer(keys, salt=f"outreach.{to.value}", digest_method=hashlib.sha256)
