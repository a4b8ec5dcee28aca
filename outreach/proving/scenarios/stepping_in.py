"""What a team does in a rule test: it takes the latest case, or says that it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from outreach.errors import Refused
from outreach.model import Kind, SubjectRef
from outreach.passes.setup import Setup
from outreach.passes.taking_on import finish, take
from outreach.proving.scenarios.document import Deed, DeedKind
from outreach.proving.scenarios.stage import WHO
from outreach.store.types import Record


def step_in(deed: Deed, setup: Setup, cases: Sequence[Record], *, now: datetime) -> None:
    """Let somebody take or close the latest case; raises Refused where that cannot be."""
    row = _latest(cases, deed.whom)
    if row is None:
        name = deed.whom.id if deed.whom else ""
        raise Refused(f"nobody was asked to step in for {name}")
    if deed.kind is DeedKind.TAKE:
        take(setup.store, row.id, who=WHO, by=WHO, now=now)
    else:
        finish(setup.store, row.id, who=WHO, by=WHO, now=now)


def _latest(cases: Sequence[Record], whom: SubjectRef | None) -> Record | None:
    """Return the latest case about something, or of somebody."""
    for row in reversed(cases):
        about = SubjectRef(Kind(row.kind), row.subject_id)
        if whom in (about, SubjectRef(Kind.CUSTOMER, row.customer_id or "")):
            return row
    return None
