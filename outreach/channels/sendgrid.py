"""SendGrid through its official SDK, over kept connections and with a timeout."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from python_http_client.client import Client, Response  # type: ignore[import-untyped]
from python_http_client.exceptions import HTTPError, err_dict  # type: ignore[import-untyped]
from sendgrid import SendGridAPIClient  # type: ignore[import-untyped]

from outreach.channels.addresses import Mailbox, one_line
from outreach.channels.envelope import address
from outreach.channels.outgoing import SENDGRID_MESSAGE_ARG, Outgoing, Receipted
from outreach.channels.refusals import (
    from_status,
    from_wire,
    seconds_to_wait,
    unreadable,
)
from outreach.channels.settings import SendGridSettings, resolve
from outreach.channels.wire import Answer, NeverSent, NoAnswer, Wire
from outreach.errors import Outcome, SendError

_PROVIDER = "SendGrid"
_RECIPIENT_FIELD = re.compile(r"personalizations\.\d+\.to\b.*")
#: SendGrid rewrites nothing: links stay ours, the opt-out has one owner, nobody is watched
_NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
}


class SendGridSender:
    """Sends email through SendGrid. One client serves all threads."""

    name = "sendgrid"

    def __init__(self, settings: SendGridSettings, env: Mapping[str, str]) -> None:
        self._settings = settings
        self._wire = Wire(settings.url, timeout=settings.timeout, connections=settings.concurrency)
        key = resolve("api_key", settings.api_key, env)
        self._api = SendGridAPIClient(api_key=key, host=settings.url)
        self._api.client = _PooledClient(
            self._wire,
            host=settings.url,
            request_headers=self._api.client.request_headers,
            version=3,
        )

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        """Hand one email to SendGrid; raises SendError for all but a documented acceptance."""
        mail = self._mail(outgoing)
        try:
            response = self._api.send(mail)
        except (NeverSent, NoAnswer) as error:
            raise from_wire(_PROVIDER, error) from None
        except HTTPError as error:
            raise _refusal(error, now) from None
        return self._receipt(response)

    def check(self) -> str:
        """Ask which permissions the key has."""
        try:
            scopes = json.loads(self._api.client.scopes.get().body)["scopes"]
        except (NeverSent, NoAnswer) as error:
            raise from_wire(_PROVIDER, error) from None
        except HTTPError as error:
            raise from_status(_PROVIDER, error.status_code, _text(error.body)) from None
        except (ValueError, KeyError, TypeError):
            raise unreadable(_PROVIDER, 200) from None
        if "mail.send" not in scopes:
            why = "SendGrid knows the key, but the key may not send mail (permission mail.send)"
            raise SendError(Outcome.NOT_SENT, why, code="scopes", channel_is_down=True)
        return f"SendGrid answers at {self._settings.url}; the key may send mail"

    def close(self) -> None:
        self._wire.close()

    def _mail(self, outgoing: Outgoing) -> dict[str, Any]:
        settings = self._settings
        envelope = address(_PROVIDER, outgoing, from_=settings.from_, reply_to=settings.reply_to)
        mail: dict[str, Any] = {
            "from": _person(envelope.from_),
            # one recipient a request: two would see each other
            "personalizations": [{"to": [{"email": envelope.to}]}],
            "subject": one_line(outgoing.subject),
            "content": _content(outgoing),
            "headers": dict(envelope.headers),
            # SendGrid keeps this for good and shows it to its staff: an opaque id, nothing else
            "custom_args": {SENDGRID_MESSAGE_ARG: outgoing.message_id},
            "tracking_settings": _NO_TRACKING,
        }
        if envelope.reply_to is not None:
            mail["reply_to"] = _person(envelope.reply_to)
        if settings.sandbox_mode:
            mail["mail_settings"] = {"sandbox_mode": {"enable": True}}
        return mail

    def _receipt(self, response: Any) -> Receipted:
        if self._settings.sandbox_mode and response.status_code == 200:
            return Receipted("", "checked by SendGrid, not delivered: sandbox_mode is on")
        provider_id = response.headers.get("X-Message-Id", "")
        if response.status_code != 202 or not provider_id:
            raise unreadable(_PROVIDER, response.status_code)
        return Receipted(provider_id, "accepted")


class _PooledClient(Client):  # type: ignore[misc]
    """The SDK's HTTP client on our wire.

    The stock one builds a TLS context and an opener for every call, waits for ever, and at DEBUG
    writes whole messages and the key into the log.
    """

    def __init__(self, wire: Wire, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._wire = wire

    def _build_client(self, name: str | None = None) -> _PooledClient:
        return _PooledClient(
            self._wire,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
        )

    def __getattr__(self, name: str) -> Any:
        if name not in self.methods:
            return super().__getattr__(name)

        def call(request_body: Any = None, query_params: Any = None) -> Any:
            return self._call(name.upper(), self._build_url(query_params), request_body)

        return call

    def _call(self, method: str, url: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.request_headers, **({"Content-Type": "application/json"} if data else {})}
        answer = self._wire.request(method, url, headers=headers, body=data)
        if answer.status >= 300:
            kind = err_dict.get(answer.status, HTTPError)
            raise kind(answer.status, answer.reason, answer.body, answer.headers)
        return Response(_Opened(answer))


class _Opened:
    """An answer in the shape of urllib's, which the SDK reads."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.read = BytesIO(answer.body).read

    def getcode(self) -> int:
        return self._answer.status

    def info(self) -> Mapping[str, str]:
        return self._answer.headers


def _person(mailbox: Mailbox) -> dict[str, str]:
    # SendGrid refuses these two in a name, and the SDK lets them through
    name = one_line(mailbox.name.translate({ord(";"): " ", ord(","): " "}))
    return {"email": mailbox.address, **({"name": " ".join(name.split())} if name else {})}


def _content(outgoing: Outgoing) -> list[dict[str, str]]:
    # the order matters to SendGrid, and so does that none is empty
    parts = [("text/plain", outgoing.body_text), ("text/html", outgoing.body_html)]
    return [{"type": kind, "value": value} for kind, value in parts if value]


def _refusal(error: Any, now: datetime) -> SendError:
    refusal = from_status(
        _PROVIDER,
        error.status_code,
        _text(error.body),
        retry_after=seconds_to_wait(error.headers, now),
    )
    refusal.address_is_bad = error.status_code == 400 and _blames_the_recipient(error.body)
    return refusal


def _blames_the_recipient(body: bytes) -> bool:
    fields = [str(each.get("field") or "") for each in _errors(body)]
    return bool(fields) and all(_RECIPIENT_FIELD.fullmatch(name) for name in fields)


def _text(body: bytes) -> str:
    return "; ".join(str(each.get("message") or "") for each in _errors(body))


def _errors(body: bytes) -> list[dict[str, Any]]:
    try:
        errors = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError):
        return []
    return [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
