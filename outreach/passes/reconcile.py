"""The reconcile pass: what became of messages in doubt, as their provider or our policy says.

A provider that can be asked is asked before anything is sent again. Without a policy a message
stays in doubt until its provider, or a person, says what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.channels.outgoing import CanFind, Doubtful, Receipted
from outreach.errors import SendError
from outreach.faultpoints import FaultPoint, reach
from outreach.model import Channel, MessageState, Purpose, Reason
from outreach.passes.settling import Word, settle_not_sent, settle_sent
from outreach.passes.setup import Setup
from outreach.store.claiming import finish_attempts
from outreach.store.doubts import belonging, doubts, note_check
from outreach.store.queue import lock_messages
from outreach.store.types import Record

#: a provider lists what it took only after a while
FIRST_LOOK = timedelta(minutes=2)
#: how often it is asked again, and for how long: it may have been behind
LOOK_AGAIN = timedelta(minutes=15)
LAST_LOOK = timedelta(hours=6)
#: messages asked about in one pass, those first that wait longest
AT_MOST = 200


@dataclass
class ReconcileReport:
    """What one reconcile pass did, in messages."""

    found: int = 0
    resent: int = 0
    failed: int = 0
    left: int = 0


def reconcile(setup: Setup, *, now: datetime) -> ReconcileReport:
    """Settle what is in doubt, as far as anybody knows."""
    with setup.store.read() as connection:
        looks = [(next_look(setup, row), row) for row in doubts(connection)]
    due = [(at, row) for at, row in looks if at is not None and at <= now]
    due.sort(key=lambda each: (each[0], each[1].id))
    report = ReconcileReport(left=len(looks))
    for _, row in due[:AT_MOST]:
        provider = _provider(setup, row)
        found = _ask(provider, row) if provider else ()
        reach(FaultPoint.DOUBT_ASKED)
        if found is not None:
            _settle(setup, row, found, report, now=now)
            reach(FaultPoint.DOUBT_COMMITTED)
    report.left -= report.found + report.resent + report.failed
    return report


def next_look(setup: Setup, row: Record) -> datetime | None:
    """Return when something is to be done next about a message in doubt; None when nothing is."""
    times = []
    if _provider(setup, row):
        if row.checked_at is None:
            times.append(row.started_at + FIRST_LOOK)
        elif row.checked_at < row.started_at + LAST_LOOK:
            times.append(row.checked_at + LOOK_AGAIN)
    if again := _overdue_at(setup, row):
        times.append(again)
    return min(times, default=None)


def _settle(
    setup: Setup,
    row: Record,
    found: Sequence[Receipted],
    report: ReconcileReport,
    *,
    now: datetime,
) -> None:
    with setup.store.write() as connection:
        message = next(iter(lock_messages(connection, row.id)), None)
        if message is None or message.state != MessageState.UNKNOWN.value:
            return  # a person, or a receipt, was quicker
        note_check(connection, row.attempt, now)
        ours = belonging(connection, {each.provider_id for each in found})
        mine = next((each for each in found if each.provider_id not in ours), None)
        if mine is not None:
            values = {"outcome": "accepted", "provider_id": mine.provider_id}
            finish_attempts(connection, {row.attempt: values})
            word = Word(Reason.SENT, f"found at {row.provider}")
            settle_sent(connection, message, word, now=now, provider_id=mine.provider_id)
            report.found += 1
        elif (again := _overdue_at(setup, row)) and again <= now:
            state = settle_not_sent(connection, setup, message, Word(Reason.RESENT), now=now)
            report.resent += state is MessageState.PLANNED
            report.failed += state is MessageState.FAILED
        reach(FaultPoint.DOUBT_WRITTEN)


def _provider(setup: Setup, row: Record) -> CanFind | None:
    """Return who can be asked about a call, None when nobody can."""
    sender = setup.senders.get(Channel(row.channel))
    if sender is None or sender.name != row.provider:
        return None
    return sender if isinstance(sender, CanFind) else None


def _ask(provider: CanFind, row: Record) -> Sequence[Receipted] | None:
    """Return what the provider took that may be the message, None when it does not answer."""
    try:
        return provider.find(Doubtful(row.address, row.fingerprint, row.started_at))
    except SendError:
        return None


def _overdue_at(setup: Setup, row: Record) -> datetime | None:
    """Return from when on the policy sends a message again of which its provider knows nothing."""
    after = setup.resend_after.get(Purpose(row.purpose))
    return None if after is None else row.started_at + max(after, FIRST_LOOK)
