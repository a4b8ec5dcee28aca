"""Caps: how often one customer hears from us, and how much one rule may send.

A message in doubt counts as sent for every cap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.deciding.verdicts import GO, Verdict, stop, wait
from outreach.model import Purpose, Reason
from outreach.rules.document import Rule
from outreach.rules.limits import ContactRule, Rate

#: who heard the first message of a canary's rule is remembered for so long
LONGEST_RUN = timedelta(days=365)
#: from when to when too much matched, both instants included
Burst = tuple[datetime, datetime]


@dataclass(frozen=True)
class Contact:
    """One message a customer has had, or may have had, from us."""

    rule: str
    purpose: Purpose
    at: datetime
    enrollments: frozenset[int] = frozenset()


def judge_cooldown(
    rule: Rule, contacts: Sequence[Contact], own: frozenset[int], now: datetime
) -> Verdict:
    """Ask for the least gap between two sends of a rule; steps of one enrollment do not count."""
    if rule.limits.cooldown is None:
        return GO
    before = [c.at for c in _others(contacts, rule, own)]
    if before and now - max(before) < rule.limits.cooldown.fixed:
        return stop(Reason.COOLDOWN, str(rule.limits.cooldown))
    return GO


def judge_customer_cap(
    rule: Rule, contacts: Sequence[Contact], own: frozenset[int], now: datetime
) -> Verdict:
    """Ask for the most sends of a rule to one customer in a period."""
    rate = rule.limits.per_customer
    if rate is None:
        return GO
    period = rate.per.fixed
    recent = [c for c in _others(contacts, rule, own) if now - c.at < period]
    return stop(Reason.CUSTOMER_CAP, str(rate)) if len(recent) >= rate.count else GO


def judge_contact_policy(
    policy: Iterable[ContactRule],
    purpose: Purpose,
    contacts: Sequence[Contact],
    now: datetime,
    own: frozenset[int] = frozenset(),
) -> Verdict:
    """Ask the contact policy across all rules; the line that keeps it waiting longest answers.

    A line about surveys alone says how often somebody is asked: what one enrollment sends, a
    reminder too, is asking once.
    """
    latest = GO
    for line in policy:
        if purpose not in line.purposes:
            continue
        asked_once = own if line.purposes == {Purpose.SURVEY} else frozenset()
        times = sorted(
            c.at
            for c in contacts
            if c.purpose in line.purposes and asked_once.isdisjoint(c.enrollments)
        )
        until = _free_at(line, times, now)
        if until > now and (latest.until is None or until > latest.until):
            latest = wait(Reason.CONTACT_POLICY, until, str(line))
    return latest


def judge_total(rule: Rule, sent: Sequence[datetime], now: datetime) -> Verdict:
    """Ask for the most a rule may send in a period; the rest wait in order."""
    rate = rule.limits.total
    if rate is None:
        return GO
    until = rate_free_at(rate, sorted(sent), now)
    return wait(Reason.TOTAL_LIMIT, until, str(rate)) if until > now else GO


def rate_free_at(rate: Rate, times: Sequence[datetime], now: datetime) -> datetime:
    """Return when one more is within the rate, `now` if it is already; `times` ascend."""
    if rate.count == 0:
        return now + rate.per.fixed
    recent = [at for at in times if now - at < rate.per.fixed]
    if len(recent) < rate.count:
        return now
    return recent[-rate.count] + rate.per.fixed


def bursts(rate: Rate, times: Iterable[datetime]) -> list[Burst]:
    """Return from when to when more matched than a rate allows within any one of its periods.

    Counted by when things matched, so that a pass after an outage is no flood and a fault in the
    data is. What overlaps is one burst.
    """
    matched = sorted(times)
    found: list[Burst] = []
    for place, last in enumerate(matched):
        first = bisect_right(matched, last - rate.per.fixed)
        if place - first < rate.count:
            continue
        begins = matched[first]
        if found and begins <= found[-1][1]:
            begins = found.pop()[0]
        found.append((begins, last))
    return found


def longest_memory(policy: Iterable[ContactRule], rules: Iterable[Rule]) -> timedelta:
    """Return how far back contacts matter to any cap."""
    lengths = [timedelta(days=1)]
    for line in policy:
        lengths += [line.at_most.per.fixed] if line.at_most else []
        lengths += [line.gap.fixed] if line.gap else []
    for rule in rules:
        lengths += [rule.limits.cooldown.fixed] if rule.limits.cooldown else []
        lengths += [rule.limits.per_customer.per.fixed] if rule.limits.per_customer else []
        lengths += [LONGEST_RUN] if rule.canary and rule.canary.rate else []
    return max(lengths)


def _others(contacts: Sequence[Contact], rule: Rule, own: frozenset[int]) -> list[Contact]:
    return [c for c in contacts if c.rule == rule.name and own.isdisjoint(c.enrollments)]


def _free_at(line: ContactRule, times: list[datetime], now: datetime) -> datetime:
    until = now
    if line.at_most:
        until = max(until, rate_free_at(line.at_most, times, now))
    if line.gap and times:
        until = max(until, times[-1] + line.gap.fixed)
    return until
