"""One round of all passes: each goes by the time at which it begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from outreach.daemon import run_once
from outreach.store.ledger import Enrollment

MINUTE = timedelta(minutes=1)


class Passing:
    """A clock by which every look at it comes ten minutes after the one before."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def now(self) -> datetime:
        self.time += 10 * MINUTE
        return self.time


def test_every_pass_of_a_round_goes_by_its_own_time(shop: Any, noon: datetime) -> None:
    shop.late_orders(1)
    clock = Passing(noon)
    report = run_once(shop.setup, shop.workspace, (), env={}, clock=clock)
    assert (report.enrolled.total, report.swept.total) == (1, 0)
    [enrolled] = shop.rows(Enrollment)
    [message] = shop.messages()
    # before it, the sources are told how old they may be
    assert enrolled.enrolled_at == noon + 20 * MINUTE
    # held messages are looked at between enrolling and planning; before sending, what was settled
    # and what is in doubt
    assert message.planned_at == noon + 40 * MINUTE
    assert message.sent_at == noon + 70 * MINUTE
