"""A real case as a rule test: it comes to the same, passes when it is run, and tells of nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.errors import DataError
from outreach.model import Kind, SubjectRef
from outreach.proving.real_cases import as_test
from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.playing import Play
from outreach.proving.scenarios.running import run_scenario
from outreach.proving.scenarios.stage import Stage
from outreach.releases import Release

#: what really happened; whatever is said in capitals must not be told
REAL = """\
format: 1
start: 2026-11-20 12:00:07 Europe/Berlin
tests:
  - name: late, then delivered
    given:
      customer c-71: {name: GRETA Holm, first_name: GRETA, email: GRETA@example.org, locale: de,
                      phone: "+493098765432", city: WEIMAR, postal_code: "99423", tags: [GRUMBLER]}
      order o-9: {customer: c-71, status: shipped, promised_at: 2026-11-20 12:00,
                  item_summary: RED SHOES, tracking_url: "https://dhl.example/JD-SECRET",
                  total: 1250.5 EUR, gift: yes}
    timeline:
      - {at: +1 day 1 hour, change: {order o-9: {tags: [gift, FRAGILE]}}}
      - {at: +1 day 20 hours, unsubscribe: c-71}
      - {at: +3 days, change: {order o-9: {status: delivered, delivered_at: now, tags: missing}}}
      - {at: +4 days, agree: c-71}
  - name: a ticket that waits, and an order that is not theirs alone
    given:
      customer c-71: {name: GRETA Holm, email: GRETA@example.org, country: DE}
      order o-9: {customer: c-71, status: placed, carrier: NORTH POST, status_changed_at: -3 days}
      ticket t-5: {customer: c-71, order: o-9, status: waiting_on_us, subject: MY SHOES}
    timeline:
      - {at: +2 hours, change: {ticket t-5: {status: resolved, resolved_at: now, reopen_count: 2}}}
  - name: a message that still waits
    start: 2026-11-20 21:30 Europe/Berlin
    given:
      customer c-71: {name: GRETA Holm, email: GRETA@example.org, zone: Europe/Berlin, tier: gold}
      order o-9: {customer: c-71, status: shipped, promised_at: now}
    timeline:
      - {at: 2026-11-21 23:30, change: {customer c-71: {email: GRETA.H@example.org}}}
  - name: a pause, and an incident
    given:
      customer c-71: {name: GRETA Holm, email: GRETA@example.org, locale: de}
      order o-9: {customer: c-71, status: shipped, promised_at: 2026-11-20 12:00}
      order o-8: {customer: c-71, status: placed}
    timeline:
      - {at: +1 hour, incident: [o-9, o-8]}
      - {at: +20 hours, pause: all}
      - {at: +2 days, resume: all, resolve: all}
"""


@pytest.fixture(scope="module")
def copy(release: Release) -> Iterator[Stage]:
    """Where the written test is played: the real case keeps its own database."""
    made = Stage(release)
    yield made
    made.close()


def told(stage: Stage, copy: Stage, name: str, rule: str = "") -> tuple[Play, str]:
    """Let a real case happen, and return it with the test that it becomes."""
    (real,) = gather(stage.release, {"rules/shop.test.yaml": REAL}, name=name).scenarios
    play = Play(real, stage)
    assert len(list(play.moments())) == len(real.timeline)
    subject = SubjectRef(Kind.ORDER, "o-9")
    return play, as_test(play.setup, copy, subject, now=play.now, rule=rule)


@pytest.mark.parametrize("name", ["late, then", "a ticket", "still waits", "a pause"])
def test_it_comes_to_the_same_and_tells_of_nobody(name: str, stage: Stage, copy: Stage) -> None:
    real, text = told(stage, copy, name)
    found = gather(stage.release, {"rules/case.test.yaml": text})
    assert found.problems == ()
    verdict = run_scenario(copy, found.scenarios[0])
    assert verdict.failure is None
    assert text.count("handoff:") == len(real.cases)
    assert text.count("step: ") == len(real.came) + len(real.cases)
    assert "eally sent" not in text
    secret = ("GRETA", "Holm", "WEIMAR", "99423", "98765432", "GRUMBLER", "SHOES", "POST", "SECRET")
    assert [word for word in (*secret, "FRAGILE", "c-71", "o-9", "t-5") if word in text] == []


def test_what_changed_stands_at_its_time_and_what_rules_ask_for_stays(
    stage: Stage, copy: Stage
) -> None:
    _, text = told(stage, copy, "late, then")
    assert "start: 2026-11-20 12:00:07 Europe/Berlin" in text
    changed = "at: 2026-11-21 13:00:07\n        change:\n          order A-1: {tags: [gift, some"
    assert changed in text
    assert "delivered_at: 2026-11-23 12:00:07, tags: missing}" in text
    assert "unsubscribe: [ana]" in text
    assert "agree: [ana]" in text
    assert "total: 1250.50 EUR" in text


def test_what_waits_is_said_to_wait(stage: Stage, copy: Stage) -> None:
    _, text = told(stage, copy, "still waits")
    assert "waiting:\n          - {rule: vip, to: ana, about: A-1}" in text


def test_pauses_and_incidents_are_told(stage: Stage, copy: Stage) -> None:
    _, text = told(stage, copy, "a pause")
    lines = [line.strip() for line in text.splitlines()]
    assert {"incident: [A-1, A-2]", "incident: [A-2, A-1]"} & set(lines)
    wanted = ["pause: all", "resolve: all", "resume: all"]  # the last two at one instant
    assert [line for line in lines if line in wanted] == wanted


def test_of_one_rule_alone_the_others_are_left_out(stage: Stage, copy: Stage) -> None:
    _, text = told(stage, copy, "still waits", rule="late")
    assert "only: [late]" in text
    assert "rule: vip" not in text


def test_what_the_rules_would_not_do_now_is_said(stage: Stage, copy: Stage) -> None:
    real, _ = told(stage, copy, "late, then")
    text = as_test(real.setup, copy, SubjectRef(Kind.ORDER, "o-9"), now=real.now, rule="still-late")
    assert "Really sent" not in text  # of other rules nothing is said
    with real.setup.store.write() as connection:
        connection.exec_driver_sql("UPDATE messages SET step = 'former'")
    text = as_test(real.setup, copy, SubjectRef(Kind.CUSTOMER, "c-71"), now=real.now)
    assert "# Really sent, and not here: late, former, 1 ×" in text
    assert "# Not really sent by now: late, sorry, 1 ×" in text


def test_before_anything_was_known_there_is_nothing_to_tell(stage: Stage, copy: Stage) -> None:
    real, _ = told(stage, copy, "still waits")
    early = real.scenario.start.replace(year=2025)
    with pytest.raises(DataError, match="no order or ticket"):
        as_test(real.setup, copy, SubjectRef(Kind.CUSTOMER, "c-71"), now=early)
