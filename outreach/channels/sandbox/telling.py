"""Telling: what became of each message is told to the daemon, as the providers do it.

SendGrid tells many events at once and asks again until they are taken; Twilio calls for each
status, and gives up after some tries. Both may tell twice or late; somebody else forges.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from time import monotonic

import urllib3

from outreach.channels.sandbox.arrivals import Arrived
from outreach.channels.sandbox.mischief import Chance, Mischief
from outreach.channels.sandbox.receipts import Event, SendGridEvents, TwilioCallbacks
from outreach.model import Channel

#: seconds from a message's arrival to the first word of it, from there to the next, and until
#: something is told again that was not taken
SOON, LATER, AGAIN = 0.1, 1.0, 1.0
#: as our callbacks wish it: the first and three more
TWILIO_TRIES = 4
#: events in one request of SendGrid's
BATCH = 200
OK = 200


@dataclass(order=True)
class _Due:
    at: float
    number: int
    tell: Callable[[], bool] = field(compare=False)
    tries: int = field(compare=False)


class Teller(threading.Thread):
    """Tells what becomes of messages until it is stopped; `tell` may be called on any thread."""

    def __init__(
        self, sendgrid: SendGridEvents | None, twilio: TwilioCallbacks | None, chance: Chance
    ) -> None:
        super().__init__(name="teller", daemon=True)
        self._sendgrid, self._twilio, self._chance = sendgrid, twilio, chance
        self._forger = SendGridEvents(sendgrid.url) if sendgrid else None
        self._changed = threading.Condition()
        self._due: list[_Due] = []
        self._events: list[Event] = []
        self._numbers = count()
        self._is_ending = False

    def tell(self, message: Arrived) -> None:
        """Tell of a message soon, and of its delivery a little later."""
        met = self._chance.receipts()
        is_mail = message.channel is Channel.EMAIL
        if is_mail and self._sendgrid is not None:
            self._tell_of_mail(self._sendgrid, message, met)
        elif not is_mail and self._twilio is not None and "StatusCallback" in message.request:
            self._tell_of_text(self._twilio, message, met)

    def stop(self) -> None:
        """Tell nothing more."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()
        if self.ident is not None:
            self.join()

    def run(self) -> None:
        while (due := self._next()) is not None:
            if not due.tell() and due.tries > 1:
                self._add(AGAIN, due.tell, tries=due.tries - 1)

    def _tell_of_mail(
        self, sendgrid: SendGridEvents, message: Arrived, met: frozenset[Mischief]
    ) -> None:
        events = [sendgrid.event(message, name) for name in ("processed", "delivered")]
        if Mischief.RECEIPT_LATE in met:
            events.reverse()
        if Mischief.RECEIPT_FORGED in met and self._forger is not None:
            forged = [self._forger.event(message, "bounce", type="bounce")]
            self._add(SOON, partial(_post, self._forger, forged), tries=1)
        for seconds, event in zip((SOON, LATER), events, strict=True):
            copies = [event] * (2 if Mischief.RECEIPT_TWICE in met else 1)
            self._add(seconds, partial(self._collect, copies), tries=1)

    def _tell_of_text(
        self, twilio: TwilioCallbacks, message: Arrived, met: frozenset[Mischief]
    ) -> None:
        statuses = ["sent", "delivered"]
        if Mischief.RECEIPT_LATE in met:
            statuses.reverse()
        if Mischief.RECEIPT_FORGED in met:
            url, body, _ = twilio.sign(message, "failed", error_code="21610")
            forged = TwilioCallbacks("somebody else").sign(message, "failed")[2]
            self._add(SOON, partial(_deliver, twilio, url, body, forged), tries=1)
        for seconds, status in zip((SOON, LATER), statuses, strict=True):
            call = partial(_deliver, twilio, *twilio.sign(message, status))
            for _ in range(2 if Mischief.RECEIPT_TWICE in met else 1):
                self._add(seconds, call, tries=TWILIO_TRIES)

    def _collect(self, events: Sequence[Event]) -> bool:
        """Put events into the next request, which is made when nothing else is due."""
        if not self._events:
            self._add(0.0, self._post_collected, tries=1)
        self._events += events
        return True

    def _post_collected(self) -> bool:
        assert self._sendgrid is not None
        batch, self._events = self._events[:BATCH], self._events[BATCH:]
        is_taken = _post(self._sendgrid, batch)
        if not is_taken:
            self._events += batch
        if self._events:
            self._add(0.0 if is_taken else AGAIN, self._post_collected, tries=1)
        return True

    def _add(self, seconds: float, tell: Callable[[], bool], *, tries: int) -> None:
        with self._changed:
            due = _Due(monotonic() + seconds, next(self._numbers), tell, tries)
            heapq.heappush(self._due, due)
            self._changed.notify()

    def _next(self) -> _Due | None:
        """Wait for what is due next; None when it shall end."""
        with self._changed:
            while not self._is_ending:
                wait = self._due[0].at - monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)
                self._changed.wait(wait)
            return None


def _post(provider: SendGridEvents, events: Sequence[Event]) -> bool:
    try:
        return provider.post(events) == OK
    except urllib3.exceptions.HTTPError:
        return False  # nobody is there: the daemon is being started again


def _deliver(provider: TwilioCallbacks, url: str, body: bytes, signature: str) -> bool:
    try:
        return provider.deliver(url, body, signature) == OK
    except urllib3.exceptions.HTTPError:
        return False
