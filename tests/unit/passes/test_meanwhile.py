"""What was settled and taken up again between two passes is called off all the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.passes.ahead.outlook import Outcome
from outreach.passes.preview import preview

HOUR = timedelta(hours=1)
RULES = """\
format: 1
defaults: {{send_window: any time, purpose: transactional}}
rules:
  - rule: r
    about: order
    when: [promised_at is more than 1 day ago]
    cancel_if: [{cancel_if}]
    steps: [{{id: one, send: note, wait: 10 hours}}]
"""


@pytest.mark.parametrize(
    ("cancel_if", "changes", "called_off"),
    [
        # for an hour the parcel was there
        ("status is delivered", [(1, "A-1", "delivered"), (2, "A-1", "shipped")], True),
        # before the order was late it was not known
        ("status is delivered", [(-3, "A-1", "delivered"), (-2, "A-1", "shipped")], False),
        # what the order's customer has
        ("customer.tier is gold", [(1, "ana", "gold"), (2, "ana", "silver")], True),
        # another customer's
        ("customer.tier is gold", [(1, "ben", "gold"), (2, "ben", "silver")], False),
        # a time that was reached for an hour, under a date that was taken back
        ("estimated_at is in the past", [(1, "A-1", 2), (4, "A-1", 9)], True),
        ("estimated_at is in the past", [(1, "A-1", 5), (4, "A-1", 20)], False),
        # the second of two lines
        ("status is paid, status is returned", [(1, "A-1", "returned"), (2, "A-1", "paid")], True),
    ],
)
@pytest.mark.parametrize("rhythm", [1, 6])
def test_a_rarer_rhythm_calls_off_the_same(
    shop: Any,
    noon: datetime,
    cancel_if: str,
    changes: list[tuple[int, str, Any]],
    called_off: bool,
    rhythm: int,
) -> None:
    shop.write(**{"rules/shop.yaml": RULES.format(cancel_if=cancel_if)})
    shop.customer("ana", at=noon - 30 * HOUR).customer("ben", at=noon - 30 * HOUR)
    # late from noon on
    shop.order("A-1", "ana", at=noon - 30 * HOUR, promised_at=noon - 24 * HOUR)
    for hour in range(-6, 11):
        now = noon + hour * HOUR
        for _, subject, value in (change for change in changes if change[0] == hour):
            if isinstance(value, int):
                shop.order(subject, at=now, estimated_at=noon + value * HOUR)
            elif subject == "A-1":
                shop.order(subject, at=now, status=value)
            else:
                shop.customer(subject, at=now, tier=value)
        if hour % rhythm == 0:
            if hour == 6:
                foretold = preview(shop.setup, now=now, until=now + 6 * HOUR).messages
            shop.run(now)
    shop.run(noon + 10 * HOUR)
    state, reason = ("cancelled", "cancelled_by_rule") if called_off else ("sent", "sent")
    found = shop.messages("state", "reason")
    assert [pair for pair in found if pair[0] != "sent"] == [(state, reason)] * called_off
    assert len(shop.outbox) == (not called_off)
    outcomes = [message.outcome for message in foretold]
    expected = Outcome.SKIPPED if called_off else Outcome.WILL_SEND
    assert outcomes == ([] if called_off and rhythm == 1 else [expected])
