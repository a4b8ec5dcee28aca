"""Catching up: what rules ask about and no source brings, brought into line before they enrol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.model import PromiseState
from outreach.passes.incidents import Linked, link_matching
from outreach.passes.open_cases import count_cases
from outreach.passes.promising import follow_promises
from outreach.passes.setup import Setup
from outreach.store.pending import ANYTHING, Pending


@dataclass(frozen=True)
class CaughtUp:
    """How many promises broke, and which orders were linked to incidents."""

    broken: int = 0
    linked: Linked = Linked(0, {})


def catch_up(setup: Setup, *, now: datetime, pending: Pending = ANYTHING) -> CaughtUp:
    """Settle promises, count open cases and link orders to incidents, as of now.

    What is not `pending` is passed over.
    """
    broken, linked = 0, Linked(0, {})
    if pending.promises:
        broken = follow_promises(setup.store, now=now).states[PromiseState.BROKEN]
    if pending.cases:
        count_cases(setup.store, now=now)
    if pending.links:
        linked = link_matching(setup, now=now)
    return CaughtUp(broken, linked)
