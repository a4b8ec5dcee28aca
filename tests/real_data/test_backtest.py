"""A backtest of real orders and tickets names what live passes, minute by minute, have sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.clock import MovingClock
from outreach.proving.backtest import Span, Tape, play, setup_for
from outreach.proving.scratch import make_hasty
from outreach.proving.simulation import Simulation
from outreach.releases import open_setup, read_release
from outreach.sources.records import Record
from outreach.store.database import Store, open_store
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.types import Record as Row
from outreach.workspace import Workspace
from tests.real_data.test_rhythm import write_workspace

pytestmark = pytest.mark.timeout(600)
MINUTE = timedelta(minutes=1)
#: the days around Black Friday
SPAN = Span(
    datetime.fromisoformat("2017-11-23T00:00Z"), datetime.fromisoformat("2017-11-26T00:00Z")
)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_past_played_again_sends_the_same_messages(
    store: Store, tmp_path: Path, a_month_of_records: Sequence[Record]
) -> None:
    make_hasty(store)
    workspace = Workspace.open(write_workspace(tmp_path / "shop"))
    live = Simulation(
        open_setup(workspace, store, env={}, applied=False), MovingClock(SPAN.begin), sweeps=False
    )
    live.add(r for r in a_month_of_records if r.updated_at and r.updated_at < SPAN.end)
    live.run_at(SPAN.begin)
    live.run_until(SPAN.end, every=MINUTE, leap=True)
    again = open_store(f"sqlite:///{tmp_path / 'again.db'}")
    make_hasty(again)
    with Tape() as tape:
        tape.record(store, live.setup.catalogue, lambda _read, _share: None)
        setup = setup_for(read_release(workspace), workspace, again)
        play(setup, tape, [], SPAN, every=MINUTE)
    messages = _messages(store)
    assert messages == _messages(again)
    assert len({row.rule for row in messages if row.state == "sent"}) > 5
    again.close()


def _messages(store: Store) -> list[Row]:
    """Return every message with what it is about, when it was due, and what became of it when."""
    message, part = table_of(Message).c, table_of(MessageSubject).c
    what = (message.rule, message.step, message.repetition, message.customer_id, message.channel)
    how = (message.planned_for, message.sent_at, message.state, message.reason, message.segments)
    query = (
        select(message.id, *what, *how, part.subject_id)
        .join(table_of(MessageSubject), part.message_id == message.id)
        .order_by(message.id, part.position)
    )
    with store.read() as connection:
        return list(connection.execute(query).all())
