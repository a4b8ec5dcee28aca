"""The `channels:` block of outreach.yaml: one strict model a provider, secrets as `env:NAME`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from outreach.channels.addresses import is_phone_number, one_line, parse_mailbox
from outreach.errors import Outcome, SendError
from outreach.model import Channel

_ENV = re.compile(r"env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_ALPHANUMERIC_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
_ACCOUNT_SID = re.compile(r"AC[0-9A-Za-z]{32}")


def _is_reference(value: str) -> str:
    if not _ENV.fullmatch(value):
        raise ValueError("a secret never stands in a file: write env:NAME, and set NAME outside")
    return value


def _is_account(value: str) -> str:
    if not (_ENV.fullmatch(value) or _ACCOUNT_SID.fullmatch(value)):
        raise ValueError("write env:NAME, or the account's id: AC and 32 characters")
    return value


def _is_mailbox(value: str) -> str:
    parse_mailbox(value)
    return value


def _is_quoted(value: object) -> object:
    if isinstance(value, int):
        raise ValueError(f'put the number in quotes: "+{value}", or YAML reads it as a sum')
    return value


def _is_sms_sender(value: str) -> str:
    if is_phone_number(value) or _SHORT_CODE.fullmatch(value):
        return value
    if _ALPHANUMERIC_SENDER.fullmatch(value):
        return value
    raise ValueError("write a number as +4915550100, a short code, or a name of at most 11 letters")


def _is_safe_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write a whole address: https://host")
    if parts.scheme == "http" and not _is_near(parts.hostname):
        raise ValueError("use https: the credentials would cross the network in the clear")
    return value.rstrip("/")


def _is_callback_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write a whole address: https://host/path")
    if "_" in parts.hostname:
        raise ValueError("Twilio calls no host with an underscore in its name")
    return value


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        # a name without a dot is this machine or a neighbour in the same container network
        return "." not in host


Secret = Annotated[str, AfterValidator(_is_reference)]
MailboxText = Annotated[str, AfterValidator(_is_mailbox)]
SmsSender = Annotated[str, BeforeValidator(_is_quoted), AfterValidator(_is_sms_sender)]
ProviderUrl = Annotated[str, AfterValidator(_is_safe_url)]
ServiceSid = Annotated[str, Field(pattern=r"^MG[0-9A-Za-z]{32}$")]
AccountSid = Annotated[str, AfterValidator(_is_account)]
CallbackUrl = Annotated[str, AfterValidator(_is_callback_url)]


class _Channel(BaseModel):
    """What every channel has. `timeout` is in seconds, for connecting and for each answer."""

    # what an operator wrote by mistake may be a secret: keep it out of error texts
    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True
    )

    #: calls in flight at once, in one process
    concurrency: int = Field(default=8, ge=1, le=64)
    #: what may go out in a day of the workspace: mails, or segments of texts
    daily_cap: int | None = Field(default=None, ge=1)
    timeout: float = Field(default=10, gt=0, le=120)

    def secrets(self) -> dict[str, str]:
        """Name the environment variables this channel reads, by setting: for `doctor`."""
        matches = {name: _ENV.fullmatch(value) for name, value in self if isinstance(value, str)}
        return {name: match["name"] for name, match in matches.items() if match}


class _EmailChannel(_Channel):
    from_: MailboxText = Field(alias="from")
    reply_to: MailboxText | None = None
    messages_per_second: float | None = Field(default=None, gt=0)

    max_segments: ClassVar[None] = None
    segments_per_second: ClassVar[None] = None


class SendGridSettings(_EmailChannel):
    """SendGrid's v3 API. Accounts in the EU set `url: https://api.eu.sendgrid.com`."""

    provider: Literal["sendgrid"]
    api_key: Secret = "env:SENDGRID_API_KEY"
    url: ProviderUrl = "https://api.sendgrid.com"
    #: SendGrid checks every message and delivers none
    sandbox_mode: bool = False


class SmtpSettings(_EmailChannel):
    """Any mail server. `security` is how the connection is protected before anything is said."""

    provider: Literal["smtp"]
    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None  # as it is, or env:NAME
    password: Secret | None = None
    #: mail servers scan a message before they say yes, and a yes that comes too late is a doubt
    timeout: float = Field(default=60, gt=0, le=600)

    @model_validator(mode="after")
    def _keeps_the_password_safe(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("give both username and password, or neither")
        if self.password and self.security == "none" and not _is_near(self.host):
            raise ValueError("the password would cross the network in the clear: use starttls")
        return self


class TwilioSettings(_Channel):
    """Twilio's Messages API, from a number of yours or through a Messaging Service."""

    provider: Literal["twilio"]
    from_: SmsSender | None = Field(default=None, alias="from")
    messaging_service: ServiceSid | None = None
    account_sid: AccountSid = "env:TWILIO_ACCOUNT_SID"
    auth_token: Secret = "env:TWILIO_AUTH_TOKEN"  # noqa: S105  # a name, not the secret
    url: ProviderUrl | None = None
    status_callback: CallbackUrl | None = None
    #: Twilio writes curly quotes and dashes as plain ones, so that a text stays at 160 a segment
    smart_encoded: bool = True
    #: what one message may cost
    max_segments: int = Field(default=2, ge=1, le=10)
    #: how fast segments leave: what carriers allow one US long number
    segments_per_second: float = Field(default=1, gt=0)

    messages_per_second: ClassVar[None] = None

    @model_validator(mode="after")
    def _has_one_sender(self) -> Self:
        if (self.from_ is None) == (self.messaging_service is None):
            raise ValueError("give either from or messaging_service")
        return self


class OutboxSettings(_Channel):
    """A folder instead of a provider: what would have been sent is written there."""

    provider: Literal["outbox"]
    folder: str = "outbox/"


class EmailOutboxSettings(OutboxSettings):
    """An outbox that stands in for an email provider."""

    from_: MailboxText | None = Field(default=None, alias="from")
    reply_to: MailboxText | None = None
    messages_per_second: float | None = Field(default=None, gt=0)

    max_segments: ClassVar[None] = None
    segments_per_second: ClassVar[None] = None


class SmsOutboxSettings(OutboxSettings):
    """An outbox that stands in for an SMS provider."""

    from_: SmsSender | None = Field(default=None, alias="from")
    reply_to: ClassVar[None] = None

    max_segments: int = Field(default=2, ge=1, le=10)
    segments_per_second: float | None = Field(default=None, gt=0)

    messages_per_second: ClassVar[None] = None


EmailSettings = Annotated[
    SendGridSettings | SmtpSettings | EmailOutboxSettings, Field(discriminator="provider")
]
SmsSettings = Annotated[TwilioSettings | SmsOutboxSettings, Field(discriminator="provider")]
ChannelSettings = (
    SendGridSettings | SmtpSettings | EmailOutboxSettings | TwilioSettings | SmsOutboxSettings
)


class Channels(BaseModel):
    """The whole `channels:` block: at most one provider a channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    email: EmailSettings | None = None
    sms: SmsSettings | None = None

    def of(self, channel: Channel) -> ChannelSettings | None:
        """Return the settings of one channel, None where it is not set up."""
        return {Channel.EMAIL: self.email, Channel.SMS: self.sms}[channel]


def yaml_path(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Turn pydantic's place of an error into keys of the file, to find its line.

    Pydantic names the provider after the channel, (email, sendgrid, from), and the file does not.
    """
    providers = {"sendgrid", "smtp", "twilio", "outbox"}
    return tuple(
        part
        for before, part in zip((None, *loc), loc, strict=False)
        if not (before in {"email", "sms"} and part in providers)
    )


def resolve(setting: str, value: str, env: Mapping[str, str]) -> str:
    """Read `env:NAME` from the environment, or return a plain value as it is.

    Raises SendError, the whole channel being down, when NAME is not set; never shows the value.
    """
    match = _ENV.fullmatch(value)
    if match is None:
        return value
    # a secret pasted into a file ends in a line break more often than not
    secret = env.get(match["name"], "").strip()
    if not secret:
        why = f"the environment variable {match['name']} is not set ({setting} reads it)"
    elif one_line(secret) != secret or not secret.isascii():
        why = f"the environment variable {match['name']} holds more than plain text ({setting})"
    else:
        return secret
    raise SendError(Outcome.NOT_SENT, why, code="not_set", channel_is_down=True)
