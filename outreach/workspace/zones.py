"""Time zones and languages as outreach.yaml names them."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from outreach.rules.catalogue import suggestion


def parse_zone(text: str) -> ZoneInfo:
    """Return the zone of an IANA name; raises ValueError with the one probably meant."""
    known = available_timezones()
    if text in known:
        return ZoneInfo(text)
    places = {name.rpartition("/")[2]: name for name in known}
    meant = places.get(text.strip().title()) or suggestion(text, known)
    hint = f"did you mean {meant}?" if meant else "write it like Europe/Berlin"
    raise ValueError(f"there is no time zone `{text}`: {hint}")


def parse_locale(text: str) -> str:
    """Return a language tag such as `de-AT`; raises ValueError when there is no such language."""
    from outreach.deciding.rendering.locales import is_locale, normal

    if not is_locale(text):
        raise ValueError(f"there is no language `{text}`: write it like en, de or de-AT")
    return normal(text)
