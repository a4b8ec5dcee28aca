"""Countries are known by code and name, and each has its zones."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from outreach.timing.countries import country_code, zones_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("Germany", "DE"),
        ("  united   states ", "US"),
        ("Côte d'Ivoire", "CI"),
        # not ISO 3166, but written everywhere
        ("UK", "GB"),
        ("USA", "US"),
        ("Österreich", "AT"),
        ("Atlantis", None),
        ("XX", None),
        ("", None),
    ],
)
def test_a_country_has_one_code(text: str, code: str | None) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("DE", "Europe/Berlin"),
        ("US", "America/New_York"),
        # tzdata begins with an island
        ("BR", "America/Sao_Paulo"),
        ("AU", "Australia/Sydney"),
        ("RU", "Europe/Moscow"),
    ],
)
def test_the_first_zone_is_that_of_most_people(code: str, first: str) -> None:
    assert zones_in(code)[0] == first


def test_every_zone_of_every_country_exists() -> None:
    names = {name for code in ("US", "CA", "AU", "BR", "MX", "ES", "NZ") for name in zones_in(code)}
    assert len(names) > 60
    assert all(ZoneInfo(name) for name in names)


def test_an_unknown_country_has_no_zones() -> None:
    assert zones_in("XX") == ()
