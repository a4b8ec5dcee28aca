"""Reading: of what somebody wrote, how they feel, whether it is urgent, and what it is about.

Lists of phrases decide, so it works offline, says the same every time, and anybody can read why.
It knows simple negation and a few bitter thanks; finer irony it takes at its word. What it says
only sorts what people read first: nothing is ever sent because of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from outreach.deciding.feelings.lists import Language, languages, signs
from outreach.deciding.replies.lists import plain_words
from outreach.model import Sentiment, Topic

#: signs of a text that are looked at
LONGEST = 4000
#: a negation reaches so many words ahead
REACH = 3
#: so many capitals in a text, and that share of its letters, are shouted
_SHOUTED, _SHOUTED_SHARE = 12, 0.8
_CLAUSE = re.compile(r"[.!?;:,\n\r()…]+(?:\s|$)|[\n\r]+|\s[-–—]+\s")
_LOUD = re.compile(r"!\s?!|\?!|!\?|\?\?")
#: what somebody quotes is somebody else's: telephones answer `Liked "…"` with all of our text
_QUOTED = re.compile(r"[“„«\"][^”“»\"]{20,}[”“»\"]")
#: of phrases as long the later counts
_FEELINGS = ("happy", "unhappy", "angry", "neither")
#: how much a word of a topic counts: whoever says "broken" says "arrived" too, and not the other
#: way round
_WEIGHTS = {
    Topic.DAMAGED: 3,
    Topic.WRONG_ITEM: 3,
    Topic.REFUND: 3,
    Topic.PRICE: 2,
    Topic.QUALITY: 2,
    Topic.SERVICE: 1,
    Topic.DELIVERY: 1,
}


@dataclass(frozen=True)
class Feeling:
    """What a text says of the person who wrote it."""

    sentiment: Sentiment
    is_urgent: bool
    topic: Topic

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should read it soon."""
        return self.is_urgent or self.sentiment is Sentiment.ANGRY


class Reader(Protocol):
    """Anything that can tell feelings; whoever has a better one puts it in the place of ours."""

    def __call__(self, text: str, locale: str | None) -> Feeling:
        """Return what a text says; `locale` is the writer's, who may write in another language."""


def read_feeling(text: str, locale: str | None = None) -> Feeling:
    """Return what a text says by the lists of phrases."""
    text = _QUOTED.sub(" ", text[:LONGEST])
    clauses = [words for clause in _CLAUSE.split(text) if (words := plain_words(clause))]
    known = _languages(clauses, locale)
    said = Counter(section for clause in clauses for section in _said(clause, known))
    for section, each in signs().items():
        said[section] += sum(text.count(sign) for sign in each)
    sentiment = _sentiment(said, is_loud=_is_loud(text))
    return Feeling(sentiment, said["urgent"] > 0, _topic(said, sentiment))


def _languages(clauses: Sequence[Sequence[str]], locale: str | None) -> list[Language]:
    """Return the language that knows most words of a text; in doubt the writer's, or several."""
    known = languages()
    words = [word for clause in clauses for word in clause]
    hits = {code: sum(map(each.knows, words)) for code, each in known.items()}
    likely = [code for code, count in hits.items() if count == max(hits.values())]
    own = (locale or "").replace("_", "-").partition("-")[0].lower()
    return [known[own]] if own in likely else [known[code] for code in likely]


def _said(words: Sequence[str], known: Sequence[Language]) -> Iterator[str]:
    """Yield the sections a clause has phrases of; for feelings only the longest at each place."""
    for language in known:
        for part in _parts(words, language.but):
            yield from _found(part, language)


def _parts(words: Sequence[str], but: frozenset[str]) -> Iterator[Sequence[str]]:
    start = 0
    for place, word in enumerate(words):
        if word in but:
            yield words[start:place]
            start = place
    yield words[start:]


def _found(words: Sequence[str], language: Language) -> Iterator[str]:
    text = "".join(f"{word} " for word in words)
    place, taken, is_ignored, denied = 0, 0, False, -REACH - 1
    for number, word in enumerate(words):
        matches = list(language.at(text, place, word))
        if place >= taken:
            felt = [match for match in matches if match[1] in _FEELINGS]
            taken, feeling = max(felt, key=_importance, default=(place, ""))
            is_ignored = feeling == "neither"
            if feeling:
                yield _denied(feeling) if number - denied <= REACH else feeling
            elif word in language.negations:
                denied = number
        if not is_ignored:
            yield from (section for _, section in matches if section not in _FEELINGS)
        place += len(word) + 1


def _importance(match: tuple[int, str]) -> tuple[int, int]:
    end, section = match
    return end, _FEELINGS.index(section)


def _denied(feeling: str) -> str:
    """Return what is said by "not" and a feeling: not good is bad, not bad is no complaint."""
    return "unhappy" if feeling == "happy" else "neither"


def _is_loud(text: str) -> bool:
    letters = [sign for sign in text if sign.isalpha()]
    capitals = sum(sign.isupper() for sign in letters)
    is_shouted = capitals >= _SHOUTED and capitals >= _SHOUTED_SHARE * len(letters)
    return is_shouted or _LOUD.search(text) is not None


def _sentiment(said: Counter[str], *, is_loud: bool) -> Sentiment:
    if said["angry"] or (is_loud and said["unhappy"] > said["happy"]):
        return Sentiment.ANGRY
    if said["unhappy"] and said["unhappy"] >= said["happy"]:
        return Sentiment.UNHAPPY
    if said["happy"] and not said["unhappy"]:
        return Sentiment.HAPPY
    return Sentiment.NEUTRAL


def _topic(said: Counter[str], sentiment: Sentiment) -> Topic:
    counts = {topic: said[topic.replace("_", " ")] * each for topic, each in _WEIGHTS.items()}
    topic = max(counts, key=lambda each: counts[each])
    if counts[topic]:
        return topic
    is_complaint = sentiment in (Sentiment.ANGRY, Sentiment.UNHAPPY)
    return Topic.OTHER if is_complaint else Topic.NONE
