"""Looking ahead: the same finding, planning and gates as the passes, with nothing written.

It starts from the data as it is and walks through time until the given instant: what would be
sent, when, and what keeps the rest. What customers would do meanwhile it does not guess.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from outreach.model import Mode, Money
from outreach.passes.ahead.forecast import foretell
from outreach.passes.ahead.outlook import Outcome, PreviewMessage
from outreach.passes.ahead.reading import read_scene
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.store.coupons import money_taken_besides
from outreach.store.staging import prepare
from outreach.timing.periods import Period, stretch_of


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
    #: its mode in words: `canary 10%`
    said: str = ""
    #: until when it is in shadow for being new
    shadow_until: datetime | None = None


@dataclass(frozen=True)
class Preview:
    """What a preview found, the messages by due time."""

    now: datetime
    until: datetime
    rules: tuple[RuleCount, ...]
    messages: tuple[PreviewMessage, ...]
    #: by pool of coupons what of its budget others have left until the month ends
    budgets: Mapping[str, Money] = field(default_factory=dict)


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
        budgets = _budgets(connection, setup, told, now)
    names = [r for r in setup.ruleset if r.mode is not Mode.OFF and (not rules or r.name in rules)]
    messages = tuple(sorted(told, key=lambda m: (m.due_at, m.rule, m.subjects)))
    by_rule: dict[str, list[PreviewMessage]] = defaultdict(list)
    for message in messages:
        by_rule[message.rule].append(message)
    counts = tuple(_count(rule, by_rule[rule.name]) for rule in names)
    return Preview(now, until, counts, messages, budgets)


def _budgets(
    connection: Connection, setup: Setup, messages: Sequence[PreviewMessage], now: datetime
) -> dict[str, Money]:
    """Return what is left this month of the smallest budget of each pool that would give.

    What these messages have reserved already is still theirs to spend. Where one goes out in
    another month, what is left of this one says nothing.
    """
    month = stretch_of(now, Period.MONTH, setup.zone)
    smallest: dict[str, Money] = {}
    for step in (step for rule in setup.ruleset for step in rule.steps):
        if step.offer and (budget := step.offer.budget):
            least = smallest.setdefault(step.offer.coupon, budget)
            smallest[step.offer.coupon] = min(least, budget, key=lambda money: money.amount)
    left = {}
    for pool, budget in smallest.items():
        given = [m for m in messages if m.coupon and m.coupon.pool == pool]
        if given and all(stretch_of(m.due_at, Period.MONTH, setup.zone) == month for m in given):
            mine = {m.coupon.number for m in given if m.coupon}
            taken = money_taken_besides(connection, pool, month.start, mine)
            left[pool] = Money(max(budget.amount - taken, Decimal(0)), budget.currency)
    return left


def _count(rule: Rule, messages: Sequence[PreviewMessage]) -> RuleCount:
    outcomes = Counter(message.outcome.value for message in messages)
    silent = (Outcome.SKIPPED, Outcome.HELD)
    going = [message.due_at for message in messages if message.outcome not in silent]
    first = min(going, default=None)
    return RuleCount(
        rule.name,
        rule.mode,
        **outcomes,
        first_due=first,
        said=rule.mode_words,
        shadow_until=rule.shadow_until,
    )
