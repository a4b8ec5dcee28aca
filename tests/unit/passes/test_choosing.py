"""Choosing: what readers say about purposes and channels, in any order, is what they get."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import DrawFn, composite, frozensets, lists, one_of, sampled_from
from sqlalchemy import Connection, func, select

from outreach.model import NON_ESSENTIAL, Channel, Purpose
from outreach.passes.choosing import choose, stop, undo, undoable
from outreach.passes.opting_out import By
from outreach.passes.readers import Choice, Reader, find_reader
from outreach.store.database import Store, begin
from outreach.store.frames import table_of
from outreach.store.permissions import Consent
from tests.unit.ledger import NOON
from tests.unit.web.front import write_history

EVERYTHING = frozenset((p, c) for p in NON_ESSENTIAL for c in Channel)
SURVEYS = frozenset({Purpose.SURVEY})
TEXTS = {purpose: purpose.value for purpose in Purpose}
MINUTE = timedelta(minutes=1)
#: what is ticked and saved, or one of the buttons
Deed = frozenset[Choice] | str


@composite
def deeds(draw: DrawFn) -> list[Deed]:
    ticks = frozensets(sampled_from(sorted(EVERYTHING)))
    return draw(lists(one_of(ticks, sampled_from(["stop", "everything", "undo"])), max_size=8))


def read(connection: Connection) -> Reader:
    reader = find_reader(connection, "survey", frozenset(Channel), now=NOON + timedelta(days=1))
    assert reader is not None
    return reader


def words(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(table_of(Consent))).scalar_one()


@settings(max_examples=15, suppress_health_check=list(HealthCheck), database=None)
@given(said=deeds())
def test_what_was_chosen_last_is_what_they_get(store: Store, said: list[Deed]) -> None:
    with store.engine.connect() as connection, begin(connection) as transaction:
        write_history(connection)
        for number, deed in enumerate(said):
            check(connection, deed, number)
        transaction.rollback()


def check(connection: Connection, deed: Deed, number: int) -> None:
    """Do something, and see that it did what it says and nothing else."""
    now = NOON + number * MINUTE
    before, kept = read(connection), words(connection)
    if isinstance(deed, frozenset):
        choose(connection, before, deed, texts=TEXTS, now=now)
        assert read(connection).gets == deed
        # and saved once more, there is nothing new to keep
        kept = words(connection)
        choose(connection, read(connection), deed, texts=TEXTS, now=now + MINUTE / 2)
        assert words(connection) == kept
    elif deed == "undo":
        free = undoable(connection, before)
        assert undo(connection, before, text="undo", now=now) == free
        assert read(connection).gets == before.gets | free
    else:
        purposes = SURVEYS if deed == "stop" else NON_ESSENTIAL
        stop(connection, before, purposes, by=By.PAGE, text=deed, now=now)
        left = frozenset(choice for choice in before.gets if choice[0] not in purposes)
        assert read(connection).gets == left
        if words(connection) > kept and before.gets - left:
            # what was just ended can be taken back, all of it
            assert undoable(connection, read(connection)) >= before.gets - left
