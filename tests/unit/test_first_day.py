"""The first day: a new rule without a mode only records for 24 hours, and goes live by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.daemon.workbench import Workbench
from outreach.model import MessageState, Mode, Reason
from outreach.passes.enrol import enrol
from outreach.passes.plan import plan_due
from outreach.passes.send import send_due
from outreach.releases import in_force, open_setup, read_starts
from outreach.releases.first_day import note_starts
from outreach.rules.document import Ruleset
from outreach.store.glance import glance
from outreach.store.ledger import Enrollment
from tests.unit.deciding.conftest import NOON, a_rule

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SHOP = "rules/shop.yaml"


@pytest.mark.parametrize(
    ("rule", "since", "at", "mode"),
    [
        # nobody wrote a mode
        ({}, NOON, NOON, Mode.SHADOW),
        ({}, NOON, NOON + DAY - SECOND, Mode.SHADOW),
        ({}, NOON, NOON + DAY, Mode.LIVE),
        ({}, None, NOON, Mode.SHADOW),  # not applied yet: it would begin now
        # what is written holds from the first minute
        ({"is_mode_default": False}, NOON, NOON, Mode.LIVE),
        ({"is_mode_default": False, "mode": Mode.SHADOW}, NOON, NOON + 9 * DAY, Mode.SHADOW),
        ({"is_mode_default": False, "mode": Mode.OFF}, NOON, NOON, Mode.OFF),
    ],
)
def test_a_rule_without_a_mode_is_in_shadow_for_its_first_day(
    rule: dict[str, Any], since: datetime | None, at: datetime, mode: Mode
) -> None:
    given = Ruleset((a_rule(**{"is_mode_default": True, **rule}),), "digest", 7)
    [found] = in_force(given, {"late": since} if since else {}, at)
    assert found.mode is mode
    is_new = rule == {} and mode is Mode.SHADOW
    assert found.shadow_until == ((since or at) + DAY if is_new else None)


def test_a_rule_begins_once_and_anew_after_it_was_gone_or_off(shop: Any, noon: datetime) -> None:
    late, other = a_rule(is_mode_default=True), a_rule(name="other", is_mode_default=True)
    applied = [
        ((late,), {"late": 0}),
        ((late, other), {"late": 0, "other": 1}),
        ((other,), {"other": 1}),
        ((late, other), {"late": 3, "other": 1}),  # it comes back as a new one
        ((late, replace(other, mode=Mode.OFF, is_mode_default=False)), {"late": 3}),
        ((late, other), {"late": 3, "other": 5}),
        ((replace(late, is_mode_default=False), other), {"late": 3, "other": 5}),
    ]
    for hour, (rules, expected) in enumerate(applied):
        with shop.store.write() as connection:
            note_starts(connection, Ruleset(rules, ""), noon + hour * timedelta(hours=1))
        hours = {name: (at - noon).seconds // 3600 for name, at in read_starts(shop.store).items()}
        assert hours == expected


def test_what_is_new_records_for_a_day_then_sends_and_never_what_it_recorded(
    shop: Any, noon: datetime
) -> None:
    shop.edit(SHOP, ", mode: live", "").apply(now=noon)
    shop.late_orders(1)
    bench = Workbench(shop.workspace, shop.store, {}, sends=True)
    outcomes = []
    for at in (noon, noon + DAY - SECOND, noon + DAY, noon + DAY + SECOND):
        setup = bench.setup(at)
        if at == noon + DAY:
            shop.customer("zoe", at=at).order("Z-1", "zoe", at=at, promised_at=noon - 2 * SECOND)
        enrol(shop.store, setup.enroller, setup.catalogue, zone=setup.zone, now=at)
        plan_due(setup, now=at)
        outcomes.append(send_due(setup, now=at))
    bench.close()
    assert [len(shop.outbox), outcomes[0].put_off] == [1, {Reason.SHADOW: 1}]
    assert shop.outbox == ["zoe@example.com"]
    assert [row.mode for row in shop.rows(Enrollment)] == ["shadow", "live"]
    states = {tuple(row) for row in shop.messages("state", "reason")}
    assert (MessageState.CANCELLED, Reason.SHADOW) in states


def test_status_and_previews_know_until_when(shop: Any, noon: datetime) -> None:
    shop.edit(SHOP, ", mode: live", "").apply(now=noon)
    until = noon + DAY
    for at, expected in ((noon, {"late": until, "shipped": until}), (until, {})):
        found = glance(shop.store.engine.url.render_as_string(hide_password=False), at)
        assert found is not None
        assert found.first_day == expected
        setup = open_setup(shop.workspace, shop.store, env={}, with_senders=False, now=at)
        assert {r.name: r.shadow_until for r in setup.ruleset if r.shadow_until} == expected
