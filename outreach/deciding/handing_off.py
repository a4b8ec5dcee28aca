"""Handing off: may this task be given to people now, and where its case is.

A task needs no consent, address or quiet hours, and comes late rather than never: it does not
expire, and only a pause of its own rule keeps it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from outreach.deciding.circumstances import Circumstances, Gate, Judged
from outreach.deciding.gates import (
    fresh,
    in_rules,
    known_customer,
    not_held_out,
    not_in_shadow,
    still_meant,
)
from outreach.deciding.verdicts import GO, Verdict, wait
from outreach.model import Reason

_PLACE = re.compile(r"\{(\w+)\.(\w+)\}")


def rule_runs(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    """Wait while the rule itself is paused; a pause of all, or of a channel, is about customers."""
    assert seen.rule is not None
    own = ("rule", seen.rule.name)
    for pause in seen.pauses:
        if (pause.scope, pause.name) == own and pause.runs(now):
            return wait(Reason.PAUSED, pause.until or seen.expires_at, pause.reason)
    return GO


HANDOFF_GATES: tuple[Gate, ...] = (
    in_rules,
    rule_runs,
    known_customer,
    fresh,
    still_meant,
    not_held_out,
    not_in_shadow,
)


def case_link(pattern: str, context: Mapping[str, Any]) -> str:
    """Return where a case is; empty when the data lacks a part of the address."""

    def part(found: re.Match[str]) -> str:
        value = (context.get(found[1]) or {}).get(found[2])
        return "" if value is None else quote(str(value), safe="")

    parts = [part(found) for found in _PLACE.finditer(pattern)]
    return _PLACE.sub(part, pattern) if all(parts) else ""
