"""A preview knows the daily caps: what goes out today, and what waits for tomorrow."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from outreach.deciding.throttling import Allowance
from outreach.model import Channel, Reason
from outreach.passes.ahead.outlook import Outcome
from outreach.passes.preview import preview

HOUR = timedelta(hours=1)


def test_what_is_over_the_cap_is_foretold_for_the_morning(shop: Any, noon: datetime) -> None:
    shop.late_orders(5)
    capped = {Channel.EMAIL: Allowance(rate=0.01, daily_cap=3)}
    shop._setup = replace(shop.setup, allowances=capped)
    found = preview(shop.setup, now=noon)
    waiting = [message for message in found.messages if message.outcome is Outcome.WAITING]
    assert Counter(message.outcome for message in found.messages)[Outcome.WILL_SEND] == 3
    assert {message.reason for message in waiting} == {Reason.DAILY_CAP}
    foretold = preview(shop.setup, now=noon, until=noon + 24 * HOUR).messages
    morning = noon + 20 * HOUR
    assert Counter(m.due_at for m in foretold) == {noon: 3, morning: 2}
    # nothing was taken from the bucket by looking
    shop._setup = replace(shop.setup, allowances={Channel.EMAIL: Allowance(daily_cap=3)})
    assert shop.plan().send().sent == 3
    later = preview(shop.setup, now=noon).messages
    assert [(m.outcome, m.due_at) for m in later] == [(Outcome.WAITING, noon + 11 * HOUR)] * 2
    assert shop.send(noon + 11 * HOUR).sent == 0
    assert shop.send(morning).sent == 2
