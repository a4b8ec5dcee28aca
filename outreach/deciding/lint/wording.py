"""What the words of a template say, read where they stand in the file; nothing is rendered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from outreach.deciding.lint.passages import TAG, VALUE, Source
from outreach.deciding.lint.readability import words_of
from outreach.deciding.lint.vocabulary import (
    LET_THEM_ANSWER,
    UNREAD,
    Vocabulary,
    frequent_words,
    vocabulary,
)
from outreach.deciding.rendering.sms import gsm_twin, odd_characters
from outreach.errors import Problem
from outreach.model import Channel

_TWICE = re.compile(r"(?<![\w'’-])([^\W\d_]{2,})\s+\1(?![\w'’-])", re.IGNORECASE)
#: words that may well stand twice: “that that”, “die, die” without its comma
_MAY_REPEAT = {"that", "had", "der", "die", "das", "den", "dem", "sie", "ihr"}
#: before what is only asked for
_ASKED = re.compile(r"(?<!\w)(if|whether|falls|wenn|ob)\s+\Z", re.IGNORECASE)
_EMOJI = re.compile("[\U0001f000-\U0001ffff\u2600-\u27bf\u2b50\u2b55]")
_LOUD = re.compile(r"!{2,}|(?<!\w)[A-ZÄÖÜ]{4,}(?:\s+[A-ZÄÖÜ]{4,})+(?!\w)")
_SLUG = re.compile(r"(?<![\w/.@-])[a-z]+(?:_[a-z]+)+(?![\w/@-])")
_BY_NAME = re.compile(r"customer\.(first_)?name\b")
_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LINK = re.compile(r"(?P<scheme>https?)://(?P<host>[^\s/)>:?#\x00\x01]+)(?P<rest>[^\s)>]*)")
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@(?P<host>[\w.-]*\w)")
_PICTURE = re.compile(r"!\[\s*\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_NOWHERE = re.compile(
    r"(.*\.)?example\.(com|org|net)|localhost|127\..*|.*\b(yourdomain|todo|xxx)\b.*", re.IGNORECASE
)
_SHORT = {
    "bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly",
    "cutt.ly", "shorturl.at", "rb.gy", "t.ly", "s.id", "tiny.cc", "lnkd.in", "v.gd",
}  # fmt: skip
#: fewer words than this say nothing about their language
_ENOUGH_WORDS = 12


def lint_wording(source: Source) -> Iterator[Problem]:
    """Yield what is wrong with the words of a file."""
    known = vocabulary(source.file.locale)
    if known:
        yield from _phrases(source, known)
    yield from _repeated(source)
    yield from _loud(source)
    yield from _slugs(source)
    yield from _links(source)
    yield from _addresses(source)
    yield from _language(source)
    if source.file.channel is Channel.EMAIL:
        yield from _greeting(source)
        yield from _pictures(source)
    else:
        yield from _odd_characters(source)


def is_apology(source: Source) -> bool:
    """Whether a message says sorry."""
    known = vocabulary(source.file.locale)
    return known is not None and known.find("sorry", source.words) is not None


def _phrases(source: Source, known: Vocabulary) -> Iterator[Problem]:
    sorry = is_apology(source)
    taken: list[tuple[str, int, int]] = []
    for phrase in known.phrases:
        if phrase.code == "M114" and not sorry:
            continue
        for found in phrase.pattern.finditer(source.words):
            start, end = found.span()
            if phrase.code == "M102" and _ASKED.search(source.words, 0, start):
                continue  # “if there was a problem, tell us” asks, and owns nothing away
            if any(code == phrase.code and start < e and s < end for code, s, e in taken):
                continue
            taken.append((phrase.code, start, end))
            said = " ".join(found[0].split())
            yield source.problem(
                phrase.code, start, end, _SAID[phrase.code].format(said), phrase.instead
            )
    if sorry and (emoji := _EMOJI.search(source.words)):
        said = f"{emoji[0]} does not go with an apology"
        yield source.problem("M114", *emoji.span(), said)


_SAID = {
    "M102": "“{}” says sorry for nobody",
    "M103": "“{}” takes half of the apology back",
    "M106": "“{}” shuts the door",
    "M107": "“{}” is a stock phrase",
    "M108": "“{}” says nothing",
    "M109": "“{}” says what is not possible",
    "M110": "“{}” is jargon",
    "M114": "“{}” sells something in an apology",
}


def _repeated(source: Source) -> Iterator[Problem]:
    for found in _TWICE.finditer(source.words):
        if found[1].lower() not in _MAY_REPEAT:
            yield source.problem("M108", *found.span(), f"“{found[1]}” stands here twice")


def _loud(source: Source) -> Iterator[Problem]:
    for found in _LOUD.finditer(source.words):
        said = " ".join(found[0].split())
        yield source.problem("M112", *found.span(), f"“{said}” is shouting", "say it calmly")


def _slugs(source: Source) -> Iterator[Problem]:
    for found in _SLUG.finditer(source.words):
        said = f"“{found[0]}” is a word of the computer"
        yield source.problem("M110", *found.span(), said, "say it as a customer would")


def _greeting(source: Source) -> Iterator[Problem]:
    if not _BY_NAME.search(source.text[source.body_starts :]):
        hint = 'begin with: Hello {{ customer.first_name | default("there") }},'
        yield source.problem_with("M101", "", "nobody is greeted by name", hint)


def _links(source: Source) -> Iterator[Problem]:
    text = _TAGS.sub(lambda found: VALUE * len(found[0]), source.text)
    for found in _LINK.finditer(text, source.body_starts):
        host = found["host"].lower()
        at = (found.start(), found.start("rest"))
        if _NOWHERE.fullmatch(host):
            yield source.problem("M211", *at, f"{host} is a placeholder", "write the real address")
        elif found["scheme"] == "http":
            yield source.problem("M211", *at, "a link without https", "write https://")
        if source.file.channel is Channel.SMS and host.removeprefix("www.") in _SHORT:
            hint = "networks take shortened links for spam: use a link of your own"
            yield source.problem("S304", *at, f"{host} hides where the link leads", hint)
    if source.file.channel is Channel.SMS and "http" in text and not words_of(_bare(source.body)):
        hint = "say what is behind it"
        yield source.problem_with("S304", "", "a link and nothing else", hint)


def _addresses(source: Source) -> Iterator[Problem]:
    text = _TAGS.sub(lambda found: VALUE * len(found[0]), source.text)
    for found in _ADDRESS.finditer(text, source.body_starts):
        if UNREAD.fullmatch(found[0]):
            said = f"{found[0]} shuts the door"
            yield source.problem("M106", *found.span(), said, LET_THEM_ANSWER)
        elif _NOWHERE.fullmatch(found["host"]):
            said = f"{found[0]} is a placeholder"
            yield source.problem("M211", *found.span(), said, "write the real address")


def _pictures(source: Source) -> Iterator[Problem]:
    for found in _PICTURE.finditer(source.text, source.body_starts):
        said = "who cannot see this picture learns nothing, nor does the text part"
        hint = "say what it shows: ![Your parcel on the map](https://…)"
        yield source.problem("M208", *found.span(), said, hint)


def _bare(words: str) -> str:
    return words.replace(TAG, " ").replace(VALUE, " ")


def _language(source: Source) -> Iterator[Problem]:
    """Yield a problem when other languages' frequent words are far more frequent here."""
    language = source.file.locale.partition("-")[0]
    counted = Counter(word.lower() for word in words_of(_bare(source.body)))
    hits = {name: sum(counted[word] for word in words) for name, words in frequent_words().items()}
    likely = max(hits, key=lambda name: hits[name])
    if language not in hits or counted.total() < _ENOUGH_WORDS or likely == language:
        return
    if hits[likely] >= 5 and hits[likely] > 2 * hits[language]:
        said = f"this reads like {_NAMES.get(likely, likely)}, and the file is for {language}"
        yield source.problem_with("M209", "", said)


_NAMES = {
    "de": "German", "en": "English", "fr": "French", "es": "Spanish", "it": "Italian",
    "nl": "Dutch", "pt": "Portuguese",
}  # fmt: skip


def _odd_characters(source: Source) -> Iterator[Problem]:
    masked = re.sub(f"[{TAG}{VALUE}]", " ", source.body)
    for odd in odd_characters(masked):
        start = source.body_starts + odd.index
        twin = gsm_twin(odd.character)
        said = f"“{odd.character}” makes the whole SMS cost double: 70 characters a part, not 160"
        hint = f"write “{twin}”" if twin else "leave it out"
        yield source.problem("S302", start, start + 1, said, hint)


def lint_subject(source: Source) -> Iterator[Problem]:
    """Yield what is wrong with a subject that says nothing about its message."""
    known = vocabulary(source.file.locale)
    pattern = known.lists.get("empty subject") if known else None
    subject = source.subject.strip(" .!…")
    if pattern and subject and pattern.fullmatch(subject):
        hint = "say what happened, with the number: “Your order 4711 is late”"
        yield source.problem_with(
            "M112", "subject", f"“{subject}” does not say what it is about", hint
        )
