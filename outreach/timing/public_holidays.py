"""Public holidays of a country or a part of it, from the `holidays` package, one year at a time."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from outreach.timing.countries import country_code


def is_public_holiday(day: date, country: str, subdivision: str | None = None) -> bool:
    """Whether nobody is expected to work on `day`; ValueError for a country we have no list of.

    Without a subdivision only the days count on which the whole country rests.
    """
    return day in _in_year(country.upper(), subdivision, day.year)


def check_country(country: str, subdivision: str | None = None) -> None:
    """Raise a ValueError saying what to write, unless we have the holidays of that place."""
    known = _known()
    code = country.upper()
    if code not in known:
        meant = country_code(country)
        hint = f"did you mean {meant}?" if meant in known else "use a two-letter code such as DE"
        msg = f"no public holidays are known for country '{country}': {hint}"
        raise ValueError(msg)
    places = known[code]
    if subdivision is None or subdivision in places:
        return
    if not places:
        msg = f"{code} has no subdivisions with holidays of their own: leave out '{subdivision}'"
        raise ValueError(msg)
    msg = f"{code} has no subdivision '{subdivision}': there are {', '.join(places)}"
    raise ValueError(msg)


def split_place(place: str) -> tuple[str, str | None]:
    """Return country and subdivision of `DE-BY` or `DE`, unchecked."""
    country, _, subdivision = place.partition("-")
    return country, subdivision or None


@lru_cache(maxsize=1)
def _known() -> dict[str, list[str]]:
    import holidays  # 100 ms that a workspace without holidays, and every --help, is spared

    every: dict[str, list[str]] = holidays.list_supported_countries()
    return {code: places for code, places in every.items() if len(code) == 2}


@lru_cache(maxsize=1024)
def _in_year(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    import holidays

    check_country(country, subdivision)
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
