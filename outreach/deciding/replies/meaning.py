"""Meaning: is this a stop? In doubt a person reads it, and meanwhile only what must go out goes.

Any wording counts that a reasonable person would understand, so keywords are only the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from outreach.deciding.replies.lists import Pattern, plain_words, read_wordings

#: signs that are looked at; a text message has at most 1,600
LONGEST = 4000
#: what somebody quotes is somebody else's: telephones answer `Liked "…"` with all of our text
_QUOTED = re.compile(r"[“„«\"][^”“»\"]{20,}[”“»\"]")
_SENTENCE = re.compile(r"[.!?;\n\r]+(?:\s|$)|[\n\r]+")
#: so many equal words in a row are one: stop stop stop
_AGAIN = re.compile(r"\b(\w+)(?: \1\b)+")
#: of these alone in a sentence nobody knows what shall end; as the whole text they are keywords
_WEAK_IN_A_SENTENCE = frozenset(
    {"end", "ende", "quit", "cancel", "revoke", "remove", "schluss", "raus", "beenden", "abbruch"}
    | {"kundigen", "kuendigen", "kundigung", "kuendigung", "lass das", "lasst das", "stop that"}
    | {"widerruf", "widerrufen"}
)


class Meaning(StrEnum):
    """What a reply means for whether we may write."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    UNCERTAIN_STOP = "uncertain_stop"
    NOTHING = "nothing"


def what_is_meant(text: str) -> Meaning:
    """Return what a reply means, in any of the languages there are lists for."""
    wordings = read_wordings()
    text = _QUOTED.sub(" ", text[:LONGEST])
    whole = _core(text)
    for meaning, keywords in (
        (Meaning.STOP, wordings.stop_alone),
        (Meaning.START, wordings.start_alone),
        (Meaning.HELP, wordings.help_alone),
    ):
        if _any(keywords, whole):
            return meaning
    sentences = [_core(sentence) for sentence in _SENTENCE.split(text)]
    if any(
        _any(wordings.stop_alone, s) and s.strip() not in _WEAK_IN_A_SENTENCE for s in sentences
    ):
        return Meaning.STOP
    words = _joined(plain_words(text))
    rest = words
    for harmless in wordings.harmless:
        rest = harmless.sub("| ", rest)
    if _says_stop(rest):
        return Meaning.STOP
    # "don't stop texting me" and "stop … don't": somebody should look
    return (
        Meaning.UNCERTAIN_STOP
        if _any(wordings.perhaps, rest) or _says_stop(words)
        else Meaning.NOTHING
    )


def _says_stop(words: str) -> bool:
    wordings = read_wordings()
    # polite words may stand anywhere, also between those that count
    short = _joined([word for word in words.split() if word not in wordings.polite])
    return _any(wordings.stop, words) or _any(wordings.stop, short)


def _core(text: str) -> str:
    """Return what is left of a text without polite words, each word followed by a space."""
    polite = read_wordings().polite
    words = [word for word in plain_words(text) if word not in polite]
    return _AGAIN.sub(r"\1", _joined(words))


def _joined(words: Sequence[str]) -> str:
    return "".join(f"{word} " for word in words)


def _any(patterns: Sequence[Pattern], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)
