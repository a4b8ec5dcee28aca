"""What is held in a preview: told as held, and what follows if nobody ever approves it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from outreach.passes.ahead.outlook import Outcome
from outreach.passes.housekeeping import expire_held
from outreach.passes.preview import preview

HOUR = timedelta(hours=1)
RULES = """\
format: 1
defaults: {send_window: daytime, purpose: service}
rules:
  - rule: late
    about: order
    when: [promised_at is more than 1 day ago]
    limits: {hold_above: 1 per hour}
    expires_after: 3 hours
    steps: [{id: one, send: note}, {id: two, send: note, wait: 5 hours}]
"""


def told(shop: Any, now: datetime, hours: int) -> list[tuple[str, Outcome]]:
    found = preview(shop.setup, now=now, until=now + hours * HOUR).messages
    return sorted((message.step, message.outcome) for message in found)


def test_what_is_held_is_told_with_what_comes_after_it(shop: Any, noon: datetime) -> None:
    shop.write(**{"rules/shop.yaml": RULES}).late_orders(2)
    assert told(shop, noon, 2) == [("one", Outcome.HELD)] * 2
    foretold = told(shop, noon, 9)
    assert foretold == [("one", Outcome.HELD)] * 2 + [("two", Outcome.WILL_SEND)] * 2
    shop.plan(noon)
    assert told(shop, noon, 9) == foretold
    for hour in range(10):
        expire_held(shop.setup, now=noon + hour * HOUR)
        shop.run(noon + hour * HOUR)
    assert (
        sorted(shop.messages("step", "state")) == [("one", "expired")] * 2 + [("two", "sent")] * 2
    )


def test_what_nobody_can_approve_any_more_is_no_longer_held(shop: Any, noon: datetime) -> None:
    shop.write(**{"rules/shop.yaml": RULES}).late_orders(2).plan(noon)
    too_late = [("one", Outcome.SKIPPED)] * 2
    assert told(shop, noon + 3 * HOUR, 0) == too_late + [("two", Outcome.WAITING)] * 2
    assert told(shop, noon + 3 * HOUR, 2) == too_late + [("two", Outcome.WILL_SEND)] * 2
