"""What people write back, posted by providers: verified, kept, and answered once if at all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]

from outreach.channels.inbound import Inbound
from outreach.passes.hearing import Heard, House, hear
from outreach.web.bodies import Limited
from outreach.web.receivers import Receivers
from outreach.web.tally import HEARD
from outreach.web.webhooks import ANSWERS, Desk, TwilioBody, query_of
from outreach.workspace.web import SENDGRID_REPLIES_PATH, TWILIO_REPLIES_PATH

#: SendGrid hands on mail of at most 30 MB
MAIL_LIMIT = 31_000_000
MailBody = Annotated[bytes, Depends(Limited(MAIL_LIMIT))]


def inbound(receivers: Receivers, desk: Desk, house: House) -> APIRouter:
    """Return the addresses for replies of the providers that are set up."""
    router = APIRouter(default_response_class=Response)
    clock = desk.clock
    if (twilio := receivers.twilio_replies) is not None:

        @router.post(TWILIO_REPLIES_PATH, summary="Texts to our numbers", responses=ANSWERS)
        def take_text(request: Request, body: TwilioBody) -> Response:
            query = query_of(request)
            found = desk.read(
                "twilio", lambda: twilio.read(body, request.headers, query, now=clock.now())
            )
            heard = _hear(desk, found, house, "twilio")
            return _twiml(heard.answer if heard else "")

    if (sendgrid := receivers.sendgrid_replies) is not None:
        path = SENDGRID_REPLIES_PATH + "/{secret}"

        # before a byte of the body is read
        def know(secret: str) -> None:
            desk.read("sendgrid", lambda: sendgrid.check(secret))

        @router.post(path, summary="Mail to us", responses=ANSWERS, dependencies=[Depends(know)])
        def take_mail(request: Request, body: MailBody) -> Response:
            kind = request.headers.get("Content-Type", "")
            found = desk.read("sendgrid", lambda: sendgrid.read(body, kind, now=clock.now()))
            _hear(desk, found, house, "sendgrid")
            return Response()

    return router


def _hear(desk: Desk, found: Inbound | None, house: House, provider: str) -> Heard | None:
    """Take a reply in, and count it."""
    now = desk.clock.now()
    if found is None:
        desk.tally.add(HEARD, provider, {"ignored": 1}, now)
        return None
    heard = desk.keep(provider, lambda: hear(desk.store, found, house, now=now))
    word = heard.meaning.value if heard.is_new else "repeated"
    desk.tally.add(HEARD, provider, {word: 1, "dropped": heard.dropped}, now)
    return heard


def _twiml(answer: str) -> Response:
    said = MessagingResponse()
    if answer:
        said.message(answer)
    return Response(str(said), media_type="text/xml")
