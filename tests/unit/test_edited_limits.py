"""Edited limits, holdouts and offers: what is planned is asked by them when it goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from outreach.deciding.waits import is_held_out
from outreach.passes.stocking import stock
from outreach.proving.scratch import make_hasty
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.goodwill import Coupon
from outreach.store.ledger import Enrollment
from outreach.store.permissions import Consent

DAY = timedelta(days=1)
FILE = "rules/shop.yaml"
RULES = """\
format: 1
defaults: {{send_window: daytime, purpose: service, mode: live}}
rules:
  - rule: late
    about: order
    when:
      - promised_at is more than 1 day ago
    expires_after: 6 days
    {keys}
    steps:
      - id: apology
        send: note
        wait: 3 days
        {offer}
"""
POOLS = "coupons: {five: {codes: x.csv, value: 5 EUR}, ten: {codes: x.csv, value: 10 EUR}}\n"
#: nothing of it depends on the database
on_one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture(autouse=True)
def _hasty(store: Store) -> None:
    make_hasty(store)


def rules(keys: str = "", offer: str = "") -> dict[str, str]:
    return {FILE: RULES.format(keys=keys, offer=offer)}


def limits(said: str) -> str:
    return f"limits: {{{said}}}"


@on_one_database
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # nothing is planned anew: what waits is asked on its day, by the rule as it is then
        ("", "total: 1 per day", ["planned total_limit", "planned total_limit", "sent sent"]),
        ("", "cooldown: 9 days", ["cancelled cooldown", "sent sent", "sent sent"]),
        ("", "per_customer: 1 per 30 days", ["cancelled customer_cap", "sent sent", "sent sent"]),
        # a flood is what matches at once, and these have matched
        ("", "hold_above: 1 per hour", ["sent sent"] * 3),
        ("total: 1 per day", "", ["sent sent"] * 3),
        ("cooldown: 9 days", "", ["sent sent"] * 3),
        ("per_customer: 1 per 30 days", "per_customer: 2 per 30 days", ["sent sent"] * 3),
    ],
)
def test_limits_are_those_of_the_day_it_goes_out(
    shop: Any, noon: datetime, before: str, after: str, expected: list[str]
) -> None:
    shop.write(**rules(limits(before))).late_orders(2)
    shop.order("A-3", "ana1", promised_at=noon - 2 * DAY).plan(noon)
    shop.write(**rules(limits(after)))
    assert not shop.foresee(noon)
    shop.apply(now=noon)
    shop.run(noon + 2 * DAY)
    assert sorted(f"{m.state} {m.reason}" for m in shop.messages()) == expected


def test_a_larger_holdout_keeps_those_who_were_in_it(shop: Any, noon: datetime) -> None:
    shop.write(**rules("holdout: 5%"))
    five, ten, rest = held_out_by(shop, 5, 10, 100)
    for name in (five, ten, rest):
        shop.customer(name).order(f"A-{name}", name, promised_at=noon - 2 * DAY)
    shop.plan(noon)
    assert [m.customer_id for m in shop.messages()] == sorted([ten, rest])
    shop.write(**rules("holdout: 10%"))
    assert not shop.foresee(noon)
    shop.apply(now=noon)
    shop.run(noon + 2 * DAY)
    assert shop.outbox == [f"{rest}@example.com"]
    # who was kept out for this order stays so, whatever the share becomes
    shop.write(**rules()).apply(now=noon + 2 * DAY)
    shop.run(noon + 3 * DAY)
    assert shop.outbox == [f"{rest}@example.com"]
    held = {row.customer_id for row in shop.rows(Enrollment) if row.state == "held_out"}
    assert held == {five, ten}


def held_out_by(shop: Any, *shares: int) -> list[str]:
    """Return a customer for each share that keeps them out and no smaller one does."""
    rule, found = shop.setup.ruleset.get("late"), []
    names = [f"p{number}" for number in range(200)]
    for share in shares:
        wider = replace(rule, holdout=Decimal(share))
        found.append(next(name for name in names if is_held_out(wider, name)))
        names = [name for name in names if not is_held_out(wider, name)]
    return found


@on_one_database
@pytest.mark.parametrize(
    ("before", "after", "said", "left"),
    [
        ("offer: {coupon: five}", "offer: {coupon: ten}", "TEN-1", {"five": 1, "ten": 0}),
        ("offer: {coupon: five}", "", "nothing", {"five": 1, "ten": 1}),
        ("", "offer: {coupon: five}", "FIVE-1", {"five": 0, "ten": 1}),
        (
            "offer: {coupon: five}",
            "offer: {coupon: five, budget: 1 EUR per month}",
            "nothing",
            {"five": 1, "ten": 1},
        ),
    ],
)
def test_an_offer_is_that_of_the_day_it_goes_out(
    shop: Any, noon: datetime, before: str, after: str, said: str, left: dict[str, int]
) -> None:
    shop.edit("outreach.yaml", "contact_policy", f"{POOLS}contact_policy")
    shop.edit("outreach.yaml", "name: Nordlicht,", 'name: Nordlicht, address: "Kai 1, Kiel",')
    words = "Sorry: {% if coupon %}{{ coupon.code }}{% else %}nothing{% endif %}\n"
    shop.write(**{"templates/note/en.email.md": f"---\nsubject: x\n---\n{words}"})
    shop.write(**rules(offer=before))
    for name, code in (("five", "FIVE-1"), ("ten", "TEN-1")):
        stock(shop.store, shop.setup.pools[name], "x.csv", [(1, code, "")], now=noon)
    agreed = {"customer_id": "ana1", "purpose": "marketing", "granted": True, "source": "test"}
    with shop.store.write() as connection:
        connection.execute(insert(table_of(Consent)).values(**agreed, at=noon))
    shop.late_orders(1).plan(noon)
    shop.write(**rules(offer=after)).apply(now=noon)
    shop.run(noon + 2 * DAY)
    [letter] = (shop.folder / "outbox").glob("*.eml")
    assert f"Sorry: {said}" in letter.read_text("utf-8")
    free = {row.pool: int(row.state == "free") for row in shop.rows(Coupon)}
    assert free == left
