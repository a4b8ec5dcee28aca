"""What the demo tells of what it played."""

from __future__ import annotations

from collections import Counter

from outreach.cli.commands.demo import headline
from outreach.model import Kind


def test_a_week_without_a_ticket_is_told_as_well() -> None:
    played = Counter({Kind.CUSTOMER: 56, Kind.ORDER: 1252})
    assert headline(7, played) == (
        "7 days · 56 customers · 1,252 versions of orders · 0 of tickets"
    )
