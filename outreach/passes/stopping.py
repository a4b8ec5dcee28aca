"""Stopping: a channel whose provider refuses everything, or too much, sends nothing for a while.

The stop is a pause that all processes see. It ends by hand, or when the provider, asked every few
minutes, would take messages again. What waits for it is neither failed nor in doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from outreach.channels.addresses import redact
from outreach.errors import SendError
from outreach.model import Channel, Reason
from outreach.passes.lease import OURS
from outreach.passes.setup import Setup
from outreach.store import stops
from outreach.store.auditing import note_deed
from outreach.store.marks import one_at_a_time
from outreach.store.types import Record
from outreach.store.waking import wake

#: how soon a provider is asked again; after each stop of one day twice as long
PROBE = timedelta(minutes=5)
LONGEST_PROBE = timedelta(hours=1)
#: of so many calls in such a time more than half must not go wrong
WINDOW = timedelta(minutes=10)
FEWEST_CALLS = 20
#: too many requests: it comes back by itself, and later tries wait longer and longer
BUSY = ("429", "20429", "21611")
DAY = timedelta(days=1)


def stop_failing(
    setup: Setup, errors: Iterable[tuple[Channel, SendError]], *, now: datetime
) -> dict[Channel, str]:
    """Stop the channels whose latest errors say so; return why, for each that is stopped now."""
    by_channel: dict[Channel, list[SendError]] = defaultdict(list)
    for channel, error in errors:
        by_channel[channel].append(error)
    stopped = {}
    for channel, found in by_channel.items():
        with setup.store.read() as connection:
            why = _down(found) or _too_much(connection, channel, found, now)
        if why:
            _stop(setup, channel, why, now)
            stopped[channel] = why
    return stopped


def probe_stopped(setup: Setup, *, now: datetime) -> list[Channel]:
    """Ask the providers of stopped channels whose time has come; return those that go on."""
    back = []
    with setup.store.read() as connection:
        due = stops.to_probe(connection, [channel.value for channel in setup.senders], now)
    for stop in due:
        with setup.store.write() as connection:
            is_ours = stops.begin_probe(connection, stop, now + PROBE)
        if is_ours and _would_take(setup, Channel(stop.name)) and _go_on(setup, stop, now):
            back.append(Channel(stop.name))
    return back


def _down(errors: Iterable[SendError]) -> str:
    return next((redact(str(error)) for error in errors if error.channel_is_down), "")


def _too_much(
    connection: Connection, channel: Channel, errors: list[SendError], now: datetime
) -> str:
    """Say how much of a channel went wrong lately, empty when that is not too much."""
    since = max(now - WINDOW, stops.last_resumed(connection, channel.value) or now - WINDOW)
    calls = stops.latest_calls(connection, channel.value, since, (*BUSY, OURS))
    if calls.total < FEWEST_CALLS or calls.failed * 2 <= calls.total:
        return ""
    return f"{calls.failed:,} of the last {calls.total:,} calls failed: {redact(str(errors[-1]))}"


def _stop(setup: Setup, channel: Channel, why: str, now: datetime) -> None:
    with setup.store.write() as connection:
        one_at_a_time(connection, "stopping")
        before = stops.stops_since(connection, channel.value, now - DAY)
        probe_at = now + min(PROBE * 2 ** min(before, 10), LONGEST_PROBE)
        if stops.stop_channel(connection, channel.value, reason=why, probe_at=probe_at, now=now):
            detail = {"scope": stops.SCOPE, "name": channel.value, "reason": why}
            note_deed(connection, stops.OUTREACH, "pause", detail, now)


def _would_take(setup: Setup, channel: Channel) -> bool:
    try:
        setup.senders[channel].check()
    except Exception:  # noqa: BLE001 - whatever went wrong, it is no yes; the others go on
        return False
    return True


def _go_on(setup: Setup, stop: Record, now: datetime) -> bool:
    """End a stop and wake what waited, unless a person decided otherwise while we asked."""
    with setup.store.write() as connection:
        if not stops.end_stop(connection, stop.id, now):
            return False
        wake(connection, Reason.PAUSED, now)
        detail = {"scope": stops.SCOPE, "name": stop.name, "note": "its provider answers again"}
        note_deed(connection, stops.OUTREACH, "resume", detail, now)
    return True
