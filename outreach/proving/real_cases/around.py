"""What happened around a real case: pauses of everything, and incidents that its orders were in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from outreach.passes.pausing import Scope
from outreach.store.frames import table_of
from outreach.store.incidents import IncidentOrder
from outreach.store.permissions import Pause
from outreach.store.subjects import Incident
from outreach.timing.instants import MICROSECOND


@dataclass(frozen=True, order=True)
class Around:
    """Something that a line lets happen: `incident` about an order, else about everything."""

    at: datetime
    deed: str
    order: str = ""


def read_around(
    connection: Connection, orders: Iterable[str], start: datetime, now: datetime
) -> list[Around]:
    """Return what happened from `start` until `now`; what ran then already begins with it."""
    found = [*_pauses(connection, start, now), *_incidents(connection, orders, start, now)]
    return sorted(found)


def _pauses(connection: Connection, start: datetime, now: datetime) -> Iterator[Around]:
    """Yield when everything began to be paused and when it went on: several at once are one."""
    row = table_of(Pause).c
    query = select(row.since, row.until, row.ended_at).where(row.scope == Scope.ALL.value)
    spans: list[tuple[datetime, datetime]] = []
    later = now + MICROSECOND  # of one that still runs
    for since, until, ended_at in connection.execute(query.order_by(row.since)):
        end = min((each for each in (until, ended_at) if each is not None), default=later)
        if end <= start or since >= now or end <= since:
            continue
        if spans and since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((max(since, start), end))
    for since, end in spans:
        yield Around(since, "pause")
        if end <= now:
            yield Around(end, "resume")


def _incidents(
    connection: Connection, orders: Iterable[str], start: datetime, now: datetime
) -> Iterator[Around]:
    """Yield when orders came to be in an incident, and when the last of these was over."""
    link, row = table_of(IncidentOrder).c, table_of(Incident).c
    query = (
        select(link.order_id, link.linked_at, row.resolved_at)
        .join(table_of(Incident), row.id == link.incident_id)
        .where(link.order_id.in_(list(orders)), link.unlinked_at.is_(None))
    )
    found = [each for each in connection.execute(query).all() if start <= each.linked_at <= now]
    for order, at, _ in found:
        yield Around(at, "incident", order)
    ends = {each.resolved_at for each in found}
    over = [end for end in ends if end is not None and end <= now]
    for end in over:
        if not any(each.linked_at < end and (each.resolved_at or now) > end for each in found):
            yield Around(end, "resolve")
