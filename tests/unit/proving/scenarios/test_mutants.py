"""Mutants: what is changed in a rule, where it stands, and which test notices it."""

from __future__ import annotations

import pytest

from outreach.proving.mutants.changing import mutants_of
from outreach.proving.mutants.playing import Fate, Witness, hunt, promising, witnesses
from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.running import run_all
from outreach.releases import Release, with_rules
from tests.unit.proving.scenarios.conftest import HEAD

RULE = """\
format: 1
defaults: {purpose: service, mode: live}
rules:
- rule: it
  about: order
  when: [promised_at is more than 1 day ago]
  steps: [{id: sorry, send: sorry}]
- rule: vip
  about: order
  when: [promised_at is more than 1 day ago]
  steps: [{send: update}]
"""
STEP = "steps: [{id: sorry, send: sorry}]"
#: a line more of the rule, and by what was written there all that is tried instead
CONDITIONS = {
    'audience: ["status in [shipped, packed]"]': {
        "status in [shipped, packed]": "left out | not so | … is packed | … is shipped"
    },
    "audience: [delivered_at is missing]": {
        "delivered_at is missing": "left out | … present",
    },
    "audience: [{any: [total is at least 50 EUR, customer.open_tickets is at most 0]}]": {
        "any:": "left out | none:",
        "total is at least 50 EUR": "left out | not so | … 100 EUR | … 25 EUR",
        "customer.open_tickets is at most 0": "left out | not so | … 1",
    },
    "audience: [{none: [tags include gift]}]": {
        "none:": "left out | any:",
        "tags include gift": "not so",
    },
    "cancel_if: [status is shipped for more than 2 hours]": {
        "status is shipped for more than 2 hours": "left out | not so | … 4 hours | … 1 hour"
    },
    "cancel_if: [promised_at is between 1 day and 4 days ago]": {
        "promised_at is between 1 day and 4 days ago": (
            "left out | not so | … 2 days and 4 days ago | … 12 hours and 4 days ago"
            " | … 8 days ago | … 2 days ago"
        )
    },
    "cancel_if: [delivered_at is more than 1 day after promised_at]": {
        "delivered_at is more than 1 day after promised_at": (
            "left out | not so | … 2 days after promised_at | … 12 hours after promised_at"
        )
    },
    "cancel_if: [placed_at is before 2026-11-20]": {
        "placed_at is before 2026-11-19 23:00": (
            "left out | not so | … 2026-11-20 23:00 | … 2026-11-18 23:00"
        )
    },
}
OTHERS = {
    "ignore_older_than: 10 days": "left out | 20 days | 5 days",
    "once_per: quarter": "left out | month | year",
    "takes_over: [vip]": "left out",
    "approval: always": "never",
    "limits: {cooldown: 3 days}": "left out | 6 days | 36 hours",
    "limits: {per_customer: 2 per 30 days}": (
        "left out | 3 per 30 days | 1 per 30 days | 2 per 60 days | 2 per 15 days"
    ),
    "limits: {hold_above: 60 per hour}": "left out | 61 per hour | 59 per hour",
    "send_window: daytime": "00:00-24:00 | 10:00-21:00 | 08:00-19:00",
    "expires_after: 2 days": "4 days | 1 day",
    "combine_within: 1 hour": "left out | 2 hours | 30 minutes",
    STEP.replace("}", ", via: [email, sms]}"): "sms, email | email | sms",
    STEP.replace("}", ", wait: '2 days, at 10:00'}"): (
        "left out | 4 days | 1 day | at any time | at 11:00 | at 09:00"
    ),
    STEP.replace("}", ", repeat: 'every 3 days, up to 2 times'}"): (
        "left out | 6 days | 36 hours | 3 | 1"
    ),
    "steps: [{handoff: desk, title: It, due: 4 hours, stop_outreach: 2 days}]": (
        "left out | 8 hours | 2 hours | left out | 4 days | 1 day"
    ),
}
DELAYS = """\
  - name: after a day
    only: [it]
    given: {order A-1: {customer: ana, status: shipped, promised_at: now}}
    timeline:
      - {at: +23 hours, expect: nothing}
      - {at: +1 day, expect: [{rule: it}]}
  - name: of another
    only: [vip]
    given: {order A-1: {customer: ana, status: shipped, promised_at: now}}
    timeline: [{at: +1 day, expect: [{rule: vip}]}]
  - name: all of them
    given: {order A-1: {customer: ana, status: shipped, promised_at: now}}
    timeline: [{at: +2 days, expect_counts: {sent: 2}}]
"""


def _changes(release: Release, line: str) -> list[str]:
    """Return what is changed in one more line of a rule, or in its steps."""
    text = RULE.replace(f"  {STEP}\n", "", 1) if line.startswith("steps") else RULE
    text = text.replace("  about: order\n", f"  about: order\n  {line}\n", 1)
    edited = with_rules(release, {"rules/it.yaml": text})
    mutants = list(mutants_of(edited, ["it"]))
    (known,) = (rule for rule in edited.ruleset if rule.name == "it")
    assert all(mutant.rule != known for mutant in mutants)
    return [mutant.change for mutant in mutants if mutant.position.line == 6]


@pytest.mark.parametrize("line", CONDITIONS)
def test_every_condition_is_left_out_turned_round_and_has_its_values_changed(
    release: Release, line: str
) -> None:
    assert _changes(release, line) == [
        f"{was} → {other}"
        for was, others in CONDITIONS[line].items()
        for other in others.split(" | ")
    ]


@pytest.mark.parametrize("line", OTHERS)
def test_every_wait_limit_and_window_is_changed(release: Release, line: str) -> None:
    changes = _changes(release, line)
    assert [change.partition(" → ")[2] for change in changes] == OTHERS[line].split(" | ")


def test_the_only_line_of_when_stays_and_what_nobody_wrote_is_left_alone(release: Release) -> None:
    edited = with_rules(release, {"rules/it.yaml": RULE})
    assert [(m.position.line, m.change) for m in mutants_of(edited, ["it"])] == [
        (6, "promised_at is more than 1 day ago → not so"),
        (6, "promised_at is more than 1 day ago → … 2 days ago"),
        (6, "promised_at is more than 1 day ago → … 12 hours ago"),
    ]


def test_a_change_is_noticed_by_the_first_test_that_fails(release: Release) -> None:
    text = RULE.replace("  about: order\n", "  about: order\n  limits: {cooldown: 1 day}\n", 1)
    edited = with_rules(release, {"rules/it.yaml": text})
    found = _witnesses(edited)
    fates = list(hunt(edited, found, list(mutants_of(edited, ["it"]))))
    noticed = ("rules/it.test.yaml", "after a day")
    assert [fate.caught_by for fate in fates] == [noticed] * 3 + [None] * 3
    assert fates[-1] == Fate("it", fates[-1].position, "cooldown: 1 day → 12 hours")


def test_tests_that_name_a_rule_come_first_and_those_of_others_never(release: Release) -> None:
    found = _witnesses(with_rules(release, {"rules/it.yaml": RULE}))
    assert [each.name for each in promising("it", found)] == ["after a day", "all of them"]
    assert [each.name for each in promising("vip", found)] == ["of another", "all of them"]


def _witnesses(release: Release) -> list[Witness]:
    gathered = gather(release, {"rules/it.test.yaml": HEAD + DELAYS})
    assert not gathered.problems
    verdicts = list(run_all(release, gathered.scenarios, watching=True))
    assert all(verdict.passed for verdict in verdicts)
    return witnesses(zip(gathered.scenarios, verdicts, strict=True))
