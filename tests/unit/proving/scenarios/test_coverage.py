"""Coverage says which sentences were seen both ways, and which steps were reached."""

from __future__ import annotations

from collections.abc import Callable

from outreach.proving.scenarios.coverage import coverage_of
from outreach.proving.scenarios.running import Verdict
from outreach.releases import Release


def test_what_no_test_has_shown_is_named(release: Release, play: Callable[[str], Verdict]) -> None:
    verdict = play("""
given:
  order A-1: {customer: ana, status: shipped, promised_at: 2026-11-20 12:00}
timeline:
  - {at: +1 day, expect: [{rule: late}]}
  - {at: +2 days, change: {order A-1: {status: delivered}}, expect: nothing}
""")
    assert verdict.passed, verdict.failure
    rules = [rule for rule in release.ruleset if rule.name in ("late", "still-late")]
    found = coverage_of(rules, verdict.seen)
    assert (found.sentences, found.sentences_seen, found.steps, found.steps_seen) == (7, 2, 2, 1)
    assert [(gap.position.line, gap.what, gap.said) for gap in found.gaps] == [
        (10, '"customer.open_tickets is at least 1"', "never true"),
        (19, '"last_sent.late is more than 3 days ago"', "never true"),
        (20, '"delivered_at is missing"', "never false"),
        (22, '"tags include gift"', "never true"),
        (27, '"update was replied to"', "never true or false"),
        (24, "step update", "never reached"),
    ]
