"""Which language a message is in: the reader's, its wider form, or the workspace's; and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError


@dataclass(frozen=True)
class Choice:
    """The locale of the words, why it was chosen, and the locale for dates and money."""

    locale: str
    why: str
    formats: str


def choose(available: Collection[str], wanted: str, workspace: str) -> Choice | None:
    """`de-AT` → `de` → the workspace's locale and its wider form; None when there is none."""
    wanted = normal(wanted)
    for tag in _wider(wanted):
        if tag in available:
            why = f"the customer's locale is {wanted}"
            if tag != wanted:
                why += f", which has no words of its own; {tag} is the nearest"
            return Choice(tag, why, _known(wanted) or _known(tag) or "en")
    for tag in _wider(normal(workspace)):
        if tag in available:
            why = "the customer's locale is not known"
            if wanted:
                why = f"the customer's locale is {wanted}, which has no words"
            # a German date in an English sentence reads wrong: words and dates go together
            return Choice(
                tag, f"{why}; {tag} is the workspace's", _known(normal(workspace)) or "en"
            )
    return None


def normal(tag: str) -> str:
    """One spelling of a locale tag: `de_at`, `DE-at` → `de-AT`."""
    language, *rest = tag.strip().replace("_", "-").split("-")
    parts = [language.lower()]
    for part in rest:
        if not part:
            continue
        parts.append(part.title() if len(part) == 4 else part.upper())
    return "-".join(parts)


def is_locale(tag: str) -> bool:
    """Whether the tag names a language that dates and numbers can be written in."""
    return bool(_known(tag))


def is_right_to_left(tag: str) -> bool:
    """Whether the language is written from right to left."""
    known = _known(tag)
    return bool(known) and Locale.parse(known, sep="-").text_direction == "rtl"


def _wider(tag: str) -> list[str]:
    parts = tag.split("-") if tag else []
    return ["-".join(parts[:n]) for n in range(len(parts), 0, -1)]


def _known(tag: str) -> str:
    """The most exact form of the tag that CLDR knows."""
    for wider in _wider(tag):
        try:
            Locale.parse(wider, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
        return wider
    return ""
