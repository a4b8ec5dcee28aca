"""Opting out: somebody says stop, or that we may again; the one place where their word is kept.

It is all one transaction of the caller: the suppression list, the history of consent, and an end
to everything that waits for their address. The customer is locked as by a claim, so a message that
is being claimed meanwhile has gone out before the word was said, or is dropped by it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.verdicts import stop
from outreach.model import Channel, Purpose, Reason
from outreach.passes.progress import go_on
from outreach.rules.document import Ruleset
from outreach.store import claiming, consents, suppressing
from outreach.store.queue import lock_customers
from outreach.store.states import StateChange, change_states, end_enrollments
from outreach.store.types import Record

OPTED_OUT = Reason.OPTED_OUT
#: what STOP stops and START may bring back; marketing is agreed to anew, or not at all
RESTORED_BY_START = frozenset(Purpose) - {Purpose.MARKETING}


class By(StrEnum):
    """How somebody told us; the source of what is written down."""

    TEXT = "text message"
    MAIL = "e-mail"
    ONE_CLICK = "one click"
    PAGE = "page"


#: their opt-outs end where they were made: a START by text says nothing about them
_NOT_BY_START = frozenset({By.MAIL.value, By.ONE_CLICK.value, By.PAGE.value})


@dataclass(frozen=True)
class Word:
    """What somebody said about being written to. `purposes` None means all that we ever send.

    `text` is what they wrote or were shown, `message_id` the message they answered, `customer`
    who it was sent to: then their address may have changed since.
    """

    channel: Channel
    address: str
    by: By
    purposes: frozenset[Purpose] | None = None
    text: str = ""
    message_id: str | None = None
    customer: str | None = None


@dataclass(frozen=True)
class OptedOut:
    """What an opt-out did: for whom, and how many messages will not go out.

    `is_new` says that something was written down; said twice, it was no news.
    """

    customers: frozenset[str]
    dropped: int
    is_new: bool


def opt_out(
    connection: Connection, word: Word, *, now: datetime, ruleset: Ruleset | None = None
) -> OptedOut:
    """Write no more to an address, for some purposes or for all, and drop what waits for it.

    Each later send asks the list again. With the rules at hand those go on that do after a
    dropped message; without them they end.
    """
    customers = _lock(connection, word)
    listed = [
        suppressing.suppress(
            connection,
            word.channel,
            word.address,
            purpose=purpose,
            reason=OPTED_OUT.value,
            source=word.by.value,
            now=now,
        )
        for purpose in sorted(word.purposes or (None,), key=str)
    ]
    purposes = word.purposes or frozenset(Purpose)
    said = _said(connection, word, customers, purposes)
    new = [
        (c, p) for c in customers for p in purposes if _latest(said.get((c, p), ())) is not False
    ]
    _write(connection, word, new, granted=False, now=now)
    note = f"they said stop by {word.by.value}"
    dropped = drop_waiting(
        connection, customers, word.channel, purposes, note=note, ruleset=ruleset, now=now
    )
    return OptedOut(frozenset(customers), dropped, any(listed) or bool(new))


def drop_waiting(
    connection: Connection,
    customers: Collection[str],
    channel: Channel,
    purposes: Collection[Purpose],
    *,
    note: str,
    ruleset: Ruleset | None,
    now: datetime,
) -> int:
    """End the messages that wait for customers on a channel; return how many. They must be locked.

    What is just being sent is not touched: it is recorded, and not sent again.
    """
    rows = consents.waiting_at(connection, customers, channel, purposes)
    parts = claiming.subjects_of(connection, [row.id for row in rows])
    state = stop(OPTED_OUT).state
    change_states(connection, [StateChange(r.id, state, OPTED_OUT, note) for r in rows], now)
    for row in rows:
        if ruleset is None:
            end_enrollments(connection, [part.id for part in parts[row.id]], OPTED_OUT, now)
        else:
            go_on(connection, ruleset.get(row.rule), row, parts[row.id], OPTED_OUT, now=now)
    return len(rows)


def opt_in(connection: Connection, word: Word, *, now: datetime) -> frozenset[Purpose]:
    """Let an address be written to again, and return for which purposes that changed something.

    A word without purposes, a START by text, takes back what a STOP by text did and no more. With
    purposes it is a choice that was shown: they are agreed to, marketing too, and what was said
    against them anywhere ends. Complaints, bounces and what a person of ours entered stay.
    """
    customers = _lock(connection, word)
    entries = suppressing.entries_of(connection, word.channel, word.address, now)
    ending = [entry for entry in entries if _may_lift(entry, word)]
    suppressing.lift_entries(connection, [entry.id for entry in ending], now)
    purposes = word.purposes or RESTORED_BY_START
    said = _said(connection, word, customers, purposes)
    agreed = [about for about, words in said.items() if _may_agree(words, word)]
    _write(connection, word, agreed, granted=True, now=now)
    refused = {
        purpose
        for (customer, purpose), words in said.items()
        if _latest(words) is False and (customer, purpose) not in agreed
    }
    still = refused.union(*(_about(entry) for entry in entries if entry not in ending))
    changed = {purpose for _, purpose in agreed}.union(*(_about(entry) for entry in ending))
    return frozenset(changed & purposes - still)


def _lock(connection: Connection, word: Word) -> list[str]:
    customers = consents.customers_at(connection, word.channel, word.address)
    if word.customer is not None:
        customers.add(word.customer)
    lock_customers(connection, customers)
    return sorted(customers)


def _said(
    connection: Connection, word: Word, customers: Collection[str], purposes: Collection[Purpose]
) -> dict[tuple[str, Purpose], list[Record]]:
    found = consents.words_of(connection, customers, word.channel)
    return {(c, p): found.get((c, p.value), []) for c in customers for p in purposes}


def _latest(words: Sequence[Record]) -> bool | None:
    return words[-1].granted if words else None


def _may_lift(entry: Record, word: Word) -> bool:
    if entry.reason != OPTED_OUT.value:
        return False
    if word.purposes is None:
        return entry.source not in _NOT_BY_START
    return entry.purpose is not None and Purpose(entry.purpose) in word.purposes


def _may_agree(words: Sequence[Record], word: Word) -> bool:
    if word.purposes is not None:
        return _latest(words) is not True
    # only what a STOP said, and nothing that was said elsewhere before
    if not words or words[-1].granted or words[-1].source != By.TEXT.value:
        return False
    return _latest([each for each in words if each.source != By.TEXT.value]) is not False


def _about(entry: Record) -> frozenset[Purpose]:
    return frozenset({Purpose(entry.purpose)} if entry.purpose else Purpose)


def _write(
    connection: Connection,
    word: Word,
    whose: Collection[tuple[str, Purpose]],
    *,
    granted: bool,
    now: datetime,
) -> None:
    about: dict[str, Any] = {
        "channel": word.channel.value,
        "granted": granted,
        "at": now,
        "source": word.by.value,
        "text": word.text,
        "message_id": word.message_id,
    }
    rows = [{"customer_id": c, "purpose": p.value, **about} for c, p in sorted(whose)]
    consents.write_words(connection, rows)
