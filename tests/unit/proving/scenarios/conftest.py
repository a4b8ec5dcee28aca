"""A small workspace with two rules, and reading and running tests of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from outreach.errors import Problem
from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.running import Verdict, run_scenario
from outreach.proving.scenarios.stage import Stage
from outreach.releases import Release, read_release
from outreach.workspace import Workspace

SETTINGS = """\
format: 1
timezone: Europe/Berlin
contact_policy: [{purpose: service, gap: 4 hours}]
send_windows: {daytime: {days: mon-sun, hours: 09:00-20:00}}
fields: {order: {gift: yes/no}}
calendars: {desk: {country: DE, days: mon-fri, hours: 09:00-17:00}}
teams: {desk: {calendar: desk}}
surveys: {csat: {question: How did we do?, scale: 1-5, comment: Why?}}
"""
RULES = """\
format: 1
defaults: {purpose: service, mode: shadow}
rules:
- rule: late
  about: order
  when:
    - promised_at is more than 1 day ago
    - status not in [delivered, cancelled]
  cancel_if:
    - customer.open_tickets is at least 1
  holdout: 99%
  limits: {hold_above: 3 per hour}
  steps:
    - send: sorry
      via: [email, sms]
- rule: still-late
  about: order
  when:
    - last_sent.late is more than 3 days ago
    - delivered_at is missing
    - none:
        - tags include gift
  steps:
    - id: update
      send: update
      repeat: every 2 days, up to 2 times
      stop_if: [update was replied to]
- rule: call
  about: ticket
  when:
    - status is waiting_on_us for more than 1 hour
  steps:
    - id: human
      handoff: desk
      title: "Call {{ customer.first_name }} about {{ ticket.number }}"
      due: 2 business hours
    - id: again
      wait: 1 day
      handoff: desk
      title: Once more
      skip_if: [human was done]
- rule: vip
  about: order
  when:
    - promised_at is more than 1 day ago
    - customer.tier is gold
  takes_over: [late]
  steps:
    - send: update
"""
SORRY = '---\nsubject: "Sorry, {{ customer.first_name }}"\n---\nOrder {{ order.number }} is late.\n'
LEID = '---\nsubject: "Es tut uns leid"\n---\n{{ order.number }} kommt später.\n'
FILES = {
    "outreach.yaml": SETTINGS,
    "rules/shop.yaml": RULES,
    # what tests apply in their middle
    "edits/patient.yaml": RULES.replace("more than 1 day ago", "more than 2 days ago"),
    "edits/renamed.yaml": re.sub(r"(rule: |last_sent\.|\[)late\b", r"\1tardy", RULES),
    "edits/broken.yaml": RULES.replace("promised_at", "promissed_at"),
    "rules/empty.yaml": "format: 1\nrules: []\n",
    "templates/sorry/en.email.md": SORRY,
    "templates/sorry/de.email.md": LEID,
    "templates/sorry/en.sms.txt": "{{ order.number }} is late.\n",
    "templates/sorry/de.sms.txt": "{{ order.number }} kommt später.\n",
    "templates/update/en.email.md": '---\nsubject: "Still late"\n---\nWe look for it.\n',
}
HEAD = """\
format: 1
start: 2026-11-20 12:00 Europe/Berlin
people:
  customer ana: {name: Ana Ruiz, email: ana@example.com, locale: de, zone: Europe/Berlin}
  customer bo: {name: Bo Lind, email: bo@example.com, locale: en, zone: America/New_York}
tests:
"""


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The rules of the small workspace."""
    folder = tmp_path_factory.mktemp("workspace")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return read_release(Workspace.open(folder))


@pytest.fixture(scope="session")
def stage(release: Release) -> Iterator[Stage]:
    made = Stage(release)
    yield made
    made.close()


@pytest.fixture
def mistakes(release: Release) -> Callable[[str], list[Problem]]:
    """Read a test file and return all that is wrong with it."""
    return lambda text: list(gather(release, {"rules/shop.test.yaml": text}).problems)


@pytest.fixture
def play(release: Release, stage: Stage) -> Callable[[str], Verdict]:
    """Run one test, written as the lines below its name; what was watched is in the verdict."""

    def run(body: str) -> Verdict:
        lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
        text = f"{HEAD}  - name: it\n{lines}\n"
        found = gather(release, {"rules/shop.test.yaml": text})
        assert not found.problems, found.problems
        (scenario,) = found.scenarios
        return run_scenario(stage, scenario, watching=True)

    return run
