"""Column types that are the same in SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Row
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from outreach.timing.instants import from_micros, to_micros

#: a row of a query, its columns by name
Record = Row[*tuple[Any, ...]]
#: amounts are kept in ten-thousandths, so that comparing them is exact in every database
AMOUNT_UNITS = Decimal(10_000)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as microseconds since the epoch in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class Amount(TypeDecorator[Decimal]):
    """An amount of money, kept as whole ten-thousandths."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value * AMOUNT_UNITS)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else (Decimal(value) / AMOUNT_UNITS).normalize()


def json_type() -> Any:
    """Return the JSON type of the database in use: JSONB where there is one."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
