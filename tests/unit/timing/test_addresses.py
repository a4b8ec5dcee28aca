"""An address leads to its zones by its most exact part."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from outreach.timing.addresses import _postcodes, _regions, zones_of_address
from outreach.timing.countries import zones_in


@pytest.mark.parametrize(
    ("country", "region", "postal_code", "first", "source"),
    [
        ("US", "TX", "79901", "America/Denver", "postal code"),  # El Paso
        ("US", "TX", None, "America/Chicago", "region"),
        ("US", "us-tx", None, "America/Chicago", "region"),
        ("USA", "Texas", None, "America/Chicago", "region"),
        ("US", None, None, "America/New_York", "country"),
        ("US", None, "02139-4307", "America/New_York", "postal code"),
        # a spreadsheet ate the zero
        ("US", None, "2139", "America/New_York", "postal code"),
        # field post tells nothing about the place, nor does a state nobody knows
        ("US", "AE", "09012", "America/New_York", "country"),
        ("CA", "ON", "k1a 0b1", "America/Toronto", "postal code"),
        ("CA", "ON", None, "America/Toronto", "region"),
        ("CA", None, "P9N 1A1", "America/Winnipeg", "postal code"),  # Kenora
        ("CA", "Québec", None, "America/Toronto", "region"),
        ("AU", None, "800", "Australia/Darwin", "postal code"),
        ("AU", "NSW", "2880", "Australia/Broken_Hill", "postal code"),
        ("BR", "SP", None, "America/Sao_Paulo", "region"),
        ("BR", "São Paulo", None, "America/Sao_Paulo", "region"),
        ("BR", None, "01151-000", "America/Sao_Paulo", "postal code"),
        ("BR", None, "69900", "America/Rio_Branco", "postal code"),
        ("BR", None, "69301", "America/Boa_Vista", "postal code"),
        ("ES", None, "35001", "Atlantic/Canary", "postal code"),
        ("ES", None, "8001", "Europe/Madrid", "postal code"),
        ("PT", None, "9500-321", "Atlantic/Azores", "postal code"),
        # a country of one zone needs no more
        ("DE", "BY", "80331", "Europe/Berlin", "country"),
    ],
)
def test_the_most_exact_part_decides(
    country: str, region: str | None, postal_code: str | None, first: str, source: str
) -> None:
    zones, found = zones_of_address(country, region, postal_code)
    assert (zones[0], found) == (first, source)


@pytest.mark.parametrize(
    ("country", "region", "postal_code"),
    [(None, "TX", "79901"), ("Atlantis", "TX", "79901"), ("", "", ""), ("BV", None, None)],
)
def test_without_a_country_of_people_an_address_tells_nothing(
    country: str | None, region: str | None, postal_code: str | None
) -> None:
    assert zones_of_address(country, region, postal_code) == ((), "")


def test_every_zone_in_the_tables_exists() -> None:
    ranges = [zones for rows in _postcodes().values() for _, _, zones in rows]
    names = {name for zones in (*_regions().values(), *ranges) for name in zones}
    assert len(names) > 60
    assert all(ZoneInfo(name) for name in names)


@pytest.mark.parametrize("country", ["US", "CA", "AU", "BR"])
def test_the_states_cover_the_clocks_of_their_country(country: str) -> None:
    by_state = {
        name for (code, _), zones in _regions().items() if code == country for name in zones
    }
    winters = {_in_winter(name) for name in by_state}
    assert {_in_winter(name) for name in zones_in(country)} <= winters


def _in_winter(name: str) -> object:

    return datetime(2026, 1, 15, tzinfo=ZoneInfo(name)).utcoffset()


def test_ranges_of_postal_codes_are_well_formed() -> None:
    for country, rows in _postcodes().items():
        for first, last, zones in rows:
            assert first <= last[: len(first)], (country, first, last)
            assert zones, (country, first)
