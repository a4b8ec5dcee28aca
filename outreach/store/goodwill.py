"""The table of coupons: each code once, and the one message it went with."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from outreach.store.types import Amount, Instant

_FREE = text("state = 'free'")
_TAKEN = text("state <> 'free'")


class Coupon(SQLModel, table=True):
    """One code of a pool, and the message that has it: reserved, on its way, or given for ever.

    `amount` is what it is worth, `taken_at` when it began to count for limits and budgets, and
    `approved` says that a person let it go. `source` is the line it was read from.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        # a code is the same code in whatever pool: two customers must never have it
        UniqueConstraint("code", name="ux_coupons_code"),
        UniqueConstraint("message_id", name="ux_coupons_message"),
        Index(
            "ix_coupons_free",
            "pool",
            "id",
            sqlite_where=_FREE,
            postgresql_where=_FREE,
        ),
        Index(
            "ix_coupons_taken",
            "pool",
            "taken_at",
            sqlite_where=_TAKEN,
            postgresql_where=_TAKEN,
        ),
        Index(
            "ix_coupons_rule",
            "rule",
            "taken_at",
            sqlite_where=_TAKEN,
            postgresql_where=_TAKEN,
        ),
        Index("ix_coupons_customer", "customer_id", "taken_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    pool: str
    code: str
    state: str
    message_id: str | None = None
    customer_id: str | None = None
    rule: str | None = None
    amount: Decimal | None = Field(default=None, sa_type=Amount)
    currency: str | None = None
    taken_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    approved: bool = False
    source: str
    imported_at: datetime = Field(sa_type=Instant)


class CouponShelf(SQLModel, table=True):
    """A pool as the applied rules have it: fewer codes than `warn_below` are too few.

    That is empty where no live rule gives its codes; `error` says why its file brought none.
    """

    __tablename__ = "coupon_shelves"

    pool: str = Field(primary_key=True)
    warn_below: int | None = None
    error: str = ""
