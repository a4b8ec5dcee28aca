"""How hard a text is to read: its sentences, its paragraphs and the school grade it needs."""

from __future__ import annotations

import re
from collections.abc import Callable

#: more words than this in a sentence, or sentences in a paragraph, lose the reader
MOST_WORDS = 25
MOST_SENTENCES = 4
HIGHEST_GRADE = 8.0
#: a grade of fewer words than this says little
FEWEST_WORDS = 40
#: full stops that end nothing: of „3. Dezember“ and of abbreviations
_MONTHS = "Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez"
_ABBREVIATED = re.compile(
    rf"((?<=\d)(?=\.\s*(?:\d|[a-zäöü]|{_MONTHS}))|\b(?:z|B|u|a|d|h|Nr|Str|Dr|Mr|Mrs|Ms|ca|bzw|e|g))\."
)
_ITEM = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])\s+", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?:])[\"”“’')]*\s+|\n")
_LINK = re.compile(r":?\s{0,3}\(?(?:https?://|mailto:)[^\s)]*\)?|(?<!\S)\S+@\S+")


def unwrapped(text: str) -> str:
    """Return the text part of an e-mail without its footer, its links and its line ends."""
    text = _LINK.sub("", text.split("\n\n-- \n", maxsplit=1)[0])
    return re.sub(r"(?<=\S)\n(?!\n|- |\d+\. )\s*", " ", text)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; a line of a list is one as well."""
    text = _ABBREVIATED.sub(r"\1", _ITEM.sub("", text))
    return [said.strip() for said in _SENTENCE_END.split(text) if re.search(r"\w", said)]


def paragraphs(text: str) -> list[str]:
    """Return what stands between blank lines; each line of a list is by itself."""
    return [part.strip() for part in re.split(r"\n+", text) if part.strip()]


def words_of(text: str) -> list[str]:
    """Return the words of a text."""
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text)


def grade(text: str, language: str) -> float | None:
    """Return the school grade a text needs; None when it is too short to tell.

    Flesch-Kincaid for English, the first Wiener Sachtextformel for German.
    """
    measure = _MEASURES.get(language)
    said = [words for sentence in sentences(text) if (words := words_of(sentence))]
    if measure is None or sum(map(len, said)) < FEWEST_WORDS:
        return None
    return round(measure(said), 1)


def _flesch_kincaid(said: list[list[str]]) -> float:
    words = [word for sentence in said for word in sentence]
    spoken = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / len(said) + 11.8 * spoken / len(words) - 15.59


def _wiener(said: list[list[str]]) -> float:
    words = [word for sentence in said for word in sentence]
    many = _share(words, lambda word: _syllables(word) >= 3)
    long = _share(words, lambda word: len(word) > 6)
    single = _share(words, lambda word: _syllables(word) == 1)
    each = len(words) / len(said)
    return 0.1935 * many + 0.1672 * each + 0.1297 * long - 0.0327 * single - 0.875


_MEASURES = {"en": _flesch_kincaid, "de": _wiener}


def _share(words: list[str], fits: Callable[[str], bool]) -> float:
    return 100 * sum(map(fits, words)) / len(words)


def _syllables(word: str) -> int:
    """Count groups of vowels: near enough for a grade."""
    groups = re.findall(r"[aeiouyäöü]+", word.lower().removesuffix("e"))
    return max(1, len(groups))
