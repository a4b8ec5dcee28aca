"""Receipts: what providers tell us later is kept once, and moves messages on, never back.

What is known of a message is worked out from all that was told about its last call, so the order
and the number of times it is told do not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.channels.receipts import Receipt
from outreach.errors import Outcome
from outreach.faultpoints import FaultPoint, reach
from outreach.model import IS_WAITING, Channel, MessageState, Purpose, Reason
from outreach.passes.opting_out import drop_waiting
from outreach.passes.progress import go_on
from outreach.passes.receipt_meaning import MEANINGS, purposes, state_after
from outreach.passes.setup import Setup
from outreach.store import suppressing
from outreach.store.consents import customers_at
from outreach.store.database import Store
from outreach.store.pieces import chunks
from outreach.store.queue import lock_customers, read_messages
from outreach.store.receipts import attempts_on, receipts_of, store_receipts
from outreach.store.states import StateChange, change_states
from outreach.store.types import Record


@dataclass
class ReceiptsReport:
    """What became of what we were told."""

    stored: int = 0
    repeated: int = 0
    unknown: int = 0
    moved: int = 0
    suppressed: int = 0
    dropped: int = 0


def take_receipts(store: Store, receipts: Iterable[Receipt], *, now: datetime) -> ReceiptsReport:
    """Keep what is new, move its messages, and put addresses on the suppression list.

    Receipts of messages that we do not know are counted and not kept.
    """
    report = ReceiptsReport()
    once = {(each.provider, each.event_id): each for each in receipts}
    # in one order everywhere, so that two who are told the same never wait for each other
    for part in chunks([once[key] for key in sorted(once)]):
        with store.write() as connection:
            _take(connection, part, report, now)
            reach(FaultPoint.RECEIPTS_WRITTEN)
        reach(FaultPoint.RECEIPTS_COMMITTED)
    return report


def follow_receipts(connection: Connection, messages: Sequence[str], now: datetime) -> int:
    """Move messages to what was told about them; count those that moved.

    For whoever has just written down how a call ended: receipts may be quicker than the answer.
    A message that waits to be sent once more is left to the claim, see `take_back`.
    """
    told = receipts_of(connection, messages)
    if not told:
        return 0
    rows = read_messages(connection, list(told)).values()
    waiting = {state.value for state in IS_WAITING}
    moves = _moves(connection, [row for row in rows if row.state not in waiting], told)
    change_states(connection, moves, now)
    return len(moves)


def take_back(
    connection: Connection,
    setup: Setup,
    rows: Iterable[Record],
    parts: Mapping[str, Sequence[Record]],
    now: datetime,
) -> frozenset[str]:
    """Settle messages that are about to be sent once more, though a provider has them already.

    Their last call ended in doubt, and a receipt came after somebody decided to try again. Return
    their ids; their rules go on as after any send.
    """
    again = {row.id: row for row in rows if row.tries}
    told = receipts_of(connection, list(again))
    moves = _moves(connection, [again[message] for message in told], told)
    change_states(connection, moves, now)
    for move in moves:
        row = again[move.message_id]
        rule = setup.ruleset.get(row.rule)
        go_on(connection, rule, row, parts[row.id], Reason.SENT, now=now)
    return frozenset(move.message_id for move in moves)


def _moves(
    connection: Connection, rows: Sequence[Record], told: Mapping[str, Sequence[Record]]
) -> list[StateChange]:
    calls = attempts_on(connection, [row.id for row in rows])
    return [
        move
        for row in rows
        if (made := calls.get(row.id)) and (move := _move(row, made, told[row.id]))
    ]


def _take(
    connection: Connection, receipts: Sequence[Receipt], report: ReceiptsReport, now: datetime
) -> None:
    ids = sorted({receipt.message_id for receipt in receipts})
    rows = read_messages(connection, ids)
    # first the customers, as a claim does: what is read from here on stays as it is
    lock_customers(connection, {row.customer_id for row in rows.values()})
    known = [receipt for receipt in receipts if receipt.message_id in rows]
    new = store_receipts(connection, [_row(receipt, now) for receipt in known])
    report.unknown += len(receipts) - len(known)
    report.stored += len(new)
    report.repeated += len(known) - len(new)
    fresh = [receipt for receipt in known if (receipt.provider, receipt.event_id) in new]
    told_of = sorted({receipt.message_id for receipt in fresh})
    report.moved += follow_receipts(connection, told_of, now)
    calls = attempts_on(connection, told_of)
    for receipt in fresh:
        if made := calls.get(receipt.message_id):
            row, call = rows[receipt.message_id], made[-1]
            report.suppressed += _suppress(connection, receipt, call, Purpose(row.purpose), now)
            report.dropped += _drop(connection, receipt, call, row, now)


def _row(receipt: Receipt, now: datetime) -> dict[str, Any]:
    detail = {"id": receipt.provider_id, "code": receipt.code, "note": receipt.note}
    return {
        "message_id": receipt.message_id,
        "event": receipt.event.value,
        # a clock that is ahead of ours would let it happen only later
        "at": min(receipt.at, now),
        "provider": receipt.provider,
        "provider_event_id": receipt.event_id,
        "detail": {name: value for name, value in detail.items() if value},
        "received_at": now,
    }


def _move(row: Record, calls: Sequence[Record], told: Sequence[Record]) -> StateChange | None:
    call = calls[-1]
    earlier = {each.provider_id for each in calls[:-1] if each.provider_id}
    # what was told before the last call began is about an earlier one; so may be what comes late
    about_it = [
        each
        for each in told
        if each.received_at >= call.started_at and not _is_about(each, earlier)
    ]
    in_doubt = call.outcome == Outcome.IN_DOUBT.value
    events = [each.event for each in about_it]
    meaning = state_after(MessageState(row.state), events, in_doubt=in_doubt)
    if meaning is None:
        return None
    said = next(each for each in about_it if MEANINGS.get(each.event) == meaning)
    values: dict[str, Any] = {}
    if row.provider_id is None and said.detail.get("id"):
        values["provider_id"] = said.detail["id"]
    if row.sent_at is None:
        values["sent_at"] = call.started_at
    if meaning.state is MessageState.UNDELIVERED:
        values["undelivered_at"] = said.received_at
    return StateChange(row.id, meaning.state, meaning.reason, _note(said), values=values)


def _is_about(told: Record, calls: Collection[str]) -> bool:
    """Whether it was told of one of these calls, by what the provider called them."""
    name = told.detail.get("id", "")
    # SendGrid adds to the name it gave first
    return any(name == call or name.startswith(f"{call}.") for call in calls)


def _note(said: Record) -> str:
    words = (said.detail.get("code", ""), said.detail.get("note", ""))
    more = " ".join(word for word in words if word)
    return f"{said.provider} says {said.event}{': ' + more if more else ''}"


def _suppress(
    connection: Connection, receipt: Receipt, call: Record, purpose: Purpose, now: datetime
) -> int:
    meaning = MEANINGS[receipt.event]
    return sum(
        suppressing.suppress(
            connection,
            Channel(call.channel),
            call.address,
            purpose=each,
            reason=meaning.why,
            source=f"receipt {receipt.event}, message {receipt.message_id}",
            now=now,
        )
        for each in purposes(meaning.suppresses, purpose)
    )


def _drop(
    connection: Connection, receipt: Receipt, call: Record, row: Record, now: datetime
) -> int:
    """Drop what waits for somebody who told the provider to stop; other failures wait for a gate.

    A bounce says nothing against the next channel of a step.
    """
    meaning, channel = MEANINGS[receipt.event], Channel(call.channel)
    if meaning.why not in ("opted_out", "complained"):
        return 0
    about = purposes(meaning.suppresses, Purpose(row.purpose))
    theirs = customers_at(connection, channel, call.address) & {row.customer_id}
    note = f"{receipt.provider} says {receipt.event}"
    wanted = [each for each in Purpose if each in about or None in about]
    return drop_waiting(connection, theirs, channel, wanted, note=note, ruleset=None, now=now)
