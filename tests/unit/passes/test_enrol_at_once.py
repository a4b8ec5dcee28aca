"""Two daemons enrol at once: the second waits for the first, and goes on from where it came to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from outreach.passes.enrol import EnrolReport, enrol
from outreach.passes.send import send_due
from outreach.passes.sweeping import sweep
from outreach.store import marks
from outreach.store.database import Store

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_second_waits_for_the_first(shop: Any, store: Store, noon: datetime) -> None:
    shop.customer("ana").order("A-1", "ana", promised_at=noon - timedelta(days=2))
    setup = shop.setup

    def second() -> EnrolReport:
        later = noon + timedelta(seconds=1)
        return enrol(store, setup.enroller, setup.catalogue, zone=setup.zone, now=later)

    with ThreadPoolExecutor() as pool:
        with store.write(snapshot=True) as first:
            marks.lock_enrolling(first)
            running = pool.submit(second)
            with store.read() as other:
                assert any(other.execute(WAITING).scalar() for _ in range(100_000))
            marks.write_enrol_mark(first, marks.newest_change(first), noon)
        assert running.result().enrolled == {"late": 1}


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_what_is_sent_meanwhile_does_not_end_the_pass(
    shop: Any, store: Store, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The enrollment of what is sent moves on, just when a sweep is about to find it again."""
    shop.late_orders(2).plan()
    setup, newest = shop.setup, marks.newest_change
    sent = []

    def send_one(connection: Connection) -> int:
        found = newest(connection)  # the pass has its snapshot by now
        if len(sent) < 2:
            sent.append(send_due(setup, now=noon, limit=1).sent)
        return found

    monkeypatch.setattr(marks, "newest_change", send_one)
    shop.customer("bo").order("B-1", "bo", promised_at=noon - timedelta(days=2))
    later = noon + timedelta(seconds=1)
    report = sweep(setup, now=later)
    assert sum(sent) == 2
    assert report.enrolled == {"late": 1}
