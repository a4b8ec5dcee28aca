"""Shadow backlog: whom a rule has only recorded is met when it goes live, if somebody says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.errors import Refused
from outreach.proving.scratch import make_hasty
from outreach.releases import Fate, open_setup
from outreach.store.database import Store
from outreach.store.ledger import Batch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FILE = "rules/shop.yaml"
RULES = """\
format: 1
defaults: {send_window: any time, purpose: transactional, mode: shadow}
rules:
  - rule: late
    about: order
    when:
      - promised_at is more than 1 day ago
      - status is placed
    ignore_older_than: 4 days
    limits: {hold_above: 3 per hour}
    expires_after: 2 days
    steps:
      - id: first
        send: note
      - id: second
        send: note
        wait: 2 days
"""
LIVE = RULES.replace("mode: shadow", "mode: live")
#: nothing of it depends on the database
on_one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture(autouse=True)
def _hasty(store: Store) -> None:
    make_hasty(store)


@pytest.fixture
def shadow(shop: Any, noon: datetime) -> Any:
    """A shop whose rule has recorded its first word about two orders; the second word waits."""
    return shop.write(**{FILE: RULES}).late_orders(2).run(noon).plan(noon)


def test_whom_it_recorded_hears_all_of_it_once_it_is_live(shadow: Any, noon: datetime) -> None:
    at = noon + HOUR
    shadow.write(**{FILE: LIVE})
    foretold = shadow.foresee(at, with_backlog=True)
    assert foretold.by_rule(Fate.NEW) == {"late": 2}
    shadow.apply(now=at, with_backlog=True)
    shadow.run(at)
    assert shadow.outbox == ["ana1@example.com", "ana2@example.com"]
    for hours in range(12, 96, 12):
        shadow.run(noon + hours * HOUR)
    assert shadow.outbox == ["ana1@example.com"] * 2 + ["ana2@example.com"] * 2
    mine = [(m.mode, m.step, m.reason) for m in shadow.messages() if m.customer_id == "ana1"]
    assert mine == [
        ("shadow", "first", "shadow"),
        ("shadow", "second", "cancelled_by_rule_edit"),
        ("live", "first", "sent"),
        ("live", "second", "sent"),
    ]


def test_without_a_word_it_starts_clean(shadow: Any, noon: datetime) -> None:
    shadow.write(**{FILE: LIVE})
    assert not shadow.foresee(noon + HOUR).count(Fate.NEW, Fate.NEW_HELD)
    shadow.apply(now=noon + HOUR)
    for hours in range(1, 96, 12):
        shadow.run(noon + hours * HOUR)
    assert shadow.outbox == []


@on_one_database
def test_a_backlog_above_the_limit_is_held(shadow: Any, noon: datetime) -> None:
    shadow.late_orders(4, at=noon).run(noon + HOUR)
    shadow.write(**{FILE: LIVE})
    at = noon + 2 * HOUR
    assert shadow.foresee(at, with_backlog=True).by_rule(Fate.NEW_HELD) == {"late": 4}
    shadow.apply(now=at, with_backlog=True)
    shadow.run(at)
    assert shadow.outbox == []
    [batch] = shadow.rows(Batch)
    assert batch.said == "4 at once, above 3 per hour"


@on_one_database
def test_nobody_is_met_who_is_too_old_by_now_or_settled(shadow: Any, noon: datetime) -> None:
    shadow.order("A-1", status="delivered", at=noon + HOUR)
    shadow.customer("bo").order("B-1", "bo", promised_at=noon - 3 * DAY).run(noon + HOUR)
    at = noon + DAY + HOUR  # B-1 is four days late
    shadow.write(**{FILE: LIVE}).apply(now=at, with_backlog=True)
    shadow.run(at)
    assert shadow.outbox == ["ana2@example.com"]


@on_one_database
def test_who_has_heard_the_live_rule_does_not_hear_it_again(shop: Any, noon: datetime) -> None:
    shop.write(**{FILE: LIVE}).late_orders(1).run(noon).plan(noon)
    shop.write(**{FILE: RULES}).apply(now=noon + HOUR)
    shop.run(noon + DAY + 2 * HOUR)  # what was planned is cancelled, and its run has ended
    shop.write(**{FILE: LIVE}).apply(now=noon + DAY + 3 * HOUR, with_backlog=True)
    for hours in range(27, 96, 12):
        shop.run(noon + hours * HOUR)
    assert shop.outbox == ["ana1@example.com"]


@on_one_database
def test_a_rule_in_its_first_day_goes_live_with_its_backlog(shop: Any, noon: datetime) -> None:
    shop.write(**{FILE: RULES.replace(", mode: shadow", "")}).late_orders(1)
    shop.apply(now=noon)
    shop._setup = open_setup(shop.workspace, shop.store, env={}, now=noon)
    shop.run(noon)
    assert shop.outbox == []
    shop.write(**{FILE: LIVE}).apply(now=noon + HOUR, with_backlog=True)
    shop.run(noon + HOUR)
    assert shop.outbox == ["ana1@example.com"]


@on_one_database
def test_where_nothing_goes_live_there_is_no_backlog(shadow: Any, noon: datetime) -> None:
    for text in (RULES, RULES.replace("2 days", "3 days")):
        shadow.write(**{FILE: text})
        with pytest.raises(Refused, match="no rule goes from shadow to live here"):
            shadow.apply(now=noon, with_backlog=True)
