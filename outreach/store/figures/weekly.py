"""Which week an instant lies in, as SQL: comparisons with constants, the same in every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case

from outreach.timing.weeks import Weeks


def within(column: ColumnElement[Any], weeks: Weeks) -> ColumnElement[bool]:
    """Ask whether an instant lies in the time."""
    return and_(column >= weeks.since, column < weeks.until)


def week_of(column: ColumnElement[Any], weeks: Weeks) -> ColumnElement[int]:
    """Return the number of the week an instant lies in, counted from 0."""
    # a constant alone would be read as the number of a column, where it is grouped by
    ends = weeks.starts[1:] or (weeks.until,)
    last = len(weeks.starts) - 1
    return case(*((column < end, number) for number, end in enumerate(ends)), else_=last)
