"""Test files are read strictly: every mistake has its place, and mostly a suggestion."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from outreach.errors import Problem
from outreach.model import Kind, Money
from outreach.proving.scenarios.gathering import gather
from outreach.releases import Release
from tests.unit.proving.scenarios.conftest import HEAD

Mistakes = Callable[[str], list[Problem]]
TEST = HEAD + "  - name: it\n    given:\n      order A-1: {customer: ana, status: shipped}\n"


def line(said: str) -> str:
    """Return a test file with one line in a timeline."""
    return f"{TEST}    timeline:\n      - {said}\n"


def given(said: str) -> str:
    """Return a test file with one more subject given."""
    return f"{TEST}      {said}\n    timeline:\n      - {{at: start, expect: nothing}}\n"


@pytest.mark.parametrize(
    ("text", "place", "code", "said"),
    [
        # the file
        ("format: 1\nstart: 2026-11-20 12:00\n", "1:1", "E005", "needs the key `tests`"),
        ("format: 2\nstart: 2026-11-20 12:00\ntests: []\n", "1:9", "E010", "reads `format: 1`"),
        ("format: 1\nstart: friday\ntests: []\n", "2:8", "E010", "`friday` is no date"),
        (
            "format: 1\nstart: 2026-11-20 12:00 Europe/Berln\ntests: []\n",
            "2:8",
            "E010",
            "did you mean Europe/Berlin?",
        ),
        (HEAD.replace("people:", "rules: [shp.yaml]\npeople:"), "3:9", "E204", "`shop.yaml`?"),
        (HEAD + "  - fine\n", "7:5", "E004", "a test has keys of its own"),
        # a test
        (HEAD + "  - {timeline: [{at: start}]}\n", "7:5", "E005", "needs the key `name`"),
        (line("{at: start}").replace("name:", "nam:"), "7:5", "E003", "Did you mean `name`?"),
        (
            line("{at: start}").replace("given:", "only: [lat]\n    given:"),
            "8:12",
            "E204",
            "no rule 'lat'. Did you mean `late`?",
        ),
        (TEST + "    timeline: []\n", "10:5", "E005", "at least one line"),
        (
            line("{at: start}") + "  - {name: it, timeline: [{at: start}]}\n",
            "12:12",
            "E309",
            "there is a test 'it' above",
        ),
        # subjects
        (given("ordr A-2: {customer: ana}"), "10:7", "E010", "Did you mean `order`?"),
        (given("order: {customer: ana}"), "10:7", "E005", "which order?"),
        (given("order A-2: ana"), "10:18", "E004", "values of its own"),
        (given("order A-2: {stauts: paid}"), "10:19", "E003", "Did you mean `status`?"),
        (given("order A-2: {status: shiped}"), "10:27", "E203", "Did you mean `shipped`?"),
        (given("order A-2: {customer: anna}"), "10:29", "E204", "Did you mean `ana`?"),
        (given("order A-2: {total: 79}"), "10:26", "E203", "`79` has no currency"),
        (given("order A-2: {promised_at: soon}"), "10:32", "E010", "'soon' is not a day"),
        (given("order A-2: {gift: perhaps}"), "10:25", "E203", "neither yes nor no"),
        (given("order A-2: {carrier: [DHL]}"), "10:28", "E004", "must be a single value"),
        (
            given("order A-2: {status_changed_at: -1 day}"),
            "10:19",
            "E310",
            "needs `status` beside it",
        ),
        (given("customer kim: {email: kim}"), "10:29", "E203", "`kim` is not an e-mail address"),
        (given("customer kim: {phone: 0123}"), "10:29", "E203", "is not a phone number"),
        (given("customer kim: {open_tickets: 1}"), "10:22", "E003", "no key `open_tickets`"),
        (given("order: {copies: many}"), "10:23", "E010", "not a whole number"),
        # a line
        (line("{expect: nothing}"), "11:9", "E005", "needs the key `at`"),
        (line("{at: whenever}"), "11:14", "E010", "is not a day"),
        (line("{at: +1 day}\n      - {at: +1 hour}"), "12:10", "E010", "cannot go back"),
        (line("{at: start, answer: A-1}"), "11:29", "E004", "which survey and which score"),
        (line("{at: start, answer: {anna: 2}}"), "11:30", "E204", "Did you mean `ana`?"),
        (line("{at: start, answer: {ana: good}}"), "11:35", "E010", "not a whole number"),
        (line("{at: start, answer: {csat: 6}}"), "11:36", "E010", "its scale is 1-5"),
        (line("{at: start, webhook: A-1}"), "11:21", "E003", "rules call no webhooks yet"),
        (line("{at: start, reply: {anna: Stop}}"), "11:29", "E204", "Did you mean `ana`?"),
        (line("{at: start, bounce: anna}"), "11:29", "E204", "Did you mean `ana`?"),
        (line("{at: start, unsubscribe: A-1}"), "11:34", "E204", "no customer is called 'A-1'"),
        (line("{at: start, approve: yes}"), "11:30", "E010", "write `approve: all`"),
        (line("{at: start, because: paused}"), "11:21", "E310", "without `expect_counts`"),
        (line("{at: start, expect_counts: {snt: 1}}"), "11:37", "E003", "Did you mean `sent`?"),
        (line("{at: start, apply: new.yaml}"), "11:28", "E204", "rules/new.yaml cannot be"),
        (line("{at: start, apply: {shp.yaml: new.yaml}}"), "11:29", "E204", "`shop.yaml`?"),
        (line("{at: start, apply: {shop.yaml: new.yaml}}"), "11:40", "E204", "No such file"),
        (
            line("{at: start, apply: {shop.yaml: ../edits/broken.yaml}}"),
            "11:28",
            "E010",
            "these rules have mistakes: line 7: ",
        ),
        # what is expected
        (line("{at: start, expect: noting}"), "11:29", "E010", "or `nothing`, not `noting`"),
        (line("{at: start, expect: [late]}"), "11:30", "E004", "has keys of its own"),
        (line("{at: start, expect: [{rule: lat}]}"), "11:37", "E204", "Did you mean `late`?"),
        (line("{at: start, expect: [{step: sorry}]}"), "11:31", "E310", "without `rule`"),
        (
            line("{at: start, expect: [{rule: late, step: sory}]}"),
            "11:49",
            "E204",
            "Did you mean `sorry`?",
        ),
        (line("{at: start, expect: [{to: anna}]}"), "11:35", "E204", "Did you mean `ana`?"),
        (line("{at: start, expect: [{via: mail}]}"), "11:36", "E010", "Did you mean `email`?"),
        (line("{at: start, expect: [{about: A-7}]}"), "11:38", "E204", "nothing is called 'A-7'"),
        (line("{at: start, expect: [{template: sory}]}"), "11:41", "E204", "Did you mean"),
        (line("{at: start, expect: [{handoff: me}]}"), "11:40", "E204", "there is no team 'me'"),
        (line("{at: start, expect: [{rule: late, due: 1 day}]}"), "11:43", "E310", "`handoff`"),
        (line("{at: start, why_not: [{rule: late, about: A-1}]}"), "11:31", "E005", "`failed`"),
        (
            line("{at: start, why_not: [{rule: late, about: ana, because: x}]}"),
            "11:51",
            "E010",
            "'late' is about orders: 'ana' is none",
        ),
    ],
)
def test_a_mistake_has_its_place(
    text: str, place: str, code: str, said: str, mistakes: Mistakes
) -> None:
    found = mistakes(text)
    told = [f"{p.line}:{p.column} {p.code} {p.message} {p.hint}" for p in found]
    assert any(one.startswith(f"{place} {code} ") and said in one for one in told), told


def test_all_mistakes_are_found_at_once(mistakes: Mistakes) -> None:
    text = given("order A-2: {stauts: paid, customer: anna}").replace("at: start", "at: soon")
    assert [problem.code for problem in mistakes(text)] == ["E003", "E204", "E010"]


def test_values_are_those_a_source_would_bring(release: Release) -> None:
    text = (
        HEAD
        + """\
  - name: it
    given:
      order A-1:
        customer: bo
        status: packed
        status_changed_at: -3 days
        placed_at: 2026-11-17 09:30
        delivered_at: missing
        total: 79.90 EUR
        tags: [express, gift]
        gift: yes
      ticket T-1: {customer: bo, order: A-1, status: open, opened_at: now}
    timeline:
      - {at: 2026-11-21 08:00, change: {order A-1: {shipped_at: -1 hour}}}
"""
    )
    found = gather(release, {"rules/shop.test.yaml": text})
    assert found.problems == ()
    (scenario,) = found.scenarios
    people, (order,), (ticket,) = (
        [record for record in scenario.given if record.kind is kind]
        for kind in (Kind.CUSTOMER, Kind.ORDER, Kind.TICKET)
    )
    assert [(one.id, one.values["first_name"]) for one in people] == [("ana", "Ana"), ("bo", "Bo")]
    assert order.values == {
        "number": "A-1",
        "customer_id": "bo",
        "status": "packed",
        "placed_at": datetime(2026, 11, 17, 8, 30, tzinfo=UTC),
        "delivered_at": None,
        "total": Money(order.values["total"].amount, "EUR"),
        "tags": ["express", "gift"],
        "gift": True,
    }
    assert order.history == {"status": {"packed": datetime(2026, 11, 17, 11, tzinfo=UTC)}}
    assert ticket.values["order_id"] == "A-1"
    (moment,) = scenario.timeline
    assert moment.changes[0].values == {"shipped_at": datetime(2026, 11, 21, 6, tzinfo=UTC)}


def test_a_test_may_start_at_its_own_time(release: Release) -> None:
    start = "    start: 2026-10-25 02:30 Europe/Vienna\n    timeline: [{at: +1 day}]\n"
    found = gather(release, {"rules/shop.test.yaml": f"{HEAD}  - name: it\n{start}"})
    (scenario,) = found.scenarios
    assert scenario.zone.key == "Europe/Vienna"
    # a day on the clock, which was put back that night
    assert (scenario.timeline[0].at - scenario.start).total_seconds() == 25 * 3600


def test_only_what_is_asked_for_is_run(release: Release) -> None:
    names = ["late orders", "Late tickets", "gifts"]
    tests = "".join(f"  - {{name: {name}, timeline: [{{at: start}}]}}\n" for name in names)
    found = gather(release, {"rules/shop.test.yaml": HEAD + tests}, name="late")
    assert [scenario.name for scenario in found.scenarios] == names[:2]
