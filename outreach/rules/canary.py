"""Canaries: how much of a rule goes out while people look whether it does any harm."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from outreach.rules.limits import Rate


@dataclass(frozen=True)
class Canary:
    """A steady share of customers in percent, or a rate of first messages. One of them is said."""

    share: Decimal | None = None
    rate: Rate | None = None

    def __str__(self) -> str:
        return str(self.rate) if self.rate else f"{self.share or 0:f}%"
