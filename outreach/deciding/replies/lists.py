"""Lists of wordings, one file a language: what people write when they want no more of it.

A line is words that follow one another: `a/b` is either, `…` up to three words of any kind,
`word?` may be missing, `word*` begins like this, `^` is the beginning of the text and `.` its end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "wordings"
_SECTIONS = {
    "stop as the whole text": "stop_alone",
    "start as the whole text": "start_alone",
    "help as the whole text": "help_alone",
    "polite": "polite",
    "harmless": "harmless",
    "stop": "stop",
    "perhaps": "perhaps",
}
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue"}
_APOSTROPHES = re.compile(r"['’‘`´]")
_NO_WORD = re.compile(r"[\W_]+")

Pattern = re.Pattern[str]


@dataclass(frozen=True)
class Wordings:
    """All languages together: people answer in any of them."""

    stop_alone: tuple[Pattern, ...]
    start_alone: tuple[Pattern, ...]
    help_alone: tuple[Pattern, ...]
    polite: frozenset[str]
    harmless: tuple[Pattern, ...]
    stop: tuple[Pattern, ...]
    perhaps: tuple[Pattern, ...]


def plain_words(text: str) -> list[str]:
    """Return the words of a text in small letters, without accents, apostrophes and signs."""
    text = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.casefold()))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    # invisible signs stand inside words, where some programs may break them
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    words = _NO_WORD.sub(" ", text).split()
    # S.T.O.P and s t o p
    return ["".join(words)] if len(words) > 2 and all(len(word) == 1 for word in words) else words


@cache
def read_wordings() -> Wordings:
    """Read the lists of all languages."""
    lines: dict[str, list[str]] = {field.name: [] for field in fields(Wordings)}
    for file in sorted(FOLDER.glob("*.txt")):
        for section, line in _lines(file):
            lines[section] += spellings(line)
    found: dict[str, Any] = {}
    for section, wordings in lines.items():
        is_whole = section.endswith("_alone")
        found[section] = tuple(_anywhere(wording, is_whole=is_whole) for wording in wordings)
    polite = frozenset(word for line in lines["polite"] for word in line.split("/"))
    return Wordings(**{**found, "polite": polite})


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    section = ""
    for written in file.read_text("utf-8").splitlines():
        line = written.partition("#")[0].strip()
        if line.startswith("["):
            section = _SECTIONS[line.strip("[]")]
        elif line:
            yield section, line


def spellings(line: str) -> list[str]:
    """Return a line as it is and, where it has umlauts, as it is written without them."""
    return list(dict.fromkeys([line, "".join(_UMLAUTS.get(sign, sign) for sign in line)]))


def _anywhere(line: str, *, is_whole: bool) -> Pattern:
    found = expression(line)
    return re.compile(f"^{found}$" if is_whole else f"(?:^|(?<= )){found}")


def expression(line: str) -> str:
    """Return a line as a regular expression for plain words, each followed by a space."""
    return "".join(_part(word) for word in line.split())


def _part(word: str) -> str:
    match word:
        case "…":
            return r"(?:\S+ ){0,3}?"
        case "^":
            return "^"
        case ".":
            return "$"
    is_optional = word.endswith("?")
    choices = (_choice(each) for each in word.rstrip("?").split("/"))
    return f"(?:(?:{'|'.join(choices)}) ){'?' if is_optional else ''}"


def _choice(word: str) -> str:
    begins = word.endswith("*")
    plain = "".join(plain_words(word.rstrip("*")))
    return plain + (r"\S*" if begins else "")
