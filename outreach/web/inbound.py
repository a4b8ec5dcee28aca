"""What people write back, posted by providers: verified, kept, and answered once if at all."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]

from outreach.channels.inbound import Inbound
from outreach.passes.hearing import Heard, House, hear
from outreach.web.receivers import Receivers
from outreach.web.tally import HEARD
from outreach.web.webhooks import ANSWERS, Desk, TwilioBody, query_of
from outreach.workspace.web import TWILIO_REPLIES_PATH


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
