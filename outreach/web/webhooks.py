"""What providers post: verified over the raw bytes, kept, answered with an empty body.

Whatever cannot be kept is answered with 503, so that the provider tells it again later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from outreach.channels.receipts import Forged, Malformed, Told
from outreach.clock import Clock
from outreach.passes.receipts import take_receipts
from outreach.store.database import Store
from outreach.web.bodies import Limited
from outreach.web.receivers import Receivers
from outreach.web.tally import FAILED, REFUSED, TAKEN, Tally
from outreach.workspace.web import SENDGRID_PATH, TWILIO_PATH

#: SendGrid batches events, Twilio calls for each
SENDGRID_LIMIT, TWILIO_LIMIT = 5_000_000, 100_000
T = TypeVar("T")
#: seconds until a provider may ask again
RETRY_AFTER = "60"


@dataclass(frozen=True)
class Desk:
    """Where every request of a provider ends: it is taken, refused, or put off."""

    store: Store
    clock: Clock
    tally: Tally

    def take(self, provider: str, read: Callable[[], Told]) -> Response:
        """Answer one request that `read` verifies and understands."""
        told = self.read(provider, read)
        report = self.keep(
            provider, lambda: take_receipts(self.store, told.receipts, now=self.clock.now())
        )
        ignored = sum(told.ignored.values())
        counts = {**asdict(report), "ignored": ignored}
        self.tally.add(TAKEN, provider, counts, self.clock.now())
        return Response()

    def read(self, provider: str, read: Callable[[], T]) -> T:
        """Return what a request says; one that is not right is counted and refused."""
        now = self.clock.now()
        try:
            return read()
        except Forged as error:
            self.tally.add(REFUSED, provider, {"forged": 1}, now)
            raise HTTPException(403, str(error)) from None
        except Malformed as error:
            self.tally.add(REFUSED, provider, {"malformed": 1}, now)
            raise HTTPException(400, str(error)) from None

    def keep(self, provider: str, work: Callable[[], T]) -> T:
        """Do what a request asks for; where that fails, the provider shall ask again."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the provider shall ask again
            self.tally.add(FAILED, provider, {type(error).__name__: 1}, self.clock.now())
            again = {"Retry-After": RETRY_AFTER}
            raise HTTPException(503, "it cannot be kept now", again) from None


def webhooks(receivers: Receivers, desk: Desk) -> APIRouter:
    """Return the addresses of the providers that are set up."""
    router = APIRouter(default_response_class=Response)
    clock = desk.clock
    if (sendgrid := receivers.sendgrid) is not None:

        @router.post(SENDGRID_PATH, summary="SendGrid's events", responses=ANSWERS)
        def take_sendgrid(request: Request, body: SendGridBody) -> Response:
            return desk.take(
                "sendgrid", lambda: sendgrid.read(body, request.headers, now=clock.now())
            )

    if (twilio := receivers.twilio) is not None:

        @router.post(TWILIO_PATH, summary="Twilio's status callbacks", responses=ANSWERS)
        def take_twilio(request: Request, body: TwilioBody) -> Response:
            query = query_of(request)
            return desk.take(
                "twilio", lambda: twilio.read(body, request.headers, query, now=clock.now())
            )

    return router


def query_of(request: Request) -> str:
    """Return the query as it came: it is signed."""
    return str(request.scope["query_string"].decode("latin-1"))


SendGridBody = Annotated[bytes, Depends(Limited(SENDGRID_LIMIT))]
TwilioBody = Annotated[bytes, Depends(Limited(TWILIO_LIMIT))]
ANSWERS: dict[int | str, dict[str, object]] = {
    400: {"description": "signed, and of another form than documented"},
    403: {"description": "not signed by the provider"},
    413: {"description": "too long"},
    503: {"description": "cannot be kept now: ask again later"},
}
