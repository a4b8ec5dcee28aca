"""Effects of a report: what became of those a rule wrote to, beside those it held out."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import Connection

from outreach.deciding.reporting.figures import Arm, Effect
from outreach.store.figures import effects
from outreach.timing.weeks import Weeks


def effect(
    connection: Connection, rule: str, weeks: Weeks, within: timedelta, now: datetime
) -> Effect:
    """Compare the two groups of a rule; who cannot be told yet is only counted."""
    arms = {effects.TREATED: Arm(), effects.HELD_OUT: Arm()}
    people: Counter[str] = Counter()
    for row in effects.outcomes(connection, rule, weeks, within, now):
        if row.arm == effects.MOVED:
            people["moved"] += row.people
        elif row.is_over:
            arms[row.arm] = Arm(row.people, int(row.wrote), int(row.ordered))
        else:
            people["waiting"] += row.people
    treated, held_out = arms[effects.TREATED], arms[effects.HELD_OUT]
    return Effect(rule, within, treated, held_out, people["waiting"], people["moved"])
