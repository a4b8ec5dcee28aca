"""What happens in a shop between two passes, taken in as any source's rows are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from benchmarks.shop import BEGAN, ORDER_STATUSES, SHARE, SPAN, TICKET_STATUSES
from outreach.model import Kind
from outreach.passes.intake import import_rows
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.timing.instants import MICROSECOND

#: rows that change between two passes, by kind
CHANGES = {Kind.ORDER: 75, Kind.TICKET: 20, Kind.CUSTOMER: 5}
#: what changes was placed or opened no longer ago
LATELY = timedelta(days=12)


class News:
    """Changes rows of a shop, each time others, the same ones in every run."""

    def __init__(self, orders: int) -> None:
        self._counts = {
            Kind.ORDER: orders,
            Kind.TICKET: orders // SHARE,
            Kind.CUSTOMER: orders // SHARE,
        }
        self._random = Random(1)

    def happen(self, store: Store, after: datetime, now: datetime) -> None:
        """Change a hundred rows right after `after`.

        All that a pass at `now` finds then matches with what the rows hold by now, and can be
        counted by hand: no row was another one for an instant that counts.
        """
        import_rows(store, list(self._records(after + MICROSECOND)), now=now, source="bench")

    def _records(self, at: datetime) -> Iterator[Record]:
        for kind, count in CHANGES.items():
            for number in self._random.sample(self._lately(kind, at, 4 * count), count):
                name = f"{kind.value[0].upper()}-{number}"
                yield Record(kind, name, self._values(kind, at), at, at)

    def _lately(self, kind: Kind, at: datetime, least: int) -> range:
        """Return the numbers of the rows that are recent at an instant; of so many at least."""
        step = SPAN / self._counts[kind]
        last = min((at - BEGAN) // step, self._counts[kind])
        return range(max(1, last - max(least, LATELY // step)), last + 1)

    def _values(self, kind: Kind, at: datetime) -> dict[str, object]:
        match kind:
            case Kind.ORDER:
                status = self._random.choice(ORDER_STATUSES)
                return {"status": status, "delivered_at": at if status == "delivered" else None}
            case Kind.TICKET:
                return {"status": self._random.choice(TICKET_STATUSES), "last_reply_at": at}
            case _:
                return {"tier": self._random.choice(["basic", "silver", "gold", "platinum"])}
