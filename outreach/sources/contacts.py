"""How to reach a person, in one spelling: addresses, numbers, countries, languages, zones.

What cannot be used is left empty with a warning: the rest of the row is still true.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from outreach.sources.values import DoubtfulValue, text_of
from outreach.timing.countries import country_code

_EMAIL = re.compile(
    r"(?P<local>[^\s@<>()\[\],;:\"\\]+)@(?P<domain>[^\s@<>()\[\],;:\"\\.]+(?:\.[^\s@<>()\[\],;:\"\\.]+)+)"
)
_E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_EMAIL = 254


def parse_email(value: Any) -> str:
    """Return an address with its domain in small letters."""
    text = text_of(value)
    found = _EMAIL.fullmatch(text)
    if found is None or len(text) > LONGEST_EMAIL or ".." in text or text.startswith("."):
        raise DoubtfulValue("is not an e-mail address")
    return f"{found['local']}@{found['domain'].lower()}"


def parse_phone(value: Any, country: str | None) -> str:
    """Return a number as +4915550123; one without a country code is of `country`, two letters."""
    text = text_of(value)
    if _E164.fullmatch(text):
        return text
    return _normal_phone(text, country)


@lru_cache(maxsize=4096)
def _normal_phone(text: str, country: str | None) -> str:
    import phonenumbers  # takes its time to load, and most sources have none

    try:
        number = phonenumbers.parse(text, country)
        # one that is only possible within its town has no country code
        length = phonenumbers.is_possible_number_with_reason(number)
    except phonenumbers.NumberParseException:
        number, length = None, None
    if number is None or length != phonenumbers.ValidationResult.IS_POSSIBLE:
        hint = "" if country else ": without a country code, say `phone_region:` in the mapping"
        raise DoubtfulValue(f"is not a phone number{hint}")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def parse_country(value: Any) -> str:
    """Return the two letters of a country's code or English name."""
    code = _country(text_of(value))
    if code is None:
        raise DoubtfulValue("is not a country: write two letters, such as DE")
    return code


@lru_cache(maxsize=1024)
def _country(text: str) -> str | None:
    return country_code(text)


def parse_locale(value: Any) -> str:
    """Return a language tag such as `de-AT`."""
    tag = _locale(text_of(value))
    if tag is None:
        raise DoubtfulValue("is not a language: write it like en, de or de-AT")
    return tag


@lru_cache(maxsize=1024)
def _locale(text: str) -> str | None:
    from outreach.deciding.rendering.locales import is_locale, normal  # loads Babel

    tag = normal(text)
    return tag if is_locale(tag) else None


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def parse_zone(value: Any) -> str:
    """Return the name of a time zone such as Europe/Berlin."""
    found = _zones().get(text_of(value).casefold())
    if found is None:
        raise DoubtfulValue("is not a time zone: write it like Europe/Berlin")
    return found
