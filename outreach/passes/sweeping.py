"""The sweep: every rule asked about every row in range, whatever changed.

A safety net for what no change in the log tells of, such as a row that somebody edited by hand.
"""

from __future__ import annotations

from datetime import datetime

from outreach.passes.enrol import EnrolReport, enrol
from outreach.passes.setup import Setup


def sweep(setup: Setup, *, now: datetime) -> EnrolReport:
    """Enrol what is not enrolled; just after an enrol pass that is what passes had missed."""
    return enrol(setup.store, setup.enroller, setup.catalogue, zone=setup.zone, now=now, sweep=True)
