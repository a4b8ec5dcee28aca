"""The suppression list: an address once on it stays there until it ends or is taken off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outreach.model import Channel, Purpose
from outreach.store.database import Store
from outreach.store.recipients import suppressible
from outreach.store.suppressing import entries_of, lift, normalised, suppress, suppressions

EMAIL, SMS = Channel.EMAIL, Channel.SMS
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def put(
    store: Store, address: str, channel: Channel = EMAIL, at: datetime = NOON, **more: Any
) -> bool:
    with store.write() as connection:
        return suppress(connection, channel, address, reason="asked", source="test", now=at, **more)


def listed(store: Store, at: datetime = NOON) -> list[tuple[str, str | None]]:
    with store.read() as connection:
        return [(row.address, row.purpose) for row in suppressions(connection, at)]


@pytest.mark.parametrize(
    ("channel", "written", "kept"),
    [
        (EMAIL, " Ana@Example.COM ", "ana@example.com"),
        (EMAIL, "@Example.com", "@example.com"),  # a whole domain
        (SMS, "+49 151 1234-5678", "+4915112345678"),
        (SMS, "+49 (151) 123.45/678", "+4915112345678"),
        (SMS, "+49\u00a0151\u20111234\u20135678", "+4915112345678"),  # as copied from a page
    ],
)
def test_an_address_is_kept_in_one_form(channel: Channel, written: str, kept: str) -> None:
    assert normalised(channel, written) == kept
    assert normalised(channel, kept) == kept


@pytest.mark.parametrize(
    ("person", "named"),
    [
        ({"email": "Ana@Example.com"}, {(EMAIL, "ana@example.com"), (EMAIL, "@example.com")}),
        ({"phone": "+49 151 12345678"}, {(SMS, "+4915112345678")}),
        ({"email": None, "phone": ""}, set()),
    ],
)
def test_a_person_is_looked_for_in_the_form_that_the_list_keeps(
    person: dict[str, Any], named: set[tuple[Channel, str]]
) -> None:
    assert set(suppressible(person)) == named


def test_an_entry_is_written_once(store: Store) -> None:
    assert put(store, "ana@example.com")
    assert not put(store, " ANA@example.com", at=NOON + DAY)
    # another purpose, another end or another channel say something else
    assert put(store, "ana@example.com", purpose=Purpose.MARKETING)
    assert put(store, "ana@example.com", until=NOON + DAY)
    assert put(store, "+4915112345678", SMS)
    assert len(listed(store)) == 4


def test_an_entry_ends_at_its_time(store: Store) -> None:
    put(store, "ana@example.com", until=NOON + DAY)
    assert listed(store, NOON + DAY - timedelta(microseconds=1)) == [("ana@example.com", None)]
    assert listed(store, NOON + DAY) == []
    assert put(store, "ana@example.com", until=NOON + DAY, at=NOON + DAY)  # and may be made again


def test_what_is_taken_off_stays_as_history_and_may_be_put_on_again(store: Store) -> None:
    put(store, "ana@example.com")
    put(store, "ana@example.com", purpose=Purpose.MARKETING)
    put(store, "ben@example.com")
    with store.write() as connection:
        assert lift(connection, EMAIL, "Ana@example.com", NOON + DAY) == 2
        assert lift(connection, EMAIL, "ana@example.com", NOON + DAY) == 0
        assert lift(connection, SMS, "ben@example.com", NOON + DAY) == 0
    assert listed(store, NOON + DAY) == [("ben@example.com", None)]
    assert put(store, "ana@example.com", at=NOON + 2 * DAY)
    with store.read() as connection:
        [again] = entries_of(connection, EMAIL, "ana@example.com", NOON + 2 * DAY)
    assert again.since == NOON + 2 * DAY
