"""Lists of wordings, one file a language: what people write who are angry, happy, or in a hurry.

Their lines are written as those of `deciding/replies/lists.py` are. They are found by their first
word, so that a text costs what it is long, however many lines there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from outreach.deciding.replies.lists import expression, plain_words, spellings

FOLDER = Path(__file__).parent / "wordings"
#: emoji and the like, which belong to every language
SIGNS = "signs"
#: letters of the shortest word that may end in `*`
SHORTEST_STEM = 3
_LONGEST_STEM = 16


@dataclass(frozen=True)
class Phrase:
    """One line: the section it stands in, and how to find it at a word."""

    section: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Language:
    """All that is known of one language: phrases by their first word, or how that begins."""

    words: dict[str, list[Phrase]] = field(default_factory=dict)
    stems: dict[str, list[Phrase]] = field(default_factory=dict)
    common: frozenset[str] = frozenset()
    but: frozenset[str] = frozenset()
    negations: frozenset[str] = frozenset()

    def knows(self, word: str) -> int:
        """Return how much a word speaks for this language."""
        return 2 * (word in self.common) + any(True for _ in self._beginning(word))

    def at(self, text: str, place: int, word: str) -> Iterator[tuple[int, str]]:
        """Yield the phrases that stand at a word of a text: where they end, and their section."""
        for phrase in self._beginning(word):
            if match := phrase.pattern.match(text, place):
                yield match.end(), phrase.section

    def _beginning(self, word: str) -> Iterator[Phrase]:
        yield from self.words.get(word, ())
        for length in range(SHORTEST_STEM, min(len(word), _LONGEST_STEM) + 1):
            yield from self.stems.get(word[:length], ())


@cache
def languages() -> dict[str, Language]:
    """Read the lists of all languages, by code."""
    files = (file for file in sorted(FOLDER.glob("*.txt")) if file.stem != SIGNS)
    return {file.stem: _language(_sections(file)) for file in files}


@cache
def signs() -> dict[str, tuple[str, ...]]:
    """Read the signs that mean the same everywhere, by what they say."""
    return {section: tuple(lines) for section, lines in _sections(FOLDER / "signs.txt").items()}


def _sections(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    section = ""
    for written in file.read_text("utf-8").splitlines():
        line = written.partition("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            found.setdefault(section, []).append(line)
    return found


def _language(sections: dict[str, list[str]]) -> Language:
    single = {name: _single(sections.pop(name, [])) for name in ("common", "but", "not")}
    found = Language(common=single["common"], but=single["but"], negations=single["not"])
    for section, lines in sections.items():
        for line in lines:
            for spelling in spellings(line):
                _add(found, section, spelling)
    return found


def _single(lines: list[str]) -> frozenset[str]:
    return frozenset("".join(plain_words(word)) for line in lines for word in line.split("/"))


def _add(language: Language, section: str, line: str) -> None:
    phrase = Phrase(section, re.compile(expression(line)))
    for first in line.split(maxsplit=1)[0].split("/"):
        if first.endswith("?") or first == "…":
            raise ValueError(f"a line begins with a word that must be there: {line}")
        word = "".join(plain_words(first.rstrip("*")))
        place = language.stems if first.endswith("*") else language.words
        place.setdefault(word, []).append(phrase)
