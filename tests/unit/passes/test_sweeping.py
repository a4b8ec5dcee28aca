"""The sweep: it finds nothing that passes have found, and what no change has told of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from outreach.clock import MovingClock
from outreach.daemon.running import Runner
from outreach.daemon.workbench import Workbench
from outreach.passes.sweeping import sweep
from outreach.workspace.jobs import Pass

HOUR = timedelta(hours=1)


def edit_by_hand(shop: Any) -> None:
    with shop.store.write() as connection:
        connection.execute(text("UPDATE orders SET status = 'shipped'"))


def test_the_sweep_finds_nothing_when_all_is_well(shop: Any, noon: datetime) -> None:
    shop.late_orders(2).run()
    found = sweep(shop.setup, now=noon + HOUR)
    assert (found.total, found.swept) == (0, True)


def test_the_sweep_finds_what_no_change_told_of(shop: Any, noon: datetime) -> None:
    shop.late_orders(1).plan()
    edit_by_hand(shop)
    shop.plan(noon + HOUR)
    assert sweep(shop.setup, now=noon + 2 * HOUR).enrolled == {"shipped": 1}


def test_the_daemon_tells_what_was_missed_from_what_is_new(shop: Any, noon: datetime) -> None:
    shop.late_orders(1).plan()
    edit_by_hand(shop)
    late = {"at": noon + HOUR, "promised_at": noon - 48 * HOUR}
    shop.customer("ben", at=noon + HOUR).order("A-2", "ben", **late)
    bench = Workbench(shop.workspace, shop.store, {}, sends=False)
    runner = Runner(bench, MovingClock(noon + HOUR), {}, lambda: False)
    ran = runner.run(Pass.SWEEP)
    runner.close()
    assert ran is not None
    assert ran.counts == {"enrolled": 2, "missed": 1}
