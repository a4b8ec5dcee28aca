"""`web:`, the HTTP side: where it listens, and under which address the world reaches it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from outreach.errors import Problems
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section
from outreach.workspace.secrets import value_of, variable_of

WEB_KEYS = ("host", "port", "public_url", "secret", "sendgrid_public_key", "inbound_secret")
SENDGRID_PATH = "/webhooks/sendgrid"
TWILIO_PATH = "/webhooks/twilio/status"
TWILIO_REPLIES_PATH = "/webhooks/twilio/inbound"
#: followed by a slash and the secret, as SendGrid does not sign what it posts there
SENDGRID_REPLIES_PATH = "/webhooks/sendgrid/inbound"
#: what an address may end in, and nobody guesses
_SECRET = re.compile(r"[A-Za-z0-9_-]{20,200}")
#: Twilio's wishes for its calls: three more tries, whatever went wrong; its own choice is one,
#: and only when it could not connect
_INSIST = "#rc=3&rp=all"
#: letters a secret has at least; `openssl rand -hex 32` makes 64
_SECRET_LENGTH = 32


@dataclass(frozen=True)
class WebSettings:
    """What stands under `web:`. `public_url` has no slash at its end and may be empty."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    key: Scalar | None = None
    inbound: Scalar | None = None
    signing: tuple[Scalar, ...] = ()

    @property
    def has_pages(self) -> bool:
        """Whether customers get links to pages of ours."""
        return bool(self.signing and self.public_url)

    @property
    def sendgrid_url(self) -> str:
        """The address to write into SendGrid's settings, empty while nobody said ours."""
        return self.public_url and self.public_url + SENDGRID_PATH

    @property
    def twilio_url(self) -> str:
        """The address that Twilio is told to call, empty while nobody said ours."""
        return self.public_url and self.public_url + TWILIO_PATH + _INSIST

    @property
    def twilio_replies_url(self) -> str:
        """The address to write into Twilio's console for texts that come in."""
        return self.public_url and self.public_url + TWILIO_REPLIES_PATH

    def sendgrid_key(self, env: Mapping[str, str]) -> str | None:
        """Return what SendGrid signs with; raises Problems when its variable is not set."""
        return value_of(self.key, env) if self.key else None

    def inbound_secret(self, env: Mapping[str, str]) -> str | None:
        """Return how the address for mail ends; raises Problems for none, or one easily guessed."""
        if self.inbound is None:
            return None
        value = value_of(self.inbound, env)
        if not _SECRET.fullmatch(value):
            said = f"{self.inbound.text} is no good secret: at least 20 letters and digits"
            hint = "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'"
            raise Problems([self.inbound.problem("E401", said, hint=hint)])
        return value

    def link_secrets(self, env: Mapping[str, str]) -> tuple[str, ...]:
        """Return what links are signed with, and were before.

        Raises Problems when a variable is not set, or is too short to be a secret.
        """
        values = tuple(value_of(secret, env) for secret in self.signing)
        for secret, value in zip(self.signing, values, strict=True):
            if len(value) < _SECRET_LENGTH:
                said = f"{secret.text} has fewer than {_SECRET_LENGTH} letters: it can be guessed"
                hint = "make one with: openssl rand -hex 32"
                raise Problems([secret.problem("E401", said, hint=hint)])
        return values


def read_web(section: Section) -> WebSettings | None:
    """Read `web:`; without it there is no HTTP side."""
    part = section.section("web", WEB_KEYS)
    if part is None:
        return None
    secrets = tuple(part.scalars("secret"))
    for secret in secrets:
        part.parsed_scalar(secret, _check_secret, code="E401")
    if secrets and "public_url" not in part:
        said = "`secret` signs links, and means nothing without `public_url`"
        part.report("E310", said, "secret")
    return WebSettings(
        host=part.text("host") or WebSettings.host,
        port=part.parsed("port", parse_port) or WebSettings.port,
        public_url=part.parsed("public_url", _parse_public) or "",
        key=_reference(part, "sendgrid_public_key"),
        inbound=_reference(part, "inbound_secret"),
        signing=secrets,
    )


def _reference(part: Section, name: str) -> Scalar | None:
    found = part.scalar(name)
    if found:
        part.parsed_scalar(found, _check_reference, code="E401")
    return found


def _check_reference(text: str) -> None:
    if variable_of(text) is None:
        raise ValueError("keys come from outside: write env:SENDGRID_WEBHOOK_KEY, and set that")


def _check_secret(text: str) -> None:
    if variable_of(text) is None:
        raise ValueError("secrets come from outside: write env:OUTREACH_SECRET, and set that")


def parse_port(text: str) -> int:
    """Return a port; raises ValueError."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError(f"`{text}` is no port: write a number from 1 to 65535")
    return int(text)


def _parse_public(text: str) -> str:
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError(f"`{text}` is no address: write for example https://hooks.shop.example")
    if parts.scheme == "http" and not is_near(host):
        raise ValueError("use https: what providers tell us names customers")
    if "_" in host:
        raise ValueError("Twilio calls no host with an underscore in its name")
    return text.rstrip("/")


def is_near(host: str) -> bool:
    """Ask whether a host is this machine, or one beside it in a private network."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host
