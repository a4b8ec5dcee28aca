"""Coupons in a short storm: no code twice, none lost, the budget kept; what is wrong is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, update

from benchmarks.coupons.account import Account, reckon
from benchmarks.coupons.storm import Storm, rage
from benchmarks.coupons.world import NOON, VALUE, Size
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.goodwill import Coupon
from tests.unit.ledger import add_message

SIZE = Size(codes=40, messages=60, budget=25)
SHORT = Storm(processes=3, threads=3, lives=2.0, patience=240)
ONE = Size(codes=2, messages=2, budget=1)


def test_every_code_is_accounted_for(store: Store, tmp_path: Path) -> None:
    account, deaths = rage(store, tmp_path, SIZE, SHORT, 1)
    assert deaths
    assert (account.twice, account.wrong, account.unseen) == ([], [], [])
    # as much as there is money for; what was refused at the very end went back
    assert 0 < account.given <= account.most == SIZE.budget
    assert account.given + account.free == SIZE.codes


@pytest.mark.parametrize(
    ("lines", "coupon", "message", "wrong"),
    [
        (["m1 GIFT-00000"], {}, "sent", ""),
        (["m1 GIFT-00000", "m1 GIFT-00000"], {}, "unknown", ""),
        (["m1 GIFT-00000", "m2 GIFT-00000"], {}, "sent", "twice wrong unseen"),
        (["m1 GIFT-00000"], {"state": "free", "message_id": None}, "sent", "wrong"),
        (["m1 GIFT-00000"], {"message_id": "m2"}, "sent", "wrong"),
        ([], {"state": "reserved"}, "planned", "wrong"),
        (["m1 -"], {"state": "free", "message_id": None}, "planned", "unseen"),
    ],
)
def test_what_is_wrong_is_seen(
    store: Store, tmp_path: Path, lines: list[str], coupon: dict[str, str], message: str, wrong: str
) -> None:
    usual = {"pool": "gift", "source": "x", "imported_at": NOON, "approved": False}
    with store.write() as connection:
        add_message(connection, "m1", state=message)
        for number in range(2):
            row = {**usual, "code": f"GIFT-{number:05d}", "state": "free"}
            connection.execute(insert(table_of(Coupon)).values(**row))
        mine = {"state": "given", "message_id": "m1", "amount": VALUE, **coupon}
        first = update(table_of(Coupon)).where(table_of(Coupon).c.code == "GIFT-00000")
        connection.execute(first.values(**mine))
    (tmp_path / "journal").write_text("\n".join(lines), "utf-8")
    account = reckon(store, tmp_path, ONE, 0)
    found = [name for name in ("twice", "wrong", "unseen") if getattr(account, name)]
    assert " ".join(found) == wrong
    assert account.is_right == (not wrong)


def test_a_budget_that_was_passed_is_seen() -> None:
    assert Account(ONE, most=1).is_right
    assert not Account(ONE, most=2).is_right
