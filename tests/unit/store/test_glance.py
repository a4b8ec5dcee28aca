"""A glance at the database: what `status` tells is what the passes and people have left there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.deciding.throttling import Allowance
from outreach.errors import Outcome, SendError, StoreError
from outreach.model import Channel
from outreach.passes.pausing import Scope, pause
from outreach.store import pulse, rates
from outreach.store.glance import ChannelUse, Glance, glance, versions

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def look(shop: Any, now: datetime) -> Glance:
    found = glance(shop.store.engine.url.render_as_string(hide_password=False), now)
    assert found is not None
    return found


class Refusing:
    name = "refusing"

    def send(self, outgoing: Any, *, now: Any) -> Any:
        raise SendError(Outcome.REJECTED, "no such mailbox", code="550")

    def close(self) -> None:
        pass


def test_the_queue_is_told_by_state_and_what_is_due_by_how_late_it_is(
    shop: Any, noon: datetime
) -> None:
    shop.late_orders(3).plan()
    found = look(shop, noon + HOUR)
    assert found.queue == {"planned": 3}
    assert (found.overdue, found.overdue_since, found.lag) == (3, noon, HOUR)
    shop.send(noon + HOUR)
    found = look(shop, noon + HOUR)
    assert (found.queue, found.overdue, found.lag) == ({"sent": 3}, 0, timedelta())
    assert (found.version, found.applied_by) == (1, "anna")


def test_what_waits_for_its_time_is_not_late(shop: Any, noon: datetime) -> None:
    night = noon + 10 * HOUR
    shop.late_orders(1, at=night).plan(night).send(night)
    found = look(shop, night + HOUR)
    assert (found.overdue, found.next_due) == (0, datetime.fromisoformat("2026-11-21T08:00+00:00"))


def test_a_daemon_lives_as_long_as_its_heart_beats(shop: Any, noon: datetime) -> None:
    process = pulse.Process("a", "mars", 42, "0.1", noon)
    with shop.store.write() as connection:
        pulse.beat(connection, process, noon)
        pulse.beat(connection, process, noon + MINUTE)
    assert [d.pid for d in look(shop, noon + MINUTE).alive] == [42]
    assert look(shop, noon + 3 * MINUTE).alive == ()  # gone without a word
    with shop.store.write() as connection:
        pulse.stop_beating(connection, process, noon + MINUTE)
    assert look(shop, noon + MINUTE).alive == ()


def test_a_pass_that_fails_is_told_until_it_succeeds(shop: Any, noon: datetime) -> None:
    with shop.store.write() as connection:
        pulse.pass_began(connection, "plan", noon)
        pulse.pass_failed(connection, "plan", "no disk", noon)
    [state] = look(shop, noon).passes
    assert (state.name, state.error, state.is_failing) == ("plan", "no disk", True)
    with shop.store.write() as connection:
        pulse.pass_began(connection, "plan", noon + MINUTE)
        pulse.pass_ended(connection, "plan", {"planned": 1}, noon + MINUTE)
    [state] = look(shop, noon).passes
    assert (state.is_failing, state.finished_at) == (False, noon + MINUTE)


def test_pauses_that_run_are_told(shop: Any, noon: datetime) -> None:
    pause(shop.store, Scope.RULE, "late", reason="x", who="anna", now=noon, until=noon + HOUR)
    pause(shop.store, Scope.ALL, "", reason="y", who="ben", now=noon + MINUTE)
    told = [(p.scope, p.name, p.reason, p.until) for p in look(shop, noon + 2 * MINUTE).pauses]
    assert told == [("rule", "late", "x", noon + HOUR), ("all", "", "y", None)]
    assert [p.scope for p in look(shop, noon + 2 * HOUR).pauses] == ["all"]


def test_what_providers_refused_is_told_once_with_how_often(shop: Any, noon: datetime) -> None:
    shop.late_orders(3).plan()
    shop.setup.senders[Channel.EMAIL] = Refusing()
    shop.send()
    [fault] = look(shop, noon + HOUR).failing
    assert (fault.channel, fault.outcome, fault.code, fault.count) == (
        "email",
        "rejected",
        "550",
        3,
    )
    assert (fault.error, fault.last_at) == ("no such mailbox", noon)
    assert look(shop, noon + 25 * HOUR).failing == ()


def test_caps_and_waits_of_channels_are_told(shop: Any, noon: datetime) -> None:
    capped = {Channel.EMAIL: Allowance(daily_cap=5)}
    shop.late_orders(2).plan()._setup = replace(shop.setup, allowances=capped)
    shop.send()
    with shop.store.write() as connection:
        rates.hold_off(connection, Channel.SMS, noon + HOUR, noon)
    assert look(shop, noon).channels == (
        ChannelUse("email", 2, 5, None),
        ChannelUse("sms", 0, None, noon + HOUR),
    )
    # the wait is over, and so is the day
    assert look(shop, noon + 11 * HOUR).channels == (ChannelUse("email", 0, 5, None),)


def test_the_versions_of_schema_and_rules(shop: Any) -> None:
    shop.apply()
    url = shop.store.engine.url.render_as_string(hide_password=False)
    schema, ruleset = versions(url)
    assert (schema is not None, ruleset) == (True, 1)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, noon: datetime) -> None:
    assert glance(f"sqlite:///{tmp_path / 'none.db'}", noon) is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told(tmp_path: Path, noon: datetime) -> None:
    (tmp_path / "text.db").write_text("not a database, but long enough to look like one" * 99)
    with pytest.raises(StoreError, match="cannot be read: file is not a database"):
        glance(f"sqlite:///{tmp_path / 'text.db'}", noon)


@pytest.mark.postgres
def test_a_database_that_does_not_answer_is_told(noon: datetime) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        glance("postgresql://nobody@127.0.0.1:9/none", noon)
