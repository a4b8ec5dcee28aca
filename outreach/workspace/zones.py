"""Time zones and languages as outreach.yaml names them."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from outreach.errors import Problems
from outreach.rules.catalogue import suggestion
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_source import read
from outreach.workspace.files import SETTINGS, read_settings_text


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


def find_zone(folder: Path) -> ZoneInfo | None:
    """Return the zone of a workspace, whatever else is wrong with its settings; None without one.

    For commands that look at what happens while somebody edits. Raises NoWorkspace.
    """
    try:
        root = read(read_settings_text(folder), SETTINGS, [])
    except Problems:
        return None
    named = root.get("timezone") if root else None
    try:
        return parse_zone(named.text) if isinstance(named, Scalar) else None
    except ValueError:
        return None


def parse_locale(text: str) -> str:
    """Return a language tag such as `de-AT`; raises ValueError when there is no such language."""
    from babel import Locale, UnknownLocaleError  # not for commands that only need the database

    try:
        Locale.parse(text.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"there is no language `{text}`: write it like en, de or de-AT") from None
    return text
