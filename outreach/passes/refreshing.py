"""Refreshing: sources say how old their data is, and messages that waited for it are woken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from outreach.channels.addresses import redact
from outreach.model import Reason
from outreach.sources.settings import SourceSettings
from outreach.store.database import Store
from outreach.store.source_reads import (
    Expected,
    expect_reads,
    note_read,
    note_unread,
)
from outreach.store.waking import wake


def expect_sources(store: Store, sources: Iterable[SourceSettings], *, now: datetime) -> None:
    """Know the workspace's sources and no others; a new word on their age counts at once."""
    wanted = [Expected(source.name, source.kinds, source.max_age) for source in sources]
    with store.write() as connection:
        is_new = expect_reads(connection, wanted)
    if is_new:
        _wake(store, now)


def note_refresh(
    store: Store,
    source: SourceSettings,
    *,
    fresh_at: datetime | None,
    failures: Sequence[str],
    now: datetime,
) -> None:
    """Say of when the data of a source is after it was read, or why it could not all be."""
    with store.write() as connection:
        if failures:
            note_unread(connection, source.name, redact(failures[0].partition("\n")[0]))
            return
        is_back = note_read(connection, source.name, fresh_at, now)
    if is_back:
        _wake(store, now)


def _wake(store: Store, now: datetime) -> None:
    # in a transaction of its own: one that holds a source's row must not wait for messages
    with store.write() as connection:
        wake(connection, Reason.SOURCE_STALE, now)
