"""Open cases: customers are told by how many of their cases are with people, for rules to ask.

Cases open and close in many places; what customers say is brought into line here, before rules
enrol, so that nobody who writes a case has to wait for the change log.
"""

from __future__ import annotations

from datetime import datetime

from outreach.model import Kind
from outreach.store.case_counts import Miscounted, miscounted, write_counts
from outreach.store.change_log import LoggedChange, append_changes, last_changes, lock_change_log
from outreach.store.database import Store
from outreach.timing.instants import to_micros

FIELD = "open_handoffs"
SOURCE = "handoffs"


def count_cases(store: Store, *, now: datetime) -> int:
    """Let customers say how many cases of theirs are open; return for how many that was new.

    Its cost follows what is open.
    """
    with store.read() as connection:
        if not miscounted(connection):
            return 0
    with store.write() as connection:
        lock_change_log(connection)  # before any row, as everybody who writes it
        found = miscounted(connection)
        last = dict(last_changes(connection, Kind.CUSTOMER, [one.customer for one in found]))
        write_counts(connection, found)
        changes = [_change(one, last.get(one.customer, 0), now) for one in found]
        append_changes(connection, changes, now=to_micros(now), source=SOURCE)
    return len(found)


def _change(one: Miscounted, last: int, now: datetime) -> LoggedChange:
    """Return the change of a customer: no earlier than they last changed."""
    at = max(to_micros(now), last)
    return LoggedChange(Kind.CUSTOMER, one.customer, FIELD, one.said, one.counted, at)
