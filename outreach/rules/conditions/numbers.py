"""Sentences about numbers and money. An amount in another currency is neither more nor less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from operator import eq, ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, and_

from outreach.model import Money
from outreach.rules.conditions.branch import Frame
from outreach.rules.conditions.data import DataSentence
from outreach.rules.facts import Facts


class Operator(StrEnum):
    """How a number is compared; the value is the phrase."""

    IS = "is"
    AT_LEAST = "is at least"
    AT_MOST = "is at most"
    MORE_THAN = "is more than"
    LESS_THAN = "is less than"


COMPARE: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.IS: eq,
    Operator.AT_LEAST: ge,
    Operator.AT_MOST: le,
    Operator.MORE_THAN: gt,
    Operator.LESS_THAN: lt,
}
#: numbers are compared as they are kept: whole as whole, others in double precision
Number = int | float


def plain(amount: Decimal) -> Number:
    """Return a written number the way number columns keep it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


@dataclass(frozen=True, kw_only=True)
class Compare(DataSentence):
    """`f is at least N`, `f is at least N EUR`."""

    operator: Operator
    amount: Decimal
    currency: str = ""

    def fits(self, facts: Facts) -> bool:
        value = facts.get(self.field)
        if value is None:
            return False
        if isinstance(value, Money):
            return value.currency == self.currency and COMPARE[self.operator](
                value.amount, self.amount
            )
        return bool(COMPARE[self.operator](value, plain(self.amount)))

    def test(self, frame: Frame) -> ColumnElement[bool]:
        if not self.currency:
            compared: ColumnElement[bool] = COMPARE[self.operator](
                frame.column(self.field), plain(self.amount)
            )
            return compared
        return and_(
            frame.currency(self.field) == self.currency,
            COMPARE[self.operator](frame.column(self.field), self.amount),
        )


@dataclass(frozen=True, kw_only=True)
class Between(DataSentence):
    """`f is between A and B`, both included."""

    low: Decimal
    high: Decimal
    currency: str = ""

    def _ends(self) -> tuple[Compare, Compare]:
        return (
            Compare(
                field=self.field,
                operator=Operator.AT_LEAST,
                amount=self.low,
                currency=self.currency,
            ),
            Compare(
                field=self.field,
                operator=Operator.AT_MOST,
                amount=self.high,
                currency=self.currency,
            ),
        )

    def fits(self, facts: Facts) -> bool:
        return all(end.fits(facts) for end in self._ends())

    def test(self, frame: Frame) -> ColumnElement[bool]:
        return and_(*(end.test(frame) for end in self._ends()))
