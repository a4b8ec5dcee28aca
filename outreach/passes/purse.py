"""The purse of one transaction: what offers may still take, and what came of it.

A claim and planning hold it under the claims' lock and write what they took; whoever only looks
ahead pretends, with codes that nobody can use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import Connection

from outreach.deciding.offering import Coupon, Held, Offered, Till, judge_offer
from outreach.deciding.recipients import Recipient
from outreach.model import Channel, CouponState, Money
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.rules.offer import Offer
from outreach.store import coupons
from outreach.store.marks import lock_claims
from outreach.store.types import Record
from outreach.timing.periods import Period, stretch_of


@dataclass(frozen=True)
class Wallet:
    """A message and whose it is: what may hold a coupon."""

    message: str
    customer: str
    rule: str


@dataclass(frozen=True)
class _Taken:
    """A coupon that counts: when it was taken, and by which message."""

    at: datetime
    message: str | None


def _counts() -> dict[Any, list[_Taken]]:
    return defaultdict(list)


@dataclass
class Purse:
    """What counts for the offers of some messages; it changes as they take coupons."""

    setup: Setup
    pretends: bool = True
    own: dict[str, Record] = field(default_factory=dict)
    #: codes that nobody has, by pool, the next one last
    free: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    #: by pool and month
    spent: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    by_rule: dict[str, list[_Taken]] = field(default_factory=_counts)
    #: by customer and pool
    to_customer: dict[tuple[str, str], list[_Taken]] = field(default_factory=_counts)
    _took: dict[str, dict[str, Any]] = field(default_factory=dict)
    _left: dict[str, None] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        connection: Connection,
        setup: Setup,
        rules: Collection[Rule],
        wallets: Sequence[Wallet],
        now: datetime,
        *,
        pretends: bool = False,
    ) -> Self:
        """Read what counts for some messages; nobody else takes anything until this one ends."""
        purse = cls(setup, pretends)
        offers = {
            (rule.name, step.offer)
            for rule in rules
            for step in rule.steps
            if step.offer and step.offer.coupon in setup.pools
        }
        if offers and wallets:
            if not pretends:
                lock_claims(connection)
            purse._read(connection, offers, wallets, now)
        return purse

    def _read(
        self,
        connection: Connection,
        offers: Collection[tuple[str, Offer]],
        wallets: Sequence[Wallet],
        now: datetime,
    ) -> None:
        self.own = coupons.coupons_with(connection, [each.message for each in wallets])
        month = stretch_of(now, Period.MONTH, self.setup.zone)
        for pool in sorted({offer.coupon for _, offer in offers}):
            self.free[pool] = self._codes(connection, pool, len(wallets))
            self.spent[pool, month.name] = coupons.money_taken(connection, pool, month.start)
        since = now - max(_memory(offer) for _, offer in offers)
        people = {each.customer for each in wallets}
        for row in coupons.taken_by_customers(connection, people, since):
            taken = _Taken(row.taken_at, row.message_id)
            self.to_customer[row.customer_id, row.pool].append(taken)
        for rule in sorted({rule for rule, offer in offers if offer.total}):
            rows = coupons.taken_by_rule(connection, rule, since)
            self.by_rule[rule] = [_Taken(row.taken_at, row.message_id) for row in rows]

    def _codes(self, connection: Connection, pool: str, wanted: int) -> list[tuple[int, str]]:
        if self.pretends:
            count = coupons.count_free(connection, pool)
            return [(0, f"{pool.upper()}-EXAMPLE")] * count
        return coupons.free_codes(connection, pool, wanted)[::-1]

    def look(
        self,
        wallet: Wallet,
        offer: Offer,
        recipient: Recipient,
        channel: Channel,
        now: datetime,
    ) -> Offered:
        """Say which coupon a message would get, or why it gets none; nothing is taken."""
        pool = self.setup.pools.get(offer.coupon)
        if pool is None:
            return Offered(offer.coupon, why="its pool is not in outreach.yaml")
        own, free = self.own.get(wallet.message), self.free.get(pool.name)
        month = stretch_of(now, Period.MONTH, self.setup.zone)
        mine = self._counted(own, pool.name, month.name)
        till = Till(
            pool=pool,
            spent=self.spent[pool.name, month.name] - mine,
            by_rule=[each.at for each in _others(self.by_rule[wallet.rule], wallet)],
            to_customer=[
                each.at for each in _others(self.to_customer[wallet.customer, pool.name], wallet)
            ],
            free=free[-1] if free else None,
            own=_held(own) if own is not None and _may_keep(own, pool.name) else None,
        )
        return judge_offer(offer, till, recipient, channel, now)

    def take(self, wallet: Wallet, coupon: Coupon, now: datetime) -> None:
        """Let a message have a coupon; another one that it had goes back."""
        own = self.own.get(wallet.message)
        if own is not None and own.state == CouponState.GIVEN.value:
            return  # it is with the message for ever, and counts already
        if own is None or own.id != coupon.number:
            self.leave(wallet.message)
            self.free[coupon.pool].pop()
        month = stretch_of(now, Period.MONTH, self.setup.zone)
        mine = self._counted(own, coupon.pool, month.name)
        self.spent[coupon.pool, month.name] += coupon.value.amount - mine
        taken, person = _Taken(now, wallet.message), (wallet.customer, coupon.pool)
        self.by_rule[wallet.rule] = [*_others(self.by_rule[wallet.rule], wallet), taken]
        self.to_customer[person] = [*_others(self.to_customer[person], wallet), taken]
        self._took[wallet.message] = {
            "number": coupon.number,
            "state": CouponState.RESERVED.value,
            "message_id": wallet.message,
            "customer_id": wallet.customer,
            "rule": wallet.rule,
            "amount": coupon.value.amount,
            "currency": coupon.value.currency,
            "taken_at": now,
            "expires_at": coupon.expires_at,
            "approved": coupon.is_approved,
        }

    def leave(self, message: str) -> None:
        """Let a message have no coupon: one that it had reserved goes back."""
        self._left[message] = None

    def write(self, connection: Connection) -> None:
        """Write down what was taken and what goes back."""
        coupons.let_go(connection, list(self._left))
        coupons.take(connection, self._took.values())

    def _counted(self, own: Record | None, pool: str, month: str) -> Decimal:
        """Return what a message's own coupon adds to what a pool spent in a month."""
        if own is None or own.pool != pool:
            return Decimal(0)
        taken = stretch_of(own.taken_at, Period.MONTH, self.setup.zone).name
        return Decimal(own.amount) if taken == month else Decimal(0)


def _others(taken: Sequence[_Taken], wallet: Wallet) -> list[_Taken]:
    return [each for each in taken if each.message != wallet.message]


def _memory(offer: Offer) -> timedelta:
    """Return how far back coupons matter to an offer."""
    rates = [rate.per.fixed for rate in (offer.per_customer, offer.total) if rate]
    return max([timedelta(days=1), *rates])


def _may_keep(own: Record, pool: str) -> bool:
    return own.state == CouponState.GIVEN.value or own.pool == pool


def _held(own: Record) -> Held:
    value = Money(own.amount, own.currency)
    is_out = own.state == CouponState.GIVEN.value
    return Held(own.id, own.pool, own.code, is_out, own.approved, value)
