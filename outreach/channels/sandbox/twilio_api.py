"""Twilio as the sandbox plays it: Messages.json (create, list, fetch) and the account."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from email.utils import format_datetime
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from outreach.channels.outgoing import TWILIO_MESSAGE_PARAM
from outreach.channels.sandbox.arrivals import Arrived
from outreach.channels.sandbox.desk import Desk, Refused
from outreach.model import Channel

_ACCOUNT = "/2010-04-01/Accounts/{account}"
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_BODY = 1600


class TwilioApi:
    """Speaks the part of Twilio's 2010 API that Outreach uses."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [
            Route(f"{_ACCOUNT}/Messages.json", self.create, methods=["POST"]),
            Route(f"{_ACCOUNT}/Messages.json", self.find, methods=["GET"]),
            Route(f"{_ACCOUNT}/Messages/{{sid}}.json", self.fetch, methods=["GET"]),
            Route(f"{_ACCOUNT}.json", self.account, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        return await self._desk.take(request, self)

    async def find(self, request: Request) -> Response:
        """List newest first, by To and From; one page."""
        if not _is_signed_in(request):
            return self.refuse(401, 20003, "Authenticate", "")
        to, from_ = request.query_params.get("To"), request.query_params.get("From")
        fault = self._desk.script.for_recipient(to or "")
        if fault is not None and fault.status:
            return self.refuse(fault.status, fault.code, fault.message, "")
        size = int(request.query_params.get("PageSize", "50"))
        found = [
            self._message(message)
            for message in reversed(self._texts())
            if to in (None, message.to) and from_ in (None, message.from_)
        ]
        page = {"messages": found[:size], "next_page_uri": None, "page": 0, "page_size": size}
        return JSONResponse(page)

    async def fetch(self, request: Request) -> Response:
        if not _is_signed_in(request):
            return self.refuse(401, 20003, "Authenticate", "")
        sid = request.path_params["sid"]
        found = [message for message in self._texts() if message.provider_id == sid]
        if not found:
            return self.refuse(404, 20404, "The requested resource was not found", "")
        return JSONResponse(self._message(found[0]))

    async def account(self, request: Request) -> Response:
        fault = self._desk.script.next()
        if fault is not None and fault.status:
            return self.refuse(fault.status, fault.code, fault.message, "")
        if not _is_signed_in(request):
            return self.refuse(401, 20003, "Authenticate", "")
        return JSONResponse(
            {
                "sid": request.path_params["account"],
                "friendly_name": "Sandbox",
                "status": "active",
                "type": "Full",
            }
        )

    def read(self, request: Request, body: bytes) -> Arrived:
        """Read one text as Twilio documents it, refusing what Twilio refuses."""
        if not _is_signed_in(request):
            raise Refused(401, 20003, "Authenticate")
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8")).items()}
        _check(form)
        callback = dict(parse_qsl(urlsplit(form.get("StatusCallback", "")).query))
        return Arrived(
            at=self._desk.clock.now(),
            channel=Channel.SMS,
            provider_id=f"SM{token_hex(16)}",
            message_id=callback.get(TWILIO_MESSAGE_PARAM, ""),
            to=form["To"],
            from_=form.get("From") or form.get("MessagingServiceSid", ""),
            text=form["Body"],
            request={**form, "account": request.path_params["account"]},
        )

    def accept(self, message: Arrived) -> Response:
        return JSONResponse(self._message(message), status_code=201)

    def refuse(self, status: int, code: int, message: str, blamed_field: str) -> Response:
        more = f"https://www.twilio.com/docs/errors/{code}"
        content = {"code": code, "message": message, "more_info": more, "status": status}
        return JSONResponse(content, status_code=status)

    def garble(self) -> Response:
        return Response("<html>Welcome to the hotel's network</html>", status_code=201)

    def _texts(self) -> list[Arrived]:
        return [m for m in self._desk.arrivals.all() if m.channel is Channel.SMS]

    def _message(self, message: Arrived) -> dict[str, Any]:
        form, created = message.request, format_datetime(message.at)
        service = form.get("MessagingServiceSid")
        return {
            "sid": message.provider_id,
            "account_sid": form["account"],
            "messaging_service_sid": service,
            "to": message.to,
            "from": form.get("From"),
            "body": message.text,
            "status": "accepted" if service else "queued",
            "direction": "outbound-api",
            # Twilio does not know them before it has chosen a sender from the service
            "num_segments": "0" if service else "1",
            "num_media": "0",
            "date_created": created,
            "date_updated": created,
            "date_sent": None,
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"/2010-04-01/Accounts/{form['account']}/Messages/{message.provider_id}.json",
            "subresource_uris": {},
        }


def _is_signed_in(request: Request) -> bool:
    """Twilio wants the account of the path as the user, and some token."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, token = b64decode(secret, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return scheme == "Basic" and user == request.path_params["account"] and bool(token)


def _check(form: dict[str, str]) -> None:
    if not form.get("To"):
        raise Refused(400, 21604, "A 'To' phone number is required.")
    if not _NUMBER.fullmatch(form["To"]):
        raise Refused(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
    if not form.get("From") and not form.get("MessagingServiceSid"):
        raise Refused(400, 21603, "A 'From' phone number is required.")
    if not form.get("Body"):
        raise Refused(400, 21602, "Message body is required.")
    if len(form["Body"]) > _LONGEST_BODY:
        raise Refused(400, 21617, "The message body exceeds 1600 characters.")
    validity = form.get("ValidityPeriod", "1")
    if not validity.isdecimal() or not 1 <= int(validity) <= 36_000:
        raise Refused(400, 90007, "ValidityPeriod is out of range.")
