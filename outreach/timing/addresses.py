"""From a postal address to the names of the zones it may lie in, by our two small tables."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from outreach.timing.countries import country_code, folded, zones_in

#: how long numeric codes are: spreadsheets eat the zeros in front
CODE_LENGTH = {"US": 5, "AU": 4, "BR": 5, "ES": 5, "PT": 4}


def zones_of_address(
    country: str | None, region: str | None, postal_code: str | None
) -> tuple[tuple[str, ...], str]:
    """Return zone names and the word for what decided: the most exact part that tells something.

    No names and an empty word when the address tells nothing. Names may be unknown to the system.
    """
    code = country_code(country) if country else None
    if code is None:
        return (), ""
    if postal_code and (zones := _by_postal_code(code, postal_code)):
        return zones, "postal code"
    if region and (zones := _regions().get((code, _region_key(code, region)), ())):
        return zones, "region"
    zones = zones_in(code)
    return zones, "country" if zones else ""


def _by_postal_code(country: str, postal_code: str) -> tuple[str, ...]:
    code = "".join(filter(str.isalnum, postal_code.upper()))
    if code.isdigit():
        code = code.zfill(CODE_LENGTH.get(country, 0))
    for first, last, zones in _postcodes().get(country, ()):
        if code[: len(first)] >= first and code[: len(last)] <= last:
            return zones
    return ()


def _region_key(country: str, region: str) -> str:
    """Return `tx` for TX, US-TX and US_TX; a name as it is."""
    word = folded(region)
    prefix = country.casefold()
    return word[3:] if word.startswith((f"{prefix}-", f"{prefix}_")) else word


@lru_cache(maxsize=1)
def _regions() -> dict[tuple[str, str], tuple[str, ...]]:
    regions = {}
    for country, code, name, zones in _rows("regions.tsv"):
        regions[country, folded(code)] = regions[country, folded(name)] = tuple(zones.split())
    return regions


@lru_cache(maxsize=1)
def _postcodes() -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    ranges: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {}
    for country, first, last, zones in _rows("postcodes.tsv"):
        ranges.setdefault(country, []).append((first, last, tuple(zones.split())))
    return ranges


def _rows(table: str) -> list[list[str]]:
    text = files("outreach.timing").joinpath(table).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
