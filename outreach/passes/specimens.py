"""Specimens: real subjects for lint to try a rule's messages with; nothing is written or sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from outreach.deciding.lint.trials import Trial
from outreach.model import Kind
from outreach.passes.setup import Setup
from outreach.passes.wording import message_context, survey_context
from outreach.rules.document import Rule
from outreach.rules.facts import Facts
from outreach.store.facts import read_facts
from outreach.store.specimens import found_by

#: so many of the newest are looked at, and so many of them taken: the longest, and the newest
LOOKED_AT = 200
LONGEST = 3
NEWEST = 2


def read_specimens(setup: Setup, *, now: datetime) -> dict[str, list[Trial]]:
    """Return trials with real subjects by template: those that its rules have found before."""
    found: dict[str, list[Trial]] = defaultdict(list)
    with setup.store.read() as connection:
        for rule in setup.ruleset:
            for facts in _chosen(connection, setup, rule):
                for template in dict.fromkeys(s.template for s in rule.steps if s.template):
                    found[template].append(_trial(connection, setup, rule, template, facts, now))
    return dict(found)


def _chosen(connection: Connection, setup: Setup, rule: Rule) -> Iterator[Facts]:
    refs = found_by(connection, rule.name, LOOKED_AT)
    known = read_facts(connection, setup.catalogue, refs)
    newest = [ref for ref in refs if ref in known]  # the others were erased
    longest = sorted(newest, key=lambda ref: _length(known[ref]), reverse=True)
    for ref in dict.fromkeys((*longest[:LONGEST], *newest[:NEWEST])):
        yield known[ref]


def _length(facts: Facts) -> int:
    """Return how long the words are that a message may show."""
    return sum(len(value) for value in facts.values.values() if isinstance(value, str))


def _trial(
    connection: Connection, setup: Setup, rule: Rule, template: str, facts: Facts, now: datetime
) -> Trial:
    customer = facts.values.get("id" if rule.about is Kind.CUSTOMER else "customer.id")
    people = setup.recipients.read(connection, {customer}, now)
    recipient = people.get(customer or "")
    step = next(step for step in rule.steps if step.template == template)
    message = {"id": "lint", "step": step.id, "number": 1}
    zone = recipient.zones.zones[0] if recipient else None
    locale = recipient.customer.get("locale") if recipient else None
    context = message_context(setup, rule, [facts], message, now)
    context |= survey_context(setup, rule, step, "lint", locale or setup.templates.locale, now)
    return Trial(str(facts.subject), context, zone, is_rare=False, is_real=True)
