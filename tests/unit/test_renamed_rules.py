"""Renamed rules: `renamed_from` lets all that a rule had go on under its new name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.channels.outgoing import Receipted
from outreach.errors import Problems, Refused
from outreach.model import Channel
from outreach.passes.enrol import enrol
from outreach.passes.plan import plan_due
from outreach.passes.send import send_due
from outreach.proving.scratch import make_hasty
from outreach.releases import Fate, compare, current_release, read_release, reapply
from outreach.store.database import Store
from outreach.store.ledger import Enrollment, LastSent
from outreach.store.operations import RuleStart

DAY = timedelta(days=1)
FILE = "rules/shop.yaml"
RULES = """\
format: 1
defaults: {send_window: any time, purpose: transactional}
rules:
  - rule: late
    about: order
    mode: live
    when:
      - promised_at is more than 1 day ago
      - status is placed
    steps:
      - id: first
        send: note
      - id: second
        send: note
        wait: 2 days
"""
RENAMED = RULES.replace("rule: late", "rule: delayed\n    renamed_from: late")
#: nothing of it depends on the database
on_one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture(autouse=True)
def _hasty(store: Store) -> None:
    make_hasty(store)


@pytest.fixture
def spoken(shop: Any, noon: datetime) -> Any:
    """A shop whose rule has said its first word about an order, and the second one is planned."""
    return shop.write(**{FILE: RULES}).late_orders(1).run(noon).plan(noon)


def names(shop: Any) -> set[str]:
    return {row.rule for kind in (Enrollment, LastSent, RuleStart) for row in shop.rows(kind)}


def test_all_goes_on_under_the_new_name(spoken: Any, noon: datetime) -> None:
    spoken.write(**{FILE: RENAMED})
    foretold = spoken.foresee(noon)
    done = spoken.apply(now=noon)
    assert (done.changes.carried, done.changes.added, done.changes.removed) == (
        (("late", "delayed"),),
        (),
        (),
    )
    assert not foretold
    assert names(spoken) == {"delayed"}
    for hours in range(0, 24 * 5, 12):
        spoken.run(noon + timedelta(hours=hours))
    assert spoken.messages("rule", "step", "state") == [
        ("delayed", "first", "sent"),
        ("delayed", "second", "sent"),
    ]
    assert spoken.outbox == ["ana1@example.com"] * 2


def test_an_old_version_takes_its_names_back(spoken: Any, noon: datetime) -> None:
    spoken.write(**{FILE: RENAMED}).apply(now=noon)
    again = RULES.replace("rule: late", "rule: tardy\n    renamed_from: [delayed, late]")
    spoken.write(**{FILE: again.replace("wait: 2 days", "wait: 3 days")}).apply(now=noon)
    assert names(spoken) == {"tardy"}
    assert spoken.messages("rule", "planned_for")[1] == ("tardy", noon + 3 * DAY)
    back = reapply(spoken.store, spoken.folder, 1, who="ana", now=noon)
    assert (back.version, back.changes.carried) == (4, (("tardy", "late"),))
    assert names(spoken) == {"late"}
    assert spoken.messages("rule", "planned_for")[1] == ("late", noon + 2 * DAY)
    # and forth again
    forth = reapply(spoken.store, spoken.folder, 3, who="ana", now=noon)
    assert forth.changes.carried == (("late", "tardy"),)
    assert len(spoken.messages()) == 2


def test_what_else_is_edited_with_it_counts_too(spoken: Any, noon: datetime) -> None:
    edit = RENAMED.replace("wait: 2 days", "wait: 4 days")
    spoken.write(**{FILE: edit})
    assert spoken.foresee(noon).by_rule(Fate.MOVED) == {"delayed": 1}
    [change] = spoken.apply(now=noon).changes.changed
    assert [key.key for key in change.keys] == ["steps"]
    assert spoken.messages("planned_for")[1] == (noon + 4 * DAY,)


@on_one_database
def test_what_would_be_found_anyway_is_not_put_down_to_a_rename(
    spoken: Any, noon: datetime
) -> None:
    spoken.late_orders(3, at=noon)
    assert not spoken.write(**{FILE: RENAMED}).foresee(noon + timedelta(hours=1))


@on_one_database
def test_a_step_that_was_said_is_not_said_under_the_new_name(spoken: Any, noon: datetime) -> None:
    first = "      - id: first\n        send: note\n"
    later = RENAMED.replace(first, "")
    spoken.write(**{FILE: later}).apply(now=noon)
    spoken.write(**{FILE: later + first}).apply(now=noon)
    for days in range(6):
        spoken.run(noon + days * DAY)
    assert spoken.messages("step") == [("first",), ("second",)]


@on_one_database
def test_a_name_that_a_rule_has_left_is_nobody_elses(spoken: Any, noon: datetime) -> None:
    spoken.write(**{FILE: RENAMED}).apply(now=noon)
    other = RULES[RULES.index("  - rule: late") :].replace("placed", "returned")
    spoken.write(**{FILE: RENAMED.replace("    renamed_from: late\n", "") + other})
    with pytest.raises(Refused, match="'delayed' was called 'late' once: give the new rule anoth"):
        spoken.apply(now=noon)


@on_one_database
def test_a_rename_that_is_not_said_names_the_way_out(spoken: Any, noon: datetime) -> None:
    spoken.write(**{FILE: RENAMED.replace("    renamed_from: late\n", "")})
    with pytest.raises(Refused, match=r"E320 'late' .*`renamed_from: late` in 'delayed'.*--as-new"):
        spoken.apply(now=noon)


@on_one_database
def test_a_name_that_no_applied_rule_has(spoken: Any, noon: datetime) -> None:
    spoken.write(**{FILE: RENAMED.replace("renamed_from: late", "renamed_from: laet")})
    with pytest.raises(Problems) as caught:
        spoken.apply(now=noon)
    [problem] = caught.value.problems
    assert (problem.file, problem.line, problem.column, problem.code) == (FILE, 5, 19, "E322")
    assert problem.message == "no rule 'laet' is applied. Did you mean 'late'?"
    # what was renamed stays so, whatever the line says; the first version has nothing to go by
    spoken.write(**{FILE: RENAMED}).apply(now=noon)
    edited = RENAMED.replace("wait: 2 days", "wait: 3 days")
    assert spoken.write(**{FILE: edited}).apply(now=noon).version == 3


@dataclass
class Editing:
    """A provider during whose call somebody applies an edit."""

    shop: Any
    now: datetime
    name: str = "editing"

    def send(self, outgoing: Any, *, now: datetime) -> Receipted:
        self.shop.write(**{FILE: RENAMED}).apply(now=self.now)
        return Receipted(outgoing.message_id)

    def check(self) -> str:
        return "takes everything"

    def close(self) -> None:
        pass


def test_a_message_on_its_way_belongs_to_the_new_name(shop: Any, noon: datetime) -> None:
    shop.write(**{FILE: RULES}).late_orders(1).plan(noon)
    old = replace(shop.setup, senders={Channel.EMAIL: Editing(shop, noon)})
    assert send_due(old, now=noon).sent == 1
    assert names(shop) == {"delayed"}
    shop.run(noon + 2 * DAY)
    assert shop.messages("step", "state") == [("first", "sent"), ("second", "sent")]


def test_who_holds_the_rules_from_before_leaves_everything_alone(
    spoken: Any, noon: datetime
) -> None:
    old, later = spoken.setup, noon + 2 * DAY
    spoken.write(**{FILE: RENAMED}).apply(now=noon)
    spoken.customer("bo", at=later).order("B-1", "bo", promised_at=noon, at=later)
    store: Store = spoken.store
    assert enrol(store, old.enroller, old.catalogue, zone=old.zone, now=later).total == 0
    assert plan_due(old, now=later).planned == 0
    assert send_due(old, now=later).sent == 0
    assert {row.state for row in spoken.rows(Enrollment)} == {"active"}
    for days in (2, 4):
        spoken.run(noon + days * DAY)
    assert sorted(spoken.outbox) == ["ana1@example.com"] * 2 + ["bo@example.com"] * 2


@on_one_database
def test_an_unwanted_key_is_no_change_of_the_rule(spoken: Any) -> None:
    spoken.write(**{FILE: RENAMED})
    before = current_release(spoken.store, spoken.folder)
    changes = compare(before, read_release(spoken.workspace))
    assert (changes.changed, changes.renamed) == ((), ())
