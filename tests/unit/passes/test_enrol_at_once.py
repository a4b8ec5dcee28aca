"""Two daemons enrol at once: the second waits for the first, and goes on from where it came to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from outreach.passes.enrol import EnrolReport, enrol
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
