"""The recipient: addresses, zones and what they allow; which channel a message may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from outreach.deciding.staging import is_allowed_here
from outreach.deciding.verdicts import GO, Verdict, hold, stop
from outreach.model import Channel, Purpose, Reason
from outreach.timing.windows import SendWindow
from outreach.timing.zones import Zones, recipient_zones


@dataclass(frozen=True)
class ConsentWord:
    """What the customer last said about a purpose; without a channel it means all of them."""

    purpose: Purpose
    channel: Channel | None
    granted: bool
    at: datetime


@dataclass(frozen=True)
class Suppressed:
    """An address that must not be written to; without a purpose it means all of them."""

    channel: Channel
    purpose: Purpose | None
    reason: str
    until: datetime | None = None

    def forbids(self, channel: Channel, purpose: Purpose, now: datetime) -> bool:
        """Whether it is in force now and about this channel and purpose."""
        if self.until is not None and self.until <= now:
            return False
        return self.channel is channel and self.purpose in (None, purpose)


@dataclass(frozen=True)
class WithPerson:
    """A task given to people by a rule, whose customer hears nothing else until then."""

    handoff: int
    rule: str
    until: datetime


@dataclass(frozen=True)
class Recipient:
    """One customer as the gates see them; `fallback` is the workspace's zone.

    `consents` are in the order in which they were written down.
    """

    customer: Mapping[str, Any]
    fallback: ZoneInfo
    consents: Sequence[ConsentWord] = ()
    suppressed: Sequence[Suppressed] = ()
    #: they wrote something that may be a stop, and nobody has read it yet
    has_open_reply: bool = False
    #: what keeps other rules silent for a time
    with_people: Sequence[WithPerson] = ()
    #: patterns of the only addresses a staging server writes to; empty means everybody
    send_only_to: Sequence[str] = ()

    @property
    def id(self) -> str:
        return str(self.customer["id"])

    @property
    def is_erased(self) -> bool:
        return self.customer.get("erased_at") is not None

    @cached_property
    def zones(self) -> Zones:
        """The zones whose clocks the customer may keep."""
        known = (
            self.customer.get(k) for k in ("zone", "country", "region", "postal_code", "phone")
        )
        return recipient_zones(*known, self.fallback)

    def address(self, channel: Channel) -> str | None:
        """Return where a channel reaches the customer, None when it does not."""
        return self.customer.get("email" if channel is Channel.EMAIL else "phone") or None

    def next_open(self, window: SendWindow, instant: datetime) -> datetime | None:
        """Return when a window is next open for this person, None when it never is."""
        safe = self._safe(window)
        return safe.next_open(instant, self.zones.zones) if safe else None

    def closes_at(self, window: SendWindow, instant: datetime) -> datetime | None:
        """Return when a window that is open closes for this person, None when it never does."""
        safe = self._safe(window)
        return safe.closes_at(instant, self.zones.zones) if safe else instant

    def _safe(self, window: SendWindow) -> SendWindow | None:
        # a zone that is a guess gets the hours that are decent in its neighbours too
        return window if self.zones.is_certain else window.cautious()

    def allows(self, channel: Channel, purpose: Purpose, now: datetime) -> Verdict:
        """Judge one channel for one purpose."""
        address = self.address(channel)
        if address is None:
            return stop(Reason.NO_ADDRESS)
        for entry in self.suppressed:
            if entry.forbids(channel, purpose, now):
                return stop(Reason.SUPPRESSED, entry.reason)
        said = self._said(channel, purpose)
        if said is False and purpose is not Purpose.TRANSACTIONAL:
            return stop(Reason.OPTED_OUT, purpose.value)
        if said is None and purpose is Purpose.MARKETING:
            return stop(Reason.NO_CONSENT, purpose.value)
        if not is_allowed_here(address, self.send_only_to):
            return hold(Reason.NOT_ALLOWED_HERE)
        return GO

    def silence(self, rule: str, now: datetime) -> WithPerson | None:
        """Return the task of another rule that keeps a rule silent longest, None when none does."""
        running = [each for each in self.with_people if each.rule != rule and each.until > now]
        return max(running, key=lambda each: each.until, default=None)

    def _said(self, channel: Channel, purpose: Purpose) -> bool | None:
        words = [
            word
            for word in self.consents
            if word.purpose is purpose and word.channel in (None, channel)
        ]
        # of two words of one moment the one written down last, so they are read backwards
        latest = max(reversed(words), key=lambda word: word.at, default=None)
        return latest.granted if latest else None


def choose_channel(
    recipient: Recipient, via: Sequence[Channel], purpose: Purpose, now: datetime
) -> tuple[Channel | None, Verdict]:
    """Return the first channel that exists and is allowed, or why there is none.

    The reason is that of the first channel with an address: an opt-out says more than the lack
    of a phone number.
    """
    verdicts = [(channel, recipient.allows(channel, purpose, now)) for channel in via]
    for channel, verdict in verdicts:
        if verdict == GO:
            return channel, verdict
    said = [v for _, v in verdicts if v.reason is not Reason.NO_ADDRESS]
    return None, said[0] if said else stop(Reason.NO_ADDRESS, ", ".join(via))
