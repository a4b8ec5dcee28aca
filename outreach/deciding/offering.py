"""Offering: may a message carry a coupon? Pure: what was taken so far and `now` in, the answer out.

A coupon makes any message advertising, so it needs the customer's yes to marketing on that channel.
Who has not said it gets the same words without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from outreach.deciding.recipients import Recipient
from outreach.deciding.verdicts import GO, Decision, Verdict, hold, stop
from outreach.model import Channel, Money, Purpose, Reason
from outreach.rules.limits import Rate
from outreach.rules.offer import Offer, Pool, WhenSpent
from outreach.timing.waits import add_local


@dataclass(frozen=True)
class Coupon:
    """A code that a message may carry; `is_approved` says that a person let it go."""

    number: int
    pool: str
    code: str
    value: Money
    expires_at: datetime | None = None
    is_approved: bool = False

    def words(self) -> dict[str, object]:
        """Return what templates know as `coupon`."""
        return {"code": self.code, "value": self.value, "expires_at": self.expires_at}


@dataclass(frozen=True)
class Held:
    """The coupon that a message has already; one that `is_out` is with it for ever."""

    number: int
    pool: str
    code: str
    is_out: bool = False
    is_approved: bool = False
    value: Money | None = None


@dataclass(frozen=True)
class Till:
    """What counts for one message: what others took, its own coupon left out.

    `free` is the code it would get, None when the pool has none.
    """

    pool: Pool
    spent: Decimal = Decimal(0)
    by_rule: Sequence[datetime] = ()
    to_customer: Sequence[datetime] = ()
    free: tuple[int, str] | None = None
    own: Held | None = None


@dataclass(frozen=True)
class Offered:
    """What comes of an offer: its coupon, or `why` there is none; `is_spent` when it ran out."""

    pool: str
    coupon: Coupon | None = None
    why: str = ""
    is_spent: bool = False

    def __str__(self) -> str:
        if self.coupon and self.coupon.number > 0:
            return f"with coupon {self.coupon.number} of {self.pool} worth {self.coupon.value}"
        if self.coupon:
            return f"with a coupon of {self.pool} worth {self.coupon.value}"
        return f"without the coupon of {self.pool}: {self.why}"


def judge_offer(
    offer: Offer, till: Till, recipient: Recipient, channel: Channel, now: datetime
) -> Offered:
    """Say which coupon a message gets, or why it gets none."""
    allowed = recipient.allows(channel, Purpose.MARKETING, now)
    if allowed.decision is not Decision.GO:
        return Offered(offer.coupon, why=str(allowed))
    if till.own and till.own.is_out:
        return Offered(offer.coupon, _coupon(till, till.own, recipient, now))
    if _is_full(offer.per_customer, till.to_customer, now):
        return Offered(offer.coupon, why=f"they had {offer.per_customer} already")
    if _is_full(offer.total, till.by_rule, now):
        why = f"the rule has given {offer.total}"
        return Offered(offer.coupon, why=why, is_spent=True)
    if offer.budget and till.spent + till.pool.value.amount > offer.budget.amount:
        why = f"the budget of {offer.budget} per month is spent"
        return Offered(offer.coupon, why=why, is_spent=True)
    held = till.own or (Held(till.free[0], till.pool.name, till.free[1]) if till.free else None)
    if held is None:
        return Offered(offer.coupon, why="no code is left", is_spent=True)
    return Offered(offer.coupon, _coupon(till, held, recipient, now))


def offer_verdict(offer: Offer, pool: Pool | None, found: Offered, *, is_approved: bool) -> Verdict:
    """Say whether a message goes out with what came of its offer.

    Who was let go by a person goes out, with the coupon if there is one by then.
    """
    if found.coupon:
        if pool and pool.needs_approval and not found.coupon.is_approved:
            return hold(Reason.DEAR_COUPON, f"{pool.name}: {pool.value} each")
        return GO
    if found.is_spent and not is_approved:
        note = f"{found.pool}: {found.why}"
        match offer.when_spent:
            case WhenSpent.HOLD:
                return hold(Reason.OFFER_SPENT, note)
            case WhenSpent.SKIP:
                return stop(Reason.OFFER_SPENT, note)
            case WhenSpent.SEND_WITHOUT:
                return GO
    return GO


def _is_full(rate: Rate | None, taken: Sequence[datetime], now: datetime) -> bool:
    return rate is not None and sum(now - at < rate.per.fixed for at in taken) >= rate.count


def _coupon(till: Till, held: Held, recipient: Recipient, now: datetime) -> Coupon:
    """Return the coupon as it goes out at `now`, worth what its pool says today."""
    pool, zone = till.pool, recipient.zones.zones[0]
    value = held.value if held.is_out and held.value else pool.value
    return Coupon(
        number=held.number,
        pool=held.pool,
        code=held.code,
        value=value,
        expires_at=add_local(now, pool.expires, zone) if pool.expires else None,
        # a person agreed to another sum
        is_approved=held.is_approved and held.value == pool.value,
    )
