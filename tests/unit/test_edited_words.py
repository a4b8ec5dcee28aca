"""Words that are edited after somebody approved them: nobody reads what nobody has approved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.passes.ahead.outlook import Outcome
from outreach.passes.decisions import approve
from outreach.passes.preview import preview
from outreach.releases import open_setup
from outreach.store.batches import open_batches

HOUR = timedelta(hours=1)


@pytest.fixture
def approved(shop: Any, noon: datetime) -> Any:
    """Two messages that were approved at night and wait for the morning."""
    shop.edit("rules/shop.yaml", "daytime\n", "daytime\n    limits: {hold_above: 1 per hour}\n")
    shop.write(**{"templates/other/en.email.md": "---\nsubject: x\n---\nOther\n"})
    night = noon + 10 * HOUR
    shop.apply(now=night)
    shop.late_orders(2, at=night).plan(night)
    approve(shop.store, "B-1", who="mara", now=night)
    return shop


def foretold(shop: Any, now: datetime) -> list[Outcome]:
    setup = open_setup(shop.workspace, shop.store, env={}, applied=False, with_senders=False)
    found = preview(setup, now=now, until=now + 12 * HOUR)
    return [message.outcome for message in found.messages]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("templates/note/en.email.md", "Hello", "Dear"),
        ("rules/shop.yaml", "id: apology\n        send: note", "id: apology\n        send: other"),
        ("rules/shop.yaml", "rule: late\n", "rule: late\n    owner: ben@nordlicht.example\n"),
        ("outreach.yaml", "name: Nordlicht,", "name: Nordlicht & Sons,"),
    ],
)
def test_other_words_need_another_yes(
    approved: Any, noon: datetime, file: str, old: str, new: str
) -> None:
    shop, night = approved, noon + 11 * HOUR
    assert foretold(shop, night) == [Outcome.WILL_SEND] * 2
    shop.edit(file, old, new)
    assert foretold(shop, night) == [Outcome.HELD] * 2
    assert shop.foresee(night).held() == {"reworded": 2}
    assert shop.apply(now=night).is_new
    assert foretold(shop, night) == [Outcome.HELD] * 2
    shop.run(night + 12 * HOUR)
    assert shop.outbox == []
    with shop.store.read() as connection:
        [batch] = open_batches(connection, night)
    assert (batch.id, batch.messages) == ("B-2", 2)
    assert (batch.reason, batch.said) == ("reworded", "in version 2")
    approve(shop.store, "B-2", who="mara", now=night + 12 * HOUR)
    shop.run(night + 12 * HOUR)
    assert shop.outbox == ["ana1@example.com", "ana2@example.com"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        # other words than theirs
        ("templates/other/en.email.md", "Other", "Another"),
        # what is no words
        (
            "rules/shop.yaml",
            "{hold_above: 1 per hour}",
            "{hold_above: 1 per hour, cooldown: 1 day}",
        ),
    ],
)
def test_what_reads_as_it_was_approved_goes_out(
    approved: Any, noon: datetime, file: str, old: str, new: str
) -> None:
    shop, night = approved, noon + 11 * HOUR
    shop.edit(file, old, new)
    assert foretold(shop, night) == [Outcome.WILL_SEND] * 2
    assert shop.apply(now=night).is_new
    shop.run(night + 12 * HOUR)
    assert shop.outbox == ["ana1@example.com", "ana2@example.com"]


def test_what_was_not_approved_yet_stays_in_its_batch(shop: Any, noon: datetime) -> None:
    shop.edit("rules/shop.yaml", "daytime\n", "daytime\n    limits: {hold_above: 1 per hour}\n")
    shop.apply()
    shop.late_orders(2).plan()
    shop.edit("templates/note/en.email.md", "Hello", "Dear").apply(now=noon + HOUR)
    assert shop.messages("state", "batch") == [("held", "B-1")] * 2


def test_what_nobody_had_to_approve_goes_out_in_the_new_words(shop: Any, noon: datetime) -> None:
    night = noon + 10 * HOUR
    shop.apply()
    shop.late_orders(1, at=night).plan(night)
    shop.edit("templates/note/en.email.md", "Hello", "Dear").apply(now=night)
    shop.run(night + 12 * HOUR)
    [letter] = (shop.folder / "outbox").glob("*.eml")
    assert "Dear Ana1" in letter.read_text("utf-8")
