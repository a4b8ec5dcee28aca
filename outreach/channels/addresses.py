"""Addresses as providers accept them: one ASCII address, no name that can smuggle in a header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formataddr
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>\s*")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL_IN_TEXT = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;]+")
_NUMBER_IN_TEXT = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")


@dataclass(frozen=True)
class Mailbox:
    """A sender as people see it: a display name, which may be empty, and an ASCII address."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def __str__(self) -> str:
        return formataddr((self.name, self.address))


def one_line(text: str) -> str:
    """Turn control characters into spaces: what follows a line break cannot become a header."""
    return _CONTROL.sub(" ", text).strip()


def ascii_address(text: str) -> str:
    """Return one email address with its domain in ASCII (IDNA); raises ValueError."""
    try:
        # no look-up: the daemon must not hang on a name server for every message
        address = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return address.ascii_email or address.normalized


@lru_cache(maxsize=256)
def parse_mailbox(text: str) -> Mailbox:
    """Read "Mara at Nordlicht <care@nordlicht.example>" or a bare address; raises ValueError."""
    match = _MAILBOX.fullmatch(text.strip())
    if match is None:
        return Mailbox("", ascii_address(text.strip()))
    name = one_line(match["name"]).strip('"').strip()
    return Mailbox(name, ascii_address(match["address"].strip()))


def sender_mailbox(from_: str, default: Mailbox) -> Mailbox:
    """Choose the sender: a whole mailbox as it stands, a mere name before the default's address."""
    if not from_.strip():
        return default
    if "@" in from_:
        return parse_mailbox(from_)
    return Mailbox(one_line(from_), default.address)


def is_phone_number(text: str) -> bool:
    """Ask whether this is an international number as providers want it: +4915550100."""
    return _E164.fullmatch(text) is not None


def redact(text: str, limit: int = 240) -> str:
    """Blank out addresses and numbers: providers quote them in errors, and errors are kept."""
    text = _EMAIL_IN_TEXT.sub("…@…", one_line(text))
    text = _NUMBER_IN_TEXT.sub("…", text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
