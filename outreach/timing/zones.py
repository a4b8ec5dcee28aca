"""Whose clock: the zones a recipient may live in, and what we know that from.

The customer's own zone, else the address, else the phone number, else the workspace's zone.
Evidence that leaves several clocks gives them all, and the send window must be open in each.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import phonenumbers
import tzdata  # type: ignore[import-untyped]  # ships no types
from phonenumbers.timezone import time_zones_for_number

from outreach.timing.addresses import zones_of_address
from outreach.timing.countries import country_code, zones_in

#: more clocks than this, or clocks further apart, say as good as nothing
MOST_CLOCKS = 6
WIDEST = timedelta(hours=3)
#: clocks are the same if they agree each noon for two years from the tables' own year on
_YEAR = int(tzdata.IANA_VERSION[:4])
_NOONS = [datetime(_YEAR, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(2 * 365)]


class Zones(NamedTuple):
    """The zones whose clocks a recipient may keep, the likeliest first, and where that comes from.

    `is_certain` is false when the evidence left too many clocks and `zones` holds one guess: then
    only the `cautious` part of a window will do. A recipient nothing is known about has the
    workspace's zone, and that is certain: it is what the operator told us to assume.
    """

    zones: tuple[ZoneInfo, ...]
    source: str
    is_certain: bool = True


@lru_cache(maxsize=16_384)
def recipient_zones(
    zone: str | None,
    country: str | None,
    region: str | None,
    postal_code: str | None,
    phone: str | None,
    fallback: ZoneInfo,
) -> Zones:
    """Return the zones to ask before writing to somebody; never raises for what a contact holds."""
    notes = []
    if zone:
        own = named_zone(zone)
        if own:
            return Zones((own,), "customer's zone")
        notes.append(f"zone '{zone}' is not known")
    guess: Zones | None = None
    for names, source in (
        zones_of_address(country, region, postal_code),
        (_zones_of_phone(phone, country), "phone number"),
    ):
        clocks = _distinct(names)
        if not clocks:
            continue
        if len(clocks) == 1 or (len(clocks) <= MOST_CLOCKS and _spread(clocks) <= WIDEST):
            return Zones(clocks, _with_notes(source, notes))
        notes.append(f"{source} leaves {len(clocks)} clocks")
        guess = guess or _guess(clocks, fallback)
    if guess is None:
        return Zones((fallback,), _with_notes("workspace", notes))
    return guess._replace(source=_with_notes(guess.source, notes))


@lru_cache(maxsize=1024)
def named_zone(name: str) -> ZoneInfo | None:
    """Return the zone of that IANA name, None if there is none."""
    try:
        return ZoneInfo(name.strip())
    except (
        KeyError,
        ValueError,
        OSError,
    ):  # not found; not a legal name; a folder such as "America"
        return None


def _guess(clocks: tuple[ZoneInfo, ...], fallback: ZoneInfo) -> Zones:
    """Return the workspace's zone if it is one of the clocks, else the one in their middle."""
    if _offsets(fallback) in map(_offsets, clocks):
        return Zones((fallback,), "workspace", is_certain=False)
    by_offset = sorted(clocks, key=lambda clock: sum(_offsets(clock), timedelta()))
    return Zones((by_offset[len(by_offset) // 2],), "a guess", is_certain=False)


def _zones_of_phone(phone: str | None, country: str | None) -> tuple[str, ...]:
    if not phone:
        return ()
    try:
        number = phonenumbers.parse(phone, country_code(country) if country else None)
    except phonenumbers.NumberParseException:
        return ()
    home = zones_in(phonenumbers.region_code_for_country_code(number.country_code or 0))
    found = set(time_zones_for_number(number)) - {"Etc/Unknown"}
    # the country's own zones first: a British mobile is in London rather than on Guernsey
    return tuple(name for name in home if name in found) + tuple(sorted(found - set(home))) or home


def _distinct(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    """Return one zone for each clock among the names, in their order."""
    known = [zone for zone in map(named_zone, names) if zone]
    if len(known) < 2:
        return tuple(known)
    clocks: dict[tuple[timedelta, ...], ZoneInfo] = {}
    for zone in known:
        clocks.setdefault(_offsets(zone), zone)
    return tuple(clocks.values())


def _spread(clocks: tuple[ZoneInfo, ...]) -> timedelta:
    """Return the most that two of the clocks are ever apart."""
    by_day: Iterable[tuple[timedelta, ...]] = zip(*map(_offsets, clocks), strict=True)
    return max(max(day) - min(day) for day in by_day)


@lru_cache(maxsize=1024)
def _offsets(zone: ZoneInfo) -> tuple[timedelta, ...]:
    return tuple(noon.astimezone(zone).utcoffset() or timedelta() for noon in _NOONS)


def _with_notes(source: str, notes: list[str]) -> str:
    return f"{source} ({'; '.join(notes)})" if notes else source
