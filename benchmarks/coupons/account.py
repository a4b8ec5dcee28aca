"""The account: every code against what the provider took, the ledger and the budget."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.coupons.world import VALUE, Size
from outreach.model import COUNTS_AS_SENT, CouponState, MessageState
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.goodwill import Coupon
from outreach.store.ledger import Message


@dataclass
class Account:
    """What became of the codes. All lists must be empty."""

    size: Size
    free: int = 0
    given: int = 0
    in_doubt: int = 0
    #: codes that the provider took in two messages
    twice: list[str] = field(default_factory=list)
    #: codes that are gone, or stand otherwise than what the provider has
    wrong: list[str] = field(default_factory=list)
    #: messages that the provider has, and the ledger does not count as sent
    unseen: list[str] = field(default_factory=list)
    #: the most coupons that were taken at any time
    most: int = 0

    @property
    def is_right(self) -> bool:
        return not (self.twice or self.wrong or self.unseen) and self.most <= self.size.budget


def reckon(store: Store, folder: Path, size: Size, most: int) -> Account:
    """Hold the coupons against the provider's journal."""
    account = Account(size, most=max(most, coupons_taken(store)))
    took, sent = _journal(folder / "journal")
    coupon, message = table_of(Coupon), table_of(Message)
    with store.read() as connection:
        rows = connection.execute(select(coupon)).all()
        states = dict(connection.execute(select(message.c.id, message.c.state)).all())
    if len({row.code for row in rows}) != size.codes:
        account.wrong.append(f"{len(rows)} codes of {size.codes}")
    for row in rows:
        messages = took.get(row.code, set())
        account.free += row.state == CouponState.FREE.value
        account.given += row.state == CouponState.GIVEN.value
        account.in_doubt += states.get(row.message_id) == MessageState.UNKNOWN.value
        if len(messages) > 1:
            account.twice.append(row.code)
        if not messages <= {row.message_id} or (messages and row.state != CouponState.GIVEN.value):
            account.wrong.append(f"{row.code} is {row.state}, and the provider has it")
        if row.state not in (CouponState.FREE.value, CouponState.GIVEN.value):
            account.wrong.append(f"{row.code} is still {row.state}")
    counts = {state.value for state in COUNTS_AS_SENT}
    account.unseen += sorted(each for each in sent if states.get(each) not in counts)
    return account


def coupons_taken(store: Store) -> int:
    """Return how many coupons' money is taken at this moment."""
    row = table_of(Coupon).c
    query = select(func.sum(row.amount)).where(row.state != CouponState.FREE.value)
    with store.read() as connection:
        return int((connection.execute(query).scalar() or 0) / VALUE)


def _journal(path: Path) -> tuple[dict[str, set[str]], set[str]]:
    """Return the messages by the code they had, and all that the provider took."""
    took: dict[str, set[str]] = defaultdict(set)
    sent: set[str] = set()
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        message, code = line.split()
        sent.add(message)
        if code != "-":
            took[code].add(message)
    return took, sent
