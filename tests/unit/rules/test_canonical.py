"""What a rule means as JSON: the same for every spelling, another for every meaning."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from outreach.rules.canonical import (
    conditions_digest,
    rule_digest,
    rule_json,
    ruleset_digest,
)
from outreach.rules.document import Rule
from outreach.rules.loader import load_rules
from outreach.rules.names import Names

RULE = """\
format: 1
rules:
- rule: late
  description: Say sorry.
  owner: anna@shop.example
  about: order
  purpose: service
  calendar: de
  when:
    - promised_at is more than 1 day ago
    - status not in [delivered, cancelled]
    - any:
        - total is at least 100 EUR
        - customer.tier is gold
  audience:
    - carrier is DHL
  ignore_older_than: 10 days
  cancel_if:
    - customer.open_tickets is at least 1
  once_per: order and estimated_at
  holdout: 5%
  steps:
    - id: sorry
      send: apology
      via: [email, sms]
      if_undelivered: next channel after 30 minutes
    - id: again
      send: update
      wait: 1 day after delivered_at, at 10:00
      repeat: every 2 business days, up to 3 times
      until: [sorry was replied to]
  limits:
    total: 400 per day
  combine_within: 2 hours
  expires_after: 1 day
"""
Load = Callable[[str], Rule]


@pytest.fixture
def load(names: Names) -> Load:
    return lambda text: load_rules({"a.yaml": text}, names).rules[0]


def test_a_rule_as_json(load: Load) -> None:
    assert rule_json(load(RULE)) == {
        "rule": "late",
        "about": "order",
        "purpose": "service",
        "mode": "live after a day in shadow",
        "when": [
            "promised_at is more than 1 day ago",
            "status not in [delivered, cancelled]",
            {"any": ["total is at least 100 EUR", "customer.tier is gold"]},
        ],
        "audience": ["carrier is DHL"],
        "cancel_if": ["customer.open_tickets is at least 1"],
        "age": {"field": "promised_at", "length": "10 days"},
        "once_per": "order and estimated_at",
        "calendar": {
            "name": "de",
            "days": "mon-fri",
            "hours": "09:00-17:00",
            "zone": "Europe/Berlin",
            "country": "DE",
        },
        "send_window": {"name": "daytime", "days": "mon-sun", "hours": "09:00-20:00"},
        "holdout": "5%",
        "steps": [
            {
                "id": "sorry",
                "send": "apology",
                "via": ["email", "sms"],
                "if_undelivered": "30 minutes",
            },
            {
                "id": "again",
                "send": "update",
                "via": ["email"],
                "wait": {"duration": "1 day", "after": "delivered_at", "at": "10:00"},
                "repeat": {"every": "2 business days", "times": 3},
                "until": ["sorry was replied to"],
            },
        ],
        "limits": {"total": "400 per day"},
        "combine_within": "2 hours",
        "expires_after": "1 day",
    }


def test_it_is_plain_json(load: Load) -> None:
    meaning = rule_json(load(RULE))
    assert json.loads(json.dumps(meaning)) == meaning


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Say sorry.", "Say sorry, and mean it."),
        ("anna@shop.example", "ben@shop.example"),
        ("    - carrier is DHL", "    # the only one we have\n    - carrier is DHL"),
        ("carrier is DHL", 'carrier = "DHL"'),
        ("status not in [delivered, cancelled]", "status is none of [delivered, cancelled]"),
        ("total is at least 100 EUR", "total >= 100.00 EUR"),
        ("holdout: 5%", "holdout: 5.0%"),
        ("expires_after: 1 day", "expires_after:   1 days"),
        ("order and estimated_at", "estimated_at"),
    ],
)
def test_another_spelling_is_the_same_rule(before: str, after: str, load: Load) -> None:
    assert before in RULE
    assert rule_digest(load(RULE.replace(before, after))) == rule_digest(load(RULE))


@pytest.mark.parametrize(
    ("before", "after", "enrols_others"),
    [
        ("more than 1 day ago", "more than 2 days ago", True),
        ("any:", "none:", True),
        ("about: order", "about: order\n  mode: shadow", False),
        ("purpose: service", "purpose: survey", False),
        ("carrier is DHL", "carrier is UPS", True),
        ("10 days", "11 days", True),
        ("order and estimated_at", "order", True),
        ("holdout: 5%", "holdout: 6%", False),
        ("at 10:00", "at 10:30", False),
        ("up to 3 times", "up to 4 times", False),
        ("sorry was replied to", "sorry was clicked", False),
        ("400 per day", "400 per week", False),
        ("after 30 minutes", "after 31 minutes", False),
        ("via: [email, sms]", "via: [sms, email]", False),
        ("2 hours", "3 hours", False),
        ("expires_after: 1 day", "expires_after: 2 days", False),
        ("open_tickets is at least 1", "open_tickets is at least 2", False),
    ],
)
def test_another_meaning_is_another_rule(
    before: str, after: str, enrols_others: bool, load: Load
) -> None:
    assert before in RULE
    one, other = load(RULE), load(RULE.replace(before, after))
    assert rule_digest(one) != rule_digest(other)
    assert (conditions_digest(one) != conditions_digest(other)) is enrols_others


def test_another_calendar_is_another_rule(load: Load) -> None:
    """Business time is counted in it, even where the rule's own text is the same."""
    rule = load(RULE)
    assert rule.calendar is not None
    closed = replace(rule.calendar, closed=frozenset({date(2026, 12, 24)}))
    assert conditions_digest(replace(rule, calendar=closed)) != conditions_digest(rule)


def test_rules_together_mean_the_same_in_any_order(
    names: Names, rule_files: dict[str, str]
) -> None:
    ruleset = load_rules(
        {file: text for file, text in rule_files.items() if file.startswith("tests")}, names
    )
    assert ruleset_digest(reversed(ruleset.rules)) == ruleset.digest
    assert ruleset_digest(ruleset.rules[1:]) != ruleset.digest
