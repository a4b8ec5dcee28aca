"""Twilio through its official SDK, over kept connections and with a timeout."""

from __future__ import annotations

import logging
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.http import HttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from outreach.channels.addresses import is_phone_number
from outreach.channels.outgoing import (
    TWILIO_MESSAGE_PARAM,
    Doubtful,
    Outgoing,
    Receipted,
    fingerprint,
)
from outreach.channels.refusals import bad_address, from_wire, seconds_to_wait, unreadable
from outreach.channels.settings import TwilioSettings, resolve
from outreach.channels.twilio_codes import judge
from outreach.channels.wire import NeverSent, NoAnswer, Wire
from outreach.errors import Outcome, SendError

_PROVIDER = "Twilio"
_API = "https://api.twilio.com"
#: seconds a text may wait in Twilio's queue; it takes nothing outside of this
_SHORTEST, _LONGEST = 1, 36_000
#: how many texts to one number are looked through, the newest first
_LISTED = 50
#: Twilio's clock and ours
_CLOCKS_DIFFER = timedelta(minutes=1)


class TwilioSender:
    """Sends SMS through Twilio. One client serves all threads: our transport shares no state."""

    name = "twilio"

    def __init__(self, settings: TwilioSettings, env: Mapping[str, str]) -> None:
        self._settings = settings
        self._account = resolve("account_sid", settings.account_sid, env)
        token = resolve("auth_token", settings.auth_token, env)
        # the SDK's logger names recipients
        logging.getLogger("twilio").setLevel(logging.WARNING)
        self._http = _WireHttpClient(
            Wire(settings.url or _API, timeout=settings.timeout, connections=settings.concurrency),
        )
        region = {} if settings.url else _region(env)
        # an environment of our own: TWILIO_EDGE and TWILIO_REGION would rewrite a configured url
        self._client = Client(
            self._account,
            token,
            http_client=self._http,
            environment={"TWILIO_ACCOUNT_SID": self._account},
            **region,
        )
        if settings.url:
            self._client.api.base_url = settings.url

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        """Hand one text to Twilio; raises SendError for all but a documented acceptance."""
        if not is_phone_number(outgoing.to):
            raise bad_address(_PROVIDER, "it is no international number like +4915550100")
        with self._understood(201, now):
            message = self._client.messages.create(**self._form(outgoing, now))
        if not message.sid:
            raise unreadable(_PROVIDER, 201)
        return Receipted(str(message.sid), str(message.status or ""))

    def check(self) -> str:
        """Fetch the account."""
        with self._understood(200):
            account = self._client.api.v2010.accounts(self._account).fetch()
        if account.status != "active":
            why = f"Twilio knows the account, which is {account.status}"
            raise SendError(Outcome.NOT_SENT, why, code="account", channel_is_down=True)
        trial = "; a trial account reaches verified numbers only" if account.type == "Trial" else ""
        return f"Twilio answers at {self._settings.url or _API}; the account is active{trial}"

    def find(self, call: Doubtful) -> Sequence[Receipted]:
        """Return what Twilio took for the same number since, with the same words in it."""
        with self._understood(200):
            # by the number alone: a text that still waits there has no date of sending
            messages = self._client.messages.list(to=call.to, limit=_LISTED)
            since = call.started_at - _CLOCKS_DIFFER
            return [
                Receipted(str(message.sid), str(message.status or ""))
                for message in messages
                if message.direction == "outbound-api"
                and message.date_created >= since
                and fingerprint(message.body) == call.fingerprint
            ]

    def close(self) -> None:
        self._http.close()

    @contextmanager
    def _understood(self, success: int, now: datetime | None = None) -> Iterator[None]:
        """Say in our words what the SDK raises; `success` is the status that it expects."""
        try:
            yield
        except (NeverSent, NoAnswer) as error:
            raise from_wire(_PROVIDER, error) from None
        except TwilioException as error:
            wait = seconds_to_wait(self._http.last_headers(), now) if now else None
            raise judge(error, wait) from None
        except (ValueError, TypeError, AttributeError, KeyError):
            # a success whose body is not what the SDK expects: it may well have been sent
            raise unreadable(_PROVIDER, success) from None

    def _form(self, outgoing: Outgoing, now: datetime) -> dict[str, Any]:
        form: dict[str, Any] = {
            "to": outgoing.to,
            "body": outgoing.body_text,
            "smart_encoded": self._settings.smart_encoded,
        }
        if self._settings.messaging_service:
            form["messaging_service_sid"] = self._settings.messaging_service
        else:
            form["from_"] = self._settings.from_
        if outgoing.expires_at is not None:
            left = int((outgoing.expires_at - now).total_seconds())
            form["validity_period"] = min(max(left, _SHORTEST), _LONGEST)
        if self._settings.status_callback:
            form["status_callback"] = _callback(self._settings.status_callback, outgoing)
        return form


class _WireHttpClient(HttpClient):  # type: ignore[misc]
    """The SDK's transport on our wire, keeping what the SDK throws away: the answer's headers."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(logging.getLogger("twilio.http_client"), False, wire.timeout)
        self._wire = wire
        self._last = threading.local()

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # the wire has its own
        allow_redirects: bool = False,  # never: credentials would go along
    ) -> Response:
        """Make one call in the SDK's terms; raises NeverSent and NoAnswer past the SDK."""
        sent = dict(headers or {})
        if auth:
            sent["Authorization"] = _basic(auth)
        answer = self._wire.request(
            method,
            f"{uri}?{urlencode(params, doseq=True)}" if params else uri,
            headers=sent,
            body=urlencode(data, doseq=True).encode("ascii") if data else None,
        )
        self._last.headers = answer.headers
        return Response(answer.status, answer.body.decode("utf-8", "replace"), answer.headers)

    def last_headers(self) -> Mapping[str, str]:
        """Return the headers of the last answer this thread got."""
        return getattr(self._last, "headers", {})

    def close(self) -> None:
        self._wire.close()


def _basic(auth: tuple[str, str]) -> str:
    return "Basic " + b64encode(":".join(auth).encode()).decode("ascii")


def _region(env: Mapping[str, str]) -> dict[str, str]:
    names = {"edge": "TWILIO_EDGE", "region": "TWILIO_REGION"}
    return {key: env[name] for key, name in names.items() if env.get(name)}


def _callback(url: str, outgoing: Outgoing) -> str:
    """Add our message id to the callback: the only key that survives a lost answer."""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query), (TWILIO_MESSAGE_PARAM, outgoing.message_id)]
    return parts._replace(query=urlencode(query)).geturl()
