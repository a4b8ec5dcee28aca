"""Countries: their ISO 3166 codes and names, and the zones in each, from the tables of tzdata."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.resources import files

#: what people and shops write that is not ISO 3166
ALSO = {
    "uk": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "england": "GB",
    "el": "GR",
    "usa": "US",
    "united states of america": "US",
    "deutschland": "DE",
    "osterreich": "AT",
    "schweiz": "CH",
    "brasil": "BR",
    "espana": "ES",
    "the netherlands": "NL",
    "czechia": "CZ",
    "south korea": "KR",
}
#: where tzdata goes by geography and its first zone is not where most people live
MOST_PEOPLE = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
}


def country_code(text: str) -> str | None:
    """Return the two-letter code for a code or an English name; None when it is neither."""
    word = folded(text)
    return ALSO.get(word) or _codes().get(word)


@lru_cache(maxsize=512)
def zones_in(code: str) -> tuple[str, ...]:
    """Return the names of all zones of a country, that of most people first."""
    names = [row[2] for row in _rows("zone.tab") if row[0] == code]
    return tuple(sorted(names, key=lambda name: name != MOST_PEOPLE.get(code)))


def folded(text: str) -> str:
    """Return text for comparing: no case, no accents, plain apostrophes, single spaces."""
    plain = unicodedata.normalize("NFKD", text).replace("’", "'")
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    codes = {}
    for code, name in _rows("iso3166.tab"):
        codes[code.casefold()] = codes[folded(name)] = code
    return codes


@lru_cache(maxsize=2)
def _rows(table: str) -> tuple[list[str], ...]:
    text = files("tzdata").joinpath("zoneinfo", table).read_text(encoding="utf-8")
    lines = text.splitlines()
    return tuple(line.split("\t") for line in lines if line and not line.startswith("#"))
