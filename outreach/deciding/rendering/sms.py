"""How many segments a text message costs, and which characters make it dear."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: these cost two septets: an escape and a letter
_GSM_ESCAPED = frozenset("^{}\\[~]|€")
#: the plain twin of typographic characters; what is not here loses its accents instead
_TWINS = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "•": "-", "·": "-",
    "…": "...", "×": "x", "÷": "/", "ç": "c", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i",
    "œ": "oe", "Œ": "OE", "ẞ": "SS", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D",
    "™": "TM", "©": "(c)", "®": "(r)", "½": "1/2", "→": "->", "✓": "", "\t": " ",
}  # fmt: skip


class Encoding(StrEnum):
    """How the network carries a text."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True)
class Segments:
    """What a text costs: segments, and the septets (GSM-7) or UTF-16 units (UCS-2) it takes."""

    count: int
    encoding: Encoding
    units: int


@dataclass(frozen=True)
class OddCharacter:
    """A character that turns the whole message to UCS-2; `twin` is its GSM-7 text, or empty."""

    character: str
    index: int
    twin: str


def count_segments(text: str) -> Segments:
    """Segments as providers bill them: 160/153 septets, or 70/67 units with an odd character.

    A pair (an escape and its letter, two halves of an emoji) is never split, so a part may hold one
    unit less.
    """
    if all(character in _GSM or character in _GSM_ESCAPED for character in text):
        widths = [2 if character in _GSM_ESCAPED else 1 for character in text]
        return Segments(_parts(widths, 160, 153), Encoding.GSM_7, sum(widths))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Segments(_parts(widths, 70, 67), Encoding.UCS_2, sum(widths))


def _parts(widths: Iterable[int], whole: int, part: int) -> int:
    widths = list(widths)
    if sum(widths) <= whole:
        return 1 if widths else 0
    count, room = 1, part
    for width in widths:
        if width > room:
            count, room = count + 1, part
        room -= width
    return count


def odd_characters(text: str) -> tuple[OddCharacter, ...]:
    """Each character that forces UCS-2, once, with its first place and its GSM-7 twin."""
    seen: dict[str, OddCharacter] = {}
    for index, character in enumerate(text):
        if character not in _GSM and character not in _GSM_ESCAPED and character not in seen:
            seen[character] = OddCharacter(character, index, gsm_twin(character))
    return tuple(seen.values())


def gsm_twin(character: str) -> str:
    """The nearest GSM-7 text for a character, or "" when there is none, as for an emoji."""
    if character in _TWINS:
        return _TWINS[character]
    if unicodedata.category(character) == "Zs":
        return " "
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)
    )
    is_gsm = all(c in _GSM or c in _GSM_ESCAPED for c in plain)
    return plain if is_gsm else ""
