"""`mailbox:`, where people's replies arrive, read by IMAP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section
from outreach.workspace.secrets import value_of, variable_of
from outreach.workspace.web import is_near, parse_port

MAILBOX_KEYS = ("host", "port", "security", "user", "password", "folder")


class Security(StrEnum):
    """How the connection is protected before anything is said."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class MailboxSettings:
    """What stands under `mailbox:`. The mail server's own folder names are used."""

    host: str
    port: int
    security: Security
    user: Scalar
    password: Scalar
    folder: str = "INBOX"

    def credentials(self, env: Mapping[str, str]) -> tuple[str, str]:
        """Return user and password; raises Problems when a variable is not set."""
        return value_of(self.user, env), value_of(self.password, env)


def read_mailbox(section: Section) -> MailboxSettings | None:
    """Read `mailbox:`; without it no mailbox is read."""
    part = section.section("mailbox", MAILBOX_KEYS)
    if part is None:
        return None
    part.need("host", "user", "password")
    user, password = part.scalar("user"), part.scalar("password")
    if password:
        part.parsed_scalar(password, _check_reference, code="E401")
    host = part.text("host")
    security = part.choice("security", Security) or Security.TLS
    if security is Security.NONE and host and not is_near(host):
        said = "the password would cross the network in the clear: use tls or starttls"
        part.report("E010", said, part.scalar("security"))
    port = part.parsed("port", parse_port)
    if not host or user is None or password is None:
        return None
    return MailboxSettings(
        host=host,
        port=port or (993 if security is Security.TLS else 143),
        security=security,
        user=user,
        password=password,
        folder=part.parsed("folder", _parse_folder) or MailboxSettings.folder,
    )


def _check_reference(text: str) -> None:
    if variable_of(text) is None:
        raise ValueError("a password comes from outside: write env:MAILBOX_PASSWORD, and set that")


def _parse_folder(text: str) -> str:
    if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        raise ValueError(f"`{text}` is no folder that can be asked for: use plain letters")
    return text
