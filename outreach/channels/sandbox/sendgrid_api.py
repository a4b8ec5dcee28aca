"""SendGrid as the sandbox plays it: /v3/mail/send and /v3/scopes, with its refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from outreach.channels.envelope import OWN_HEADERS
from outreach.channels.outgoing import SENDGRID_MESSAGE_ARG
from outreach.channels.sandbox.arrivals import Arrived
from outreach.channels.sandbox.desk import Desk, Refused
from outreach.model import Channel

_ADDRESS = re.compile(r"[!-~]+@[!-~]+\.[!-~]+")


class SendGridApi:
    """Speaks the part of SendGrid's v3 API that Outreach uses."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [
            Route("/v3/mail/send", self.send, methods=["POST"]),
            Route("/v3/scopes", self.scopes, methods=["GET"]),
        ]

    async def send(self, request: Request) -> Response:
        return await self._desk.take(request, self)

    async def scopes(self, request: Request) -> Response:
        fault = self._desk.script.next()
        if fault is not None and fault.status:
            return self.refuse(fault.status, fault.code, fault.message, fault.blamed_field)
        if not _is_signed_in(request):
            return self.refuse(401, 0, "authorization required", "")
        return JSONResponse({"scopes": ["mail.send"]})

    def read(self, request: Request, body: bytes) -> Arrived:
        """Read one mail as SendGrid documents it, refusing what SendGrid refuses."""
        if not _is_signed_in(request):
            raise Refused(401, 0, "The provided authorization grant is invalid")
        mail = _parsed(body)
        to = _recipient(mail)
        contents = _contents(mail)
        _check_names(mail)
        _check_headers(mail.get("headers") or {})
        args = _custom_args(mail)
        return Arrived(
            at=self._desk.clock.now(),
            channel=Channel.EMAIL,
            provider_id=token_urlsafe(16),
            message_id=args.get(SENDGRID_MESSAGE_ARG, ""),
            to=to,
            from_=_shown(mail.get("from") or {}),
            reply_to=_shown(mail.get("reply_to") or {}),
            subject=str(mail.get("subject") or ""),
            text=contents.get("text/plain", ""),
            html=contents.get("text/html", ""),
            headers=mail.get("headers") or {},
            request=mail,
        )

    def accept(self, message: Arrived) -> Response:
        return Response(status_code=202, headers={"X-Message-Id": message.provider_id})

    def refuse(self, status: int, code: int, message: str, blamed_field: str) -> Response:
        error = {"message": message, "field": blamed_field or None, "help": None}
        return JSONResponse({"errors": [error]}, status_code=status)

    def garble(self) -> Response:
        return Response("<html>Welcome to the hotel's network</html>", status_code=200)


def _is_signed_in(request: Request) -> bool:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return scheme == "Bearer" and bool(key)


def _parsed(body: bytes) -> dict[str, Any]:
    mail = json.loads(body)
    if not isinstance(mail, dict):
        raise TypeError("a mail is a JSON object")
    return mail


def _recipient(mail: Mapping[str, Any]) -> str:
    personalizations = mail.get("personalizations") or []
    if not personalizations:
        raise Refused(400, 0, "You must have at least one personalization.", "personalizations")
    recipients = personalizations[0].get("to") or []
    if not recipients:
        raise Refused(400, 0, "The to array is required.", "personalizations.0.to")
    to = str(recipients[0].get("email") or "")
    if not _ADDRESS.fullmatch(to):
        field = "personalizations.0.to.0.email"
        raise Refused(400, 0, "Does not contain a valid address.", field)
    return to


def _contents(mail: Mapping[str, Any]) -> dict[str, str]:
    contents = mail.get("content") or []
    if not contents:
        raise Refused(400, 0, "The content is required.", "content")
    if not all(part.get("value") for part in contents):
        raise Refused(400, 0, "The content value must be at least one character.", "content.value")
    if [part["type"] for part in contents] not in (
        ["text/plain"],
        ["text/html"],
        ["text/plain", "text/html"],
    ):
        raise Refused(400, 0, "text/plain must come first, then text/html.", "content.type")
    return {part["type"]: part["value"] for part in contents}


def _check_names(mail: Mapping[str, Any]) -> None:
    for field in ("from", "reply_to"):
        person = mail.get(field)
        if person is None and field == "reply_to":
            continue
        if not _ADDRESS.fullmatch(str((person or {}).get("email") or "")):
            raise Refused(400, 0, "Does not contain a valid address.", f"{field}.email")
        if re.search(r"[;,\r\n]", (person or {}).get("name") or ""):
            raise Refused(400, 0, "The name must not hold ; or ,", f"{field}.name")


def _check_headers(headers: Mapping[str, Any]) -> None:
    for name, value in headers.items():
        if name.lower() in OWN_HEADERS:
            raise Refused(400, 0, f"The header {name} is reserved.", "headers")
        if not isinstance(value, str) or re.search(r"[\r\n]", value):
            raise Refused(400, 0, f"The header {name} must be one line of text.", "headers")


def _custom_args(mail: Mapping[str, Any]) -> dict[str, str]:
    args = mail.get("custom_args") or {}
    if not all(isinstance(value, str) for value in args.values()):
        raise Refused(400, 0, "Custom args must be strings.", "custom_args")
    return dict(args)


def _shown(person: Mapping[str, Any]) -> str:
    name, address = person.get("name"), person.get("email") or ""
    return f"{name} <{address}>" if name else str(address)
