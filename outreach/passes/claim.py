"""Claiming: judge due messages on fresh facts, and write down what is about to be sent.

All of it is one transaction. What it returns may be handed to providers; nothing else may.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.channels.outgoing import Outgoing, fingerprint
from outreach.deciding.circumstances import Circumstances, Judged
from outreach.deciding.gates import judge
from outreach.deciding.promises import Stated
from outreach.deciding.rendering.links import LinkTo
from outreach.deciding.verdicts import Decision, Verdict
from outreach.faultpoints import FaultPoint, reach
from outreach.model import Channel, MessageState, Mode, Purpose, Reason
from outreach.passes.drafting import postponed
from outreach.passes.judging import Seen, circumstances, read_seen, settle_coupon, wallets
from outreach.passes.progress import go_on
from outreach.passes.purse import Purse
from outreach.passes.receipts import take_back
from outreach.passes.setup import Setup
from outreach.passes.throttle import Throttle
from outreach.passes.wording import outgoing
from outreach.store import claiming, planning, promises
from outreach.store.marks import lock_claims
from outreach.store.pausing import keep_pauses
from outreach.store.rulesets import is_renamed_since
from outreach.store.source_reads import keep_reads
from outreach.store.states import StateChange, change_states, put_in_shadow
from outreach.store.types import Record


@dataclass(frozen=True)
class Claimed:
    """A message that is ours to send, with the attempt that was written for it."""

    message: Record
    subjects: Sequence[Record]
    attempt: int
    channel: Channel
    outgoing: Outgoing


@dataclass(frozen=True)
class _Begun:
    """A message that is about to be ours: the attempt and the change that are still to write."""

    message: Record
    subjects: Sequence[Record]
    attempt: Mapping[str, Any]
    channel: Channel
    outgoing: Outgoing
    change: StateChange
    promises: Sequence[Stated]

    def as_claimed(self, attempt: int) -> Claimed:
        return Claimed(self.message, self.subjects, attempt, self.channel, self.outgoing)


def claim(
    connection: Connection,
    setup: Setup,
    *,
    owner: str,
    now: datetime,
    limit: int,
    but_not: Collection[str] = (),
) -> tuple[list[Claimed], dict[Reason, int]]:
    """Claim due messages for one worker; count by reason those that do not go out now."""
    due = claiming.due_messages(connection, now, limit, but_not=but_not)
    rows = _known(connection, setup, due)
    if not rows:
        return [], {}
    parts = claiming.subjects_of(connection, [row.id for row in rows])
    out_already = take_back(connection, setup, rows, parts, now)
    rows = [row for row in rows if row.id not in out_already]
    if any(rule.rates for row in rows if (rule := setup.ruleset.get(row.rule))):
        lock_claims(connection)
    keep_pauses(connection)
    keep_reads(connection)
    rules = [rule for row in rows if (rule := setup.ruleset.get(row.rule))]
    purse = Purse.open(connection, setup, rules, wallets(rows), now)
    seen = read_seen(connection, setup, rows, parts, now, purse)
    throttle = Throttle(connection, setup, now)
    begun: list[_Begun] = []
    changes: list[StateChange] = []
    others: dict[Reason, int] = {}
    for row in rows:
        asked = circumstances(setup, row, seen)
        judged = judge(asked, now)
        judged.verdict = _allowed(throttle, judged)
        settle_coupon(purse, row, judged, now)
        _settle_subjects(connection, setup, row, seen, judged, now)
        if judged.verdict.decision is Decision.GO:
            begun.append(_begin(setup, row, seen, judged, owner, now))
            seen.sent_by_rule.setdefault(row.rule, []).append(now)
        else:
            changes.append(_put_off(connection, row, asked, judged.verdict, now))
            reason = judged.verdict.reason
            others[reason] = others.get(reason, 0) + 1
    throttle.write()
    purse.write(connection)
    change_states(connection, [*(each.change for each in begun), *changes], now)
    promises.write_stated(connection, ((each.message, each.promises) for each in begun), now)
    attempts = claiming.begin_attempts(connection, [each.attempt for each in begun])
    reach(FaultPoint.CLAIM_WRITTEN)
    return [each.as_claimed(id_) for each, id_ in zip(begun, attempts, strict=True)], others


def _known(connection: Connection, setup: Setup, rows: Sequence[Record]) -> list[Record]:
    """Leave to the next pass what belongs to a rule that was renamed since this one began."""
    known = [row for row in rows if setup.ruleset.get(row.rule)]
    if len(known) < len(rows) and is_renamed_since(connection, setup.ruleset.version):
        return known
    return list(rows)


def _allowed(throttle: Throttle, judged: Judged) -> Verdict:
    if judged.verdict.decision is not Decision.GO or judged.channel is None:
        return judged.verdict
    asked = throttle.ask(judged.channel, judged.rendered.segments)
    return judged.verdict if asked.decision is Decision.GO else asked


def _begin(
    setup: Setup, row: Record, seen: Seen, judged: Judged, owner: str, now: datetime
) -> _Begun:
    channel = judged.channel
    assert channel is not None
    address = seen.known.people[row.customer_id].address(channel)
    assert address is not None
    message = outgoing(
        address,
        channel,
        Purpose(row.purpose),
        judged.rendered,
        unsubscribe=setup.unsubscribe,
        message_id=row.id,
        page=setup.links.make(LinkTo.UNSUBSCRIBE, row.id, now) if setup.links else "",
        expires_at=min(row.expires_at, judged.leaves_by or row.expires_at),
    )
    sender = setup.senders[channel]
    tries = row.tries + 1
    attempt = {
        "message_id": row.id,
        "number": tries,
        "channel": channel.value,
        "provider": sender.name,
        "address": message.to,
        "fingerprint": fingerprint(message.body_text),
        "started_at": now,
    }
    values = {
        "channel": channel.value,
        "locale": judged.rendered.locale,
        "segments": judged.rendered.segments,
        "tries": tries,
        "provider": sender.name,
        "lease_owner": owner,
        "lease_until": now + setup.lease,
        # counts for every cap from here on, whatever becomes of it
        "sent_at": now,
    }
    note = str(judged.offered) if judged.offered else ""
    change = StateChange(row.id, MessageState.SENDING, Reason.MATCHED, note, values=values)
    kept = {subject.enrollment_id for subject in judged.subjects}
    parts = [part for part in seen.parts[row.id] if part.id in kept]
    return _Begun(row, parts, attempt, channel, message, change, judged.rendered.promises)


def _put_off(
    connection: Connection, row: Record, asked: Circumstances, verdict: Verdict, now: datetime
) -> StateChange:
    """Return why a message does not go out now."""
    values: dict[str, Any] = {}
    if verdict.decision is Decision.WAIT:
        values |= postponed(asked, verdict)
    elif verdict.decision is Decision.HOLD:
        values["batch"] = planning.open_batch(
            connection, row.rule, verdict.reason, verdict.note, now
        )
    elif verdict.reason is Reason.SHADOW:
        # when it would have gone out; a canary's messages were planned as live ones
        values |= {"sent_at": now, "mode": Mode.SHADOW.value}
    return StateChange(row.id, verdict.state, verdict.reason, verdict.note, values=values)


def _settle_subjects(
    connection: Connection, setup: Setup, row: Record, seen: Seen, judged: Judged, now: datetime
) -> None:
    """Let enrollments go on whose message ends here, or goes out without them."""
    rule = setup.ruleset.get(row.rule)
    parts = {part.id: part for part in seen.parts[row.id]}
    if judged.verdict.reason is Reason.SHADOW:
        put_in_shadow(connection, [subject.enrollment_id for subject in judged.subjects])
    ending = list(judged.dropped)
    if judged.verdict.decision is Decision.STOP:
        ending += [(subject, judged.verdict) for subject in judged.subjects]
    for subject, said in ending:
        part = parts[subject.enrollment_id]
        if judged.subjects and judged.verdict.decision is not Decision.STOP:
            claiming.drop_subject(connection, row.id, part.position)
        go_on(connection, rule, row, [part], said.reason, now=now)
