"""Offers: a small goodwill that a step adds to its message, and the pools its coupons come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from outreach.model import Money
from outreach.rules.limits import Rate
from outreach.timing.durations import Duration

_MONEY = re.compile(r"(?P<amount>\d{1,9}(\.\d{1,4})?)\s+(?P<currency>[A-Z]{3})")


@dataclass(frozen=True)
class Pool:
    """Coupons of one value. `codes` is the file they come from, below the workspace's folder.

    A code can be used for `expires` after it was sent; one that is worth more than
    `approval_above` is sent only when a person says so. Fewer codes than `warn_below` are too few.
    """

    name: str
    codes: str
    value: Money
    expires: Duration | None = None
    approval_above: Money | None = None
    warn_below: int = 20

    @property
    def needs_approval(self) -> bool:
        """Whether a person is asked before a code of it goes out."""
        return self.approval_above is not None and self.value.amount > self.approval_above.amount

    def __str__(self) -> str:
        lasts = f", expires after {self.expires}" if self.expires else ""
        asked = f", approval above {self.approval_above}" if self.approval_above else ""
        return f"{self.name}: {self.value} from {self.codes}{lasts}{asked}"


class WhenSpent(StrEnum):
    """What becomes of a message whose offer is spent: the budget, the rule's share or the codes."""

    SEND_WITHOUT = "send without"
    HOLD = "hold"
    SKIP = "skip"


@dataclass(frozen=True)
class Offer:
    """A coupon that a step adds to its message, for customers who agreed to marketing.

    `per_customer` counts what a customer got of the pool, `total` what this rule gave, and `budget`
    the money that all rules took from the pool in a calendar month.
    """

    coupon: str
    per_customer: Rate | None = None
    total: Rate | None = None
    budget: Money | None = None
    when_spent: WhenSpent = WhenSpent.SEND_WITHOUT


def parse_budget(text: str) -> Money:
    """Return what `500 EUR per month` says; raises ValueError."""
    money, _, period = text.partition(" per ")
    if period.strip() != "month":
        raise ValueError(f"`{text}` is no budget: write it like 500 EUR per month")
    return parse_money(money)


def parse_money(text: str) -> Money:
    """Return what `5 EUR` says; raises ValueError."""
    said = _MONEY.fullmatch(text.strip())
    if said is None or not Decimal(said["amount"]):
        raise ValueError(f"`{text}` is no amount of money: write it like 5 EUR or 7.50 EUR")
    return Money(Decimal(said["amount"]), said["currency"])
