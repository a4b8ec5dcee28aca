"""Addresses, numbers, countries and languages in one spelling, or left out."""

from __future__ import annotations

import pytest

from outreach.sources import contacts
from outreach.sources.values import DoubtfulValue


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Ana.Ruiz@Example.COM ", "Ana.Ruiz@example.com"),  # only the domain has no case
        ("a+tag@mail.example.co.uk", "a+tag@mail.example.co.uk"),
        ("jörg@müller.example", "jörg@müller.example"),
    ],
)
def test_an_address_in_one_spelling(text: str, expected: str) -> None:
    assert contacts.parse_email(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "ana@localhost",
        "ana@@example.com",
        "ana ruiz@example.com",
        "Ana <ana@example.com>",
        "ana@example.com, bo@example.com",  # which one?
        "ana@example..com",
        ".ana@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_no_address_is_left_out(text: str) -> None:
    with pytest.raises(DoubtfulValue):
        contacts.parse_email(text)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("+4915550123456", None, "+4915550123456"),
        ("+49 (1555) 012-3456", None, "+4915550123456"),
        ("0171 2345678", "DE", "+491712345678"),
        ("(11) 96123-4567", "BR", "+5511961234567"),
    ],
)
def test_a_number_with_its_country_code(text: str, country: str | None, expected: str) -> None:
    assert contacts.parse_phone(text, country) == expected


@pytest.mark.parametrize(
    ("text", "country", "said"),
    [
        ("0171 2345678", None, "say `phone_region:`"),  # of which country?
        ("12", "DE", "is not a phone number$"),
        ("call me", "DE", "is not a phone number$"),
    ],
)
def test_what_is_no_number_is_left_out(text: str, country: str | None, said: str) -> None:
    with pytest.raises(DoubtfulValue, match=said):
        contacts.parse_phone(text, country)


def test_countries_languages_and_zones_have_one_spelling() -> None:
    assert [contacts.parse_country(c) for c in ("de", "Germany", "USA")] == ["DE", "DE", "US"]
    assert [contacts.parse_locale(t) for t in ("de_at", "EN")] == ["de-AT", "en"]
    assert contacts.parse_zone("europe/berlin") == "Europe/Berlin"


def test_places_and_languages_nobody_knows_are_left_out() -> None:
    with pytest.raises(DoubtfulValue):
        contacts.parse_country("Atlantis")
    with pytest.raises(DoubtfulValue):
        contacts.parse_locale("klingon")
    with pytest.raises(DoubtfulValue):
        contacts.parse_zone("Mars/Olympus")
