"""A mailbox read by IMAP: what came since the last look, without marking anything as read."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from outreach.channels.addresses import redact
from outreach.errors import OutreachError

#: seconds for connecting and for each answer
TIMEOUT = 30
#: bytes of a mail that are fetched: people's own words come before what is attached
MOST_BYTES = 262_144
#: how far back the first look goes, and one after the server has numbered its mail anew
FIRST_LOOK = timedelta(days=7)
_UID = re.compile(rb"\bUID (\d+)")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class MailboxError(OutreachError):
    """The mailbox cannot be read now."""


@dataclass(frozen=True)
class Mark:
    """How far a folder has been read: numbers count only within one `validity`."""

    validity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}"

    @classmethod
    def read(cls, text: str | None) -> Mark | None:
        """Return what `str` wrote, None for nothing."""
        if not text:
            return None
        validity, _, uid = text.partition(":")
        return cls(int(validity), int(uid))


@dataclass(frozen=True)
class Place:
    """Which folder of which server; `security` is tls, starttls or none."""

    host: str
    port: int
    security: str
    user: str
    password: str
    folder: str

    @property
    def name(self) -> str:
        """What the mark of this folder is kept under."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


class Mailbox:
    """An open folder. Raises MailboxError for whatever the server or the network does."""

    def __init__(self, place: Place, *, context: ssl.SSLContext | None = None) -> None:
        """Connect, log in, and open the folder for reading only."""
        self._place = place
        self._context = context or ssl.create_default_context()
        self._imap = self._told(self._connect)
        try:
            self._told(self._log_in)
            self._told(self._open)
        except MailboxError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def new_since(self, mark: Mark | None, now: datetime) -> Iterator[tuple[Mark, bytes]]:
        """Yield what came after a mark, the oldest first, each with the mark after it."""
        validity = self._validity()
        if mark is not None and mark.validity == validity:
            last, wanted = mark.uid, ["UID", f"{mark.uid + 1}:*"]
        else:
            day = now - FIRST_LOOK
            since = f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year}"
            last, wanted = 0, ["SINCE", since]
        found = self._told(lambda: self._asked("SEARCH", *wanted))
        numbers = sorted({int(number) for line in found if line for number in line.split()})
        for number in numbers:
            if number > last:  # the range n:* has the last mail even when it is older than n
                yield Mark(validity, number), self._mail(number)

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        try:
            self._imap.logout()
        except (imaplib.IMAP4.error, OSError):
            self._imap.shutdown()

    def _connect(self) -> imaplib.IMAP4:
        place = self._place
        if place.security == "tls":
            return imaplib.IMAP4_SSL(
                place.host, place.port, ssl_context=self._context, timeout=TIMEOUT
            )
        return imaplib.IMAP4(place.host, place.port, timeout=TIMEOUT)

    def _log_in(self) -> None:
        if self._place.security == "starttls":
            self._imap.starttls(self._context)
        self._imap.login(self._place.user, self._place.password)

    def _open(self) -> None:
        answer, said = self._imap.select(f'"{self._place.folder}"', readonly=True)
        if answer != "OK":
            raise imaplib.IMAP4.error(_text(said))

    def _validity(self) -> int:
        _, said = self._imap.response("UIDVALIDITY")
        text = _text(said)
        return int(text) if text.isdecimal() else 0

    def _mail(self, number: int) -> bytes:
        part = f"(UID BODY.PEEK[]<0.{MOST_BYTES}>)"
        for item in self._told(lambda: self._asked("FETCH", str(number), part)):
            uid = _UID.search(item[0]) if isinstance(item, tuple) else None
            if uid is not None and int(uid[1]) == number:
                return bytes(item[1])
        return b""  # it was deleted meanwhile

    def _asked(self, command: str, *words: str) -> list[Any]:
        answer, found = self._imap.uid(command, *words)
        if answer != "OK":
            raise imaplib.IMAP4.error(_text(found))
        return list(found or ())

    def _told(self, act: Any) -> Any:
        try:
            return act()
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            where = f"the mailbox on {self._place.host}"
            # imaplib hands on what the server said as bytes
            is_bytes = bool(error.args) and isinstance(error.args[0], bytes)
            said = redact(_text(error.args) if is_bytes else str(error)) or type(error).__name__
            raise MailboxError(f"{where} cannot be read: {said}") from None


def _text(said: Any) -> str:
    first = said[0] if said else b""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first or "")
