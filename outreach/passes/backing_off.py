"""Backing off: a provider that is busy is left alone as long as it asks, by all processes.

Its messages wait and are tried again; to have been asked to wait is no mark against them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from outreach.errors import Outcome, SendError
from outreach.model import Channel
from outreach.passes.setup import Setup
from outreach.passes.stopping import BUSY
from outreach.store import rates

#: how long a provider is left alone that does not say for how long
UNSAID = timedelta(seconds=10)
SHORTEST = timedelta(seconds=1)


def back_off(
    setup: Setup, errors: Iterable[tuple[Channel, SendError]], *, now: datetime
) -> dict[Channel, datetime]:
    """Let channels wait whose provider was busy; return until when, of those it is news for."""
    asked: dict[Channel, datetime] = {}
    for channel, error in errors:
        if is_busy(error):
            asked[channel] = max(now + patience(error), asked.get(channel, now))
    told = {}
    for channel, until in asked.items():
        with setup.store.write() as connection:
            if rates.hold_off(connection, channel, until, now):
                told[channel] = until
    return told


def is_busy(error: SendError) -> bool:
    """Whether a provider would take the message, only not now."""
    return error.code in BUSY and not error.channel_is_down


def left_alone(until: datetime, now: datetime) -> SendError:
    """Return what comes of a message whose provider is not called, since it asked us to wait."""
    wait = (until - now).total_seconds()
    said = "not tried: its provider had just asked us to wait"
    return SendError(Outcome.NOT_SENT, said, code=BUSY[0], retry_after=wait)


def patience(error: SendError) -> timedelta:
    """Return how long a provider wants to be left alone."""
    if error.retry_after is None:
        return UNSAID
    return max(timedelta(seconds=error.retry_after), SHORTEST)
