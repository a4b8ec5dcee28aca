"""The invented shop: always the same for a seed, and as late as real shops are."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from outreach.model import Kind
from outreach.proving.generating import Shop, faulty_feed

END = datetime(2026, 11, 20, 12, tzinfo=UTC)


def final(kind: Kind, shop: Shop) -> dict[str, dict[str, Any]]:
    """Return each subject as its last version leaves it."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for record in shop.records():
        if record.kind is kind:
            found[record.id] |= record.values
    return found


def test_a_seed_is_a_shop() -> None:
    assert Shop(1, END, 10).records() == Shop(1, END, 10).records()
    assert Shop(1, END, 10).records() != Shop(2, END, 10).records()


def test_changes_come_in_order_and_none_after_the_end() -> None:
    times = [record.updated_at for record in Shop(3, END, 20).records()]
    assert times == sorted(times)
    assert times[-1] <= END


def test_orders_are_late_and_lost_at_the_rates_of_real_shops() -> None:
    orders = final(Kind.ORDER, Shop(5, END, 100, orders_a_day=30))
    # those placed long enough ago to have had every chance to arrive
    old = [o for o in orders.values() if (END - o["placed_at"]).days > 35]
    delivered = [o for o in old if o["status"] == "delivered"]
    late = [o for o in delivered if o["delivered_at"] > o["promised_at"]]
    very_late = [o for o in late if (o["delivered_at"] - o["promised_at"]).days >= 6]
    lost = [o for o in old if o["status"] not in ("delivered", "cancelled")]
    assert len(late) / len(delivered) == pytest.approx(0.08, abs=0.02)
    assert len(very_late) / len(late) == pytest.approx(0.5, abs=0.12)
    assert len(lost) / len(old) == pytest.approx(0.03, abs=0.01)


def test_tickets_miss_their_target_at_the_rate_of_a_real_desk() -> None:
    tickets = final(Kind.TICKET, Shop(5, END, 100, orders_a_day=60)).values()
    done = [ticket for ticket in tickets if "resolved_at" in ticket]
    missed = [ticket for ticket in done if ticket["resolved_at"] > ticket["due_at"]]
    assert len(missed) / len(done) == pytest.approx(0.37, abs=0.06)


def test_an_old_export_looks_late_all_at_once() -> None:
    records = Shop(1, END, 10).records()
    wrong = faulty_feed(records, END, 90)
    assert len({record.id for record in wrong}) == 90
    assert all(record.values["promised_at"] < END for record in wrong)
