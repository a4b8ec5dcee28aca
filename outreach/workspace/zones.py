"""Time zones and languages as outreach.yaml names them."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from outreach.rules.catalogue import suggestion


def parse_zone(text: str) -> ZoneInfo:
    """Return the zone of an IANA name; raises ValueError with the one probably meant."""
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # unknown; not a legal name; a folder such as Europe
        known = available_timezones()
    places = {name.rpartition("/")[2]: name for name in known}
    meant = places.get(text.strip().title()) or suggestion(text, known)
    hint = f"did you mean {meant}?" if meant else "write it like Europe/Berlin"
    raise ValueError(f"there is no time zone `{text}`: {hint}")


def parse_locale(text: str) -> str:
    """Return a language tag such as `de-AT`; raises ValueError when there is no such language."""
    from babel import Locale, UnknownLocaleError  # not for commands that only need the database

    try:
        Locale.parse(text.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"there is no language `{text}`: write it like en, de or de-AT") from None
    return text
