"""Answers by text: a number answers the latest survey, and words that stop us go first."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.channels.inbound import Inbound
from outreach.model import Channel
from outreach.passes.hearing import House, hear
from outreach.passes.text_answers import says_score
from outreach.rules.survey import Scale, Survey
from outreach.store.database import Store
from outreach.store.ledger import Receipt
from outreach.store.permissions import Suppression
from outreach.store.subjects import Response
from outreach.timing.durations import Duration
from tests.unit.ledger import DAY, HOUR, NOON, add_customer, add_enrollment, add_message
from tests.unit.passes.test_receipts import rows

ANA = "+4915550111"
CSAT = Survey("csat", {"": "How?"}, Scale.FIVE, 2, Duration(days=14))
NPS = Survey("nps", {"": "Would you?"}, Scale.TEN, 6, Duration(days=14))
HOUSE = House("Nordlicht", "en", surveys={"csat": CSAT, "nps": NPS})


def asked(store: Store, survey: str = "csat") -> None:
    """Let Ana have been asked by text an hour ago, and something else before."""
    with store.write() as connection:
        add_customer(connection, phone=ANA)
        number = add_enrollment(connection)
        usual: dict[str, Any] = {"channel": "sms", "state": "sent", "purpose": "survey"}
        add_message(connection, "old", number, **usual, sent_at=NOON - 2 * DAY, survey="csat")
        add_message(connection, "asks", number, **usual, sent_at=NOON - HOUR, survey=survey)


def say(store: Store, words: str, number: int = 1, now: Any = NOON) -> None:
    text = Inbound("twilio", f"SM{number}", Channel.SMS, ANA, "+4915550100", words, now)
    hear(store, text, HOUSE, now=now)


@pytest.mark.parametrize(
    ("words", "survey", "score", "comment"),
    [
        ("4", "csat", 4, None),
        (" 4 great service", "csat", 4, "great service"),
        ("5!", "csat", 5, None),
        ("10", "nps", 10, None),
        ("0 - never again", "nps", 0, "never again"),
    ],
)
def test_a_score_answers_the_latest_survey(
    store: Store, words: str, survey: str, score: int, comment: str | None
) -> None:
    asked(store, survey)
    say(store, words)
    (row,) = rows(store, Response)
    assert (row.score, row.comment, row.survey_message) == (score, comment, "asks")
    assert (row.answered_by, row.counts) == ("sms", True)
    assert {receipt.event for receipt in rows(store, Receipt)} == {"replied", "answered"}


@pytest.mark.parametrize("words", ["STOP", "4 STOP", "6", "10", "call me at 4", "12:30", "4711"])
def test_what_is_no_score_answers_nothing(store: Store, words: str) -> None:
    asked(store)
    say(store, words)
    assert rows(store, Response) == []


def test_a_stop_counts_before_any_survey(store: Store) -> None:
    asked(store)
    say(store, "stop")
    assert rows(store, Response) == []
    assert len(rows(store, Suppression)) == 1


def test_after_its_time_a_number_is_only_a_reply(store: Store) -> None:
    asked(store)
    say(store, "4", now=NOON + 14 * DAY)
    assert rows(store, Response) == []


@pytest.mark.parametrize(("words", "is_one"), [("4", True), ("4x", False), ("4.5", False)])
def test_what_looks_like_a_score(words: str, is_one: bool) -> None:
    assert says_score(words) is is_one
