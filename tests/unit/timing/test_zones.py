"""Whose clock counts: the best evidence first, and no confidence where there is none."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.timing.zones import Zones, named_zone, recipient_zones

BERLIN = ZoneInfo("Europe/Berlin")


def zones_for(
    zone: str | None = None,
    country: str | None = None,
    region: str | None = None,
    postal_code: str | None = None,
    phone: str | None = None,
    fallback: str = "Europe/Berlin",
) -> Zones:
    return recipient_zones(zone, country, region, postal_code, phone, ZoneInfo(fallback))


@pytest.mark.parametrize(
    ("contact", "zones", "source"),
    [
        # the customer's own zone beats everything
        (
            {"zone": "Asia/Tokyo", "country": "DE", "phone": "+12125551234"},
            ["Asia/Tokyo"],
            "customer's zone",
        ),
        ({"zone": "Asia/Calcutta"}, ["Asia/Calcutta"], "customer's zone"),
        # the address beats the phone: numbers move with people
        ({"country": "DE", "phone": "+12125551234"}, ["Europe/Berlin"], "country"),
        ({"country": "US", "postal_code": "79901"}, None, "postal code"),
        ({"country": "US", "region": "CA"}, ["America/Los_Angeles"], "region"),
        # several clocks: all of them
        ({"country": "US", "region": "TX"}, ["America/Chicago", "America/Denver"], "region"),
        ({"phone": "+12085551234"}, ["America/Boise", "America/Los_Angeles"], "phone number"),
        # several zones, one clock
        ({"phone": "+447911123456"}, ["Europe/London"], "phone number"),
        ({"country": "AR"}, ["America/Argentina/Buenos_Aires"], "country"),
        # a national number needs its country
        (
            {"country": "US", "phone": "(212) 555-1234"},
            ["America/New_York"],
            "phone number (country leaves 8 clocks)",
        ),
        # nothing known: what the workspace says to assume
        ({}, ["Europe/Berlin"], "workspace"),
        ({"zone": "", "country": "", "phone": ""}, ["Europe/Berlin"], "workspace"),
        ({"country": "Atlantis", "phone": "call me"}, ["Europe/Berlin"], "workspace"),
        # a wrong zone name is said, and the next source asked
        (
            {"zone": "Mars/Base", "country": "BR", "region": "SP"},
            ["America/Sao_Paulo"],
            "region (zone 'Mars/Base' is not known)",
        ),
    ],
)
def test_the_best_evidence_decides(
    contact: dict[str, str], zones: list[str] | None, source: str
) -> None:
    found = zones_for(**contact)
    assert found.source == source
    assert found.is_certain
    if zones is not None:
        assert [zone.key for zone in found.zones] == zones


@pytest.mark.parametrize(
    ("contact", "fallback", "zone", "source"),
    [
        # more than three hours apart: an American shop's own clock is one of them
        (
            {"country": "US"},
            "America/New_York",
            "America/New_York",
            "workspace (country leaves 8 clocks)",
        ),
        # a German shop's clock would wake Americans at night: the middle of theirs
        (
            {"country": "US"},
            "Europe/Berlin",
            "America/Phoenix",
            "a guess (country leaves 8 clocks)",
        ),
        # a free number, an Australian mobile
        ({"phone": "+18005551234"}, "America/Chicago", "America/Chicago", None),
        ({"phone": "+61412345678"}, "Europe/Berlin", "Australia/Brisbane", None),
        # both sources leave too many: the first is guessed from
        ({"country": "RU", "phone": "+18005551234"}, "Europe/Berlin", "Asia/Novosibirsk", None),
    ],
)
def test_too_many_clocks_are_a_guess(
    contact: dict[str, str], fallback: str, zone: str, source: str | None
) -> None:
    found = zones_for(**contact, fallback=fallback)
    assert not found.is_certain
    assert _offset(found.zones[0]) == _offset(ZoneInfo(zone))
    assert len(found.zones) == 1
    assert source in (None, found.source)


def _offset(zone: ZoneInfo) -> object:

    return datetime(2026, 1, 15, tzinfo=zone).utcoffset()


ANYTHING = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["US", "+1", "BR", "00", "/"])
)


@settings(max_examples=300)
@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_nothing_a_contact_holds_can_crash(
    zone: str | None,
    country: str | None,
    region: str | None,
    postal_code: str | None,
    phone: str | None,
) -> None:
    assert recipient_zones(zone, country, region, postal_code, phone, BERLIN).zones


@pytest.mark.parametrize(
    "name",
    ["America", "../../etc/passwd", "/etc/passwd", "", " ", "Berlin", "+02:00", "a\0b", "🕛"],
)
def test_what_is_no_zone_is_none(name: str) -> None:
    assert named_zone(name) is None
