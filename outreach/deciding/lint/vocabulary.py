"""The phrases that lint knows in a language: what not to say, and the words it knows things by.

They stand in `en.tsv` and `de.tsv` beside this file; the first lines of `en.tsv` say how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent
LANGUAGES = ("de", "en")
#: an address that says that nobody reads what comes to it, and what to say about it
UNREAD = re.compile(
    r"\b(?:no|do[-_.]?not|nicht)[-_.]?(?:reply|antworten)[\w.+-]*@[\w.-]+", re.IGNORECASE
)
LET_THEM_ANSWER = "let people answer: a reply is the best thing that can happen"
#: what stands for `…` in a phrase: some words of the same sentence
_GAP = r"(?:[\w'’-]+,?\s+){0,6}?"
#: where a sentence begins: after a full stop, a blank line, a greeting, or a tag of the template
_START = r"(?:(?<=[.!?:]\s)|(?<=[.!?:]\n)|(?<=\n\n)|(?<=,\n)|(?<=\x00)|(?<=\x00\n)|\A)"


@dataclass(frozen=True)
class Phrase:
    """One thing not to say: its code, how to find it, and how to say it instead."""

    code: str
    pattern: re.Pattern[str]
    instead: str


@dataclass(frozen=True)
class Vocabulary:
    """All that lint knows of one language."""

    language: str
    phrases: tuple[Phrase, ...]
    lists: dict[str, re.Pattern[str]]

    def find(self, name: str, text: str) -> re.Match[str] | None:
        """Return the first word of a list that a text has."""
        return self.lists[name].search(text)

    def count(self, name: str, text: str) -> int:
        """Return how many words of a list a text has."""
        return sum(1 for _ in self.lists[name].finditer(text))

    def favours(self, text: str) -> list[str]:
        """Return what a text asks its reader for, each once."""
        asked = (name for name in self.lists if name.startswith("ask:"))
        return [name.removeprefix("ask:") for name in asked if self.find(name, text)]


@lru_cache
def vocabulary(locale: str) -> Vocabulary | None:
    """Return the words for a locale such as `de-AT`; None for a language lint does not know."""
    language = locale.partition("-")[0]
    if language not in LANGUAGES:
        return None
    phrases, lists = [], dict[str, list[str]]()
    for name, phrase, instead in _lines(_FOLDER / f"{language}.tsv"):
        if name[0].isupper():
            phrases.append(Phrase(name, re.compile(_pattern(phrase), re.IGNORECASE), instead))
        elif name != "common":
            lists.setdefault(name, []).append(_pattern(phrase))
    known = {name: re.compile("|".join(found), re.IGNORECASE) for name, found in lists.items()}
    return Vocabulary(language, tuple(phrases), known)


@lru_cache
def frequent_words() -> dict[str, frozenset[str]]:
    """Return the most frequent words of some languages, by which they are told apart."""
    found = {
        language: frozenset(words.split())
        for language, words, _ in _lines(_FOLDER / "languages.tsv")
    }
    for language in LANGUAGES:
        lines = _lines(_FOLDER / f"{language}.tsv")
        found[language] = frozenset(
            w for name, words, _ in lines if name == "common" for w in words.split()
        )
    return found


def _lines(path: Path) -> Iterator[tuple[str, str, str]]:
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, phrase, *instead = line.split("\t")
            yield name, phrase, "".join(instead)


def _pattern(phrase: str) -> str:
    """Return a phrase as a regular expression."""
    start = _START if phrase.startswith("^") else r"(?<!\w)"
    said = phrase.removeprefix("^").split()
    parts = [_GAP if part == "…" else _word(part) + r",?\s+" for part in said]
    words = "".join(parts).removesuffix(r",?\s+")
    return rf"{start}{words}(?!\w)"


def _word(part: str) -> str:
    ways = [_way(way) for way in part.split("|")]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def _way(word: str) -> str:
    found = re.escape(word).replace(r"\*", r"\w*").replace("'", "['’]")
    # an abbreviation in small letters is another word: COB and cob
    is_short = len(word) > 1 and word.removesuffix("s").isupper()
    return f"(?-i:{found})" if is_short else found
