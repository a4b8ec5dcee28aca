"""Choosing: what readers of our messages say on a page, or by one click, about hearing from us.

All of it is one transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection

from outreach.model import Channel, Purpose
from outreach.passes.opting_out import By, Word, opt_in, opt_out
from outreach.passes.readers import Choice, Reader
from outreach.store import consents
from outreach.store.queue import lock_customers
from outreach.store.types import Record


def stop(
    connection: Connection,
    reader: Reader,
    purposes: frozenset[Purpose],
    *,
    by: By,
    text: str,
    now: datetime,
) -> int:
    """Write no more for some purposes, by no channel; return how many messages were dropped.

    Were one channel left, the next message would take that.
    """
    _lock(connection, reader)
    dropped = 0
    for channel in reader.addresses:
        word = _word(reader, channel, purposes, by, text)
        dropped += opt_out(connection, word, now=now).dropped
    _remember_elsewhere(connection, reader, purposes, by, text, now)
    return dropped


def choose(
    connection: Connection,
    reader: Reader,
    wanted: Collection[Choice],
    *,
    texts: Mapping[Purpose, str],
    now: datetime,
) -> None:
    """Keep what was ticked and what was not; `texts` is what stood beside each."""
    _lock(connection, reader)
    free = reader.choices - reader.fixed
    for purpose, channel in sorted(free - set(wanted)):
        if (purpose, channel) in reader.gets:
            word = _word(reader, channel, frozenset({purpose}), By.PAGE, texts[purpose])
            opt_out(connection, word, now=now)
    for purpose, channel in sorted((free & set(wanted)) - reader.gets):
        word = _word(reader, channel, frozenset({purpose}), By.PAGE, texts[purpose])
        opt_in(connection, word, now=now)


def undoable(connection: Connection, reader: Reader) -> frozenset[Choice]:
    """Return what this message's link ended last, and may begin again.

    What was never agreed to does not begin by taking back a stop.
    """
    ended = {
        choice: words[-1].at
        for channel in Channel
        for choice, words in _said(connection, reader, channel).items()
        if words[-1].message_id == reader.message.id and _may_begin(choice[0], words)
    }
    last = max(ended.values(), default=None)
    free = {choice for choice, at in ended.items() if at == last} - reader.fixed
    # about channels they are not reached by it goes along with the others
    return frozenset(free if free & reader.choices else ())


def undo(connection: Connection, reader: Reader, *, text: str, now: datetime) -> frozenset[Choice]:
    """Take back what this message's link ended last; what was dropped stays so."""
    _lock(connection, reader)
    again = undoable(connection, reader)
    for channel, choices in groupby(sorted(again, key=_channel), key=_channel):
        purposes = frozenset(purpose for purpose, _ in choices)
        if channel in reader.addresses:
            opt_in(connection, _word(reader, channel, purposes, By.PAGE, text), now=now)
        else:
            _write(connection, reader, channel, purposes, True, By.PAGE, text, now)
    return again


def _channel(choice: Choice) -> Channel:
    return choice[1]


def _may_begin(purpose: Purpose, words: Sequence[Record]) -> bool:
    if words[-1].granted:
        return False
    return purpose is not Purpose.MARKETING or (len(words) > 1 and words[-2].granted)


def _lock(connection: Connection, reader: Reader) -> None:
    """Lock whoever any of the addresses reaches, all at once and so in one order."""
    customers = {reader.message.customer}
    for channel, address in reader.addresses.items():
        customers |= consents.customers_at(connection, channel, address)
    lock_customers(connection, customers)


def _word(
    reader: Reader, channel: Channel, purposes: frozenset[Purpose], by: By, text: str
) -> Word:
    return Word(
        channel,
        reader.addresses[channel],
        by,
        purposes,
        text,
        reader.message.id,
        reader.message.customer,
    )


def _remember_elsewhere(
    connection: Connection,
    reader: Reader,
    purposes: frozenset[Purpose],
    by: By,
    text: str,
    now: datetime,
) -> None:
    """Keep a stop for channels on which they are not reached yet: a number may become known."""
    for channel in Channel:
        if channel not in reader.addresses:
            said = _said(connection, reader, channel)
            new = {p for p in purposes if (p, channel) not in said or said[p, channel][-1].granted}
            _write(connection, reader, channel, new, False, by, text, now)


def _said(connection: Connection, reader: Reader, channel: Channel) -> dict[Choice, list[Record]]:
    """Return what was said of each purpose about a channel, the latest word last."""
    found = consents.words_of(connection, [reader.message.customer], channel)
    return {(Purpose(purpose), channel): words for (_, purpose), words in found.items()}


def _write(
    connection: Connection,
    reader: Reader,
    channel: Channel,
    purposes: Collection[Purpose],
    granted: bool,
    by: By,
    text: str,
    now: datetime,
) -> None:
    about = {
        "customer_id": reader.message.customer,
        "channel": channel.value,
        "granted": granted,
        "at": now,
        "source": by.value,
        "text": text,
        "message_id": reader.message.id,
    }
    rows = [{**about, "purpose": purpose.value} for purpose in sorted(purposes)]
    consents.write_words(connection, rows)
