"""Looking ahead: the same finding, planning and gates as the passes, with nothing written.

It starts from the data as it is and walks through time until the given instant: what would be
sent, when, and what keeps the rest. What customers would do meanwhile it does not guess.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.model import Mode
from outreach.passes.ahead.forecast import foretell
from outreach.passes.ahead.outlook import Outcome, PreviewMessage
from outreach.passes.ahead.reading import read_scene
from outreach.passes.setup import Setup
from outreach.store.staging import prepare


@dataclass(frozen=True)
class RuleCount:
    """How many messages and tasks of a rule have which outcome."""

    rule: str
    mode: Mode
    will_send: int = 0
    held: int = 0
    waiting: int = 0
    skipped: int = 0
    shadow: int = 0
    handoff: int = 0
    first_due: datetime | None = None


@dataclass(frozen=True)
class Preview:
    """What a preview found, the messages by due time."""

    now: datetime
    until: datetime
    rules: tuple[RuleCount, ...]
    messages: tuple[PreviewMessage, ...]


def preview(
    setup: Setup,
    *,
    now: datetime,
    until: datetime | None = None,
    rules: Collection[str] | None = None,
    customer: str | None = None,
) -> Preview:
    """Say what would happen from `now` until `until`; never writes.

    `rules` and `customer` narrow it down. Without `until` it tells what is due now.
    """
    until = max(now, until or now)
    with setup.store.read(temporary=prepare) as connection:
        told = foretell(read_scene(connection, setup, now, until, rules, customer), until)
    names = [r for r in setup.ruleset if r.mode is not Mode.OFF and (not rules or r.name in rules)]
    messages = tuple(sorted(told, key=lambda m: (m.due_at, m.rule, m.subjects)))
    by_rule: dict[str, list[PreviewMessage]] = defaultdict(list)
    for message in messages:
        by_rule[message.rule].append(message)
    counts = tuple(_count(rule.name, rule.mode, by_rule[rule.name]) for rule in names)
    return Preview(now, until, counts, messages)


def _count(rule: str, mode: Mode, messages: Sequence[PreviewMessage]) -> RuleCount:
    outcomes = Counter(message.outcome.value for message in messages)
    silent = (Outcome.SKIPPED, Outcome.HELD)
    going = [message.due_at for message in messages if message.outcome not in silent]
    return RuleCount(rule, mode, **outcomes, first_due=min(going, default=None))
