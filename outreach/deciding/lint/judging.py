"""What is judged of a message as its reader gets it: kind, clear, whole, and allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from outreach.deciding.lint.readability import (
    HIGHEST_GRADE,
    MOST_SENTENCES,
    MOST_WORDS,
    grade,
    paragraphs,
    sentences,
    words_of,
)
from outreach.deciding.lint.renderings import Reading
from outreach.deciding.lint.trials import REFUSALS, Sending, Shop
from outreach.errors import Level, Problem
from outreach.model import Channel, Purpose

#: mail programs on a phone show about so much of a subject
LONGEST_SUBJECT = 60
#: Gmail cuts an e-mail off at 102 kB
LARGEST_MAIL = 100_000
#: an apology after so many sentences comes late
LATEST_SORRY = 6
_HOLE = re.compile(r"\{\{|\{%|\(\s*\)|“\s*”|„\s*“|(?<=\w) [,.](?=\s|$)|,,|^- *$", re.MULTILINE)
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d{2}\b|\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}\b")
_APOLOGY = re.compile(r"apolog|sorry|entschuldig", re.IGNORECASE)
_GRADED = {"everything known", "two at once", "hardly anything known"}

Judge = Callable[[Reading, Sending, Shop], Iterable[Problem]]


def judge_all(readings: Sequence[Reading], sending: Sending, shop: Shop) -> list[Problem]:
    """Return what is wrong, each thing once however many readings show it."""
    found: dict[tuple[str, int, int], Problem] = {}
    seen: set[tuple[str, str]] = set()
    for reading in readings:
        words = (reading.rendered.subject, reading.rendered.text)
        if words in seen:
            continue  # what is missing in this one was not shown in the others
        seen.add(words)
        judges = _MAIL if reading.source.file.channel is Channel.EMAIL else _SMS
        for judge in judges:
            for problem in judge(reading, sending, shop):
                key = (problem.code, problem.line, problem.column)
                before = found.setdefault(key, problem)
                if problem.level is Level.ERROR and before.level is not Level.ERROR:
                    found[key] = problem
    return list(found.values())


def _holes(reading: Reading, *_: object) -> Iterator[Problem]:
    for text in (reading.rendered.subject, reading.rendered.preheader, reading.said):
        for found in _HOLE.finditer(text):
            around = " ".join(text[max(0, found.start() - 20) : found.end() + 10].split())
            start = re.sub(r"^\S+\s", "", text[: found.start() + 1].rsplit("\n", 1)[-1])
            # what real people are called is nobody's business here
            said = "a hole" if reading.trial.is_real else f"a hole: “…{around}…”"
            said += reading.when
            hint = "put what belongs to a value inside its {% if %}"
            yield reading.source.problem_at("M204", start, said, hint)


def _apology(reading: Reading, *_: object) -> Iterator[Problem]:
    known = reading.known
    if known is None:
        return
    said = sentences(reading.own)
    sorry = [n for n, sentence in enumerate(said) if known.find("sorry", sentence)]
    if not sorry:
        if _APOLOGY.search(reading.source.file.name) and reading.is_usual:
            yield reading.source.problem_with("M102", "", "an apology that never says sorry")
        return
    first = said[sorry[0]]
    if not any(known.find("ours", said[n]) for n in sorry):
        hint = "say who is sorry: “We are sorry that …”"
        yield reading.source.problem_at("M102", first, "nobody says that they are sorry", hint)
    if sorry[0] > LATEST_SORRY:
        message = f"it says sorry only in sentence {sorry[0] + 1}{reading.when}"
        yield reading.source.problem_at("M112", first, message, "say it in the first two")
    coupon = known.find("coupon", reading.own)
    begins = known.find("sorry", reading.own)
    if coupon and begins and coupon.start() < begins.start():
        message = f"“{coupon[0]}” comes before the apology"
        yield reading.source.problem_at("M114", coupon[0], message, "say sorry first")


def _next_step(reading: Reading, *_: object) -> Iterator[Problem]:
    if reading.known and not reading.known.find("next", reading.said):
        hint = "say what you do, or what they can do, even: “You do not need to do anything.”"
        yield reading.source.problem_with("M104", "", f"no next step{reading.when}", hint)


def _person(reading: Reading, *_: object) -> Iterator[Problem]:
    if reading.known and not reading.known.find("person", reading.said):
        hint = "say how to reach you: “Reply to this e-mail. A person will read it.”"
        said = f"no way to reach a person{reading.when}"
        yield reading.source.problem_with("M106", "", said, hint)


def has_date(reading: Reading) -> bool:
    """Whether a message names a day or a time."""
    text = f"{reading.rendered.subject}\n{reading.said}"
    return bool(reading.known and reading.known.find("date", text)) or bool(_CLOCK.search(text))


def _date(reading: Reading, *_: object) -> Iterator[Problem]:
    known = reading.known
    text = f"{reading.rendered.subject}\n{reading.own}"
    if known and (late := known.find("late", text)) and not has_date(reading):
        hint = 'name the day, or when you write again: {{ now | plus("3 days") | day }}'
        said = f"something is late, and no day is named{reading.when}"
        yield reading.source.problem_at("M105", late[0], said, hint)


def _easy(reading: Reading, *_: object) -> Iterator[Problem]:
    source = reading.source
    for sentence in sentences(reading.said):
        if (count := len(words_of(sentence))) > MOST_WORDS:
            said = f"a sentence of {count} words{reading.when}"
            yield source.problem_at("M111", sentence, said, "make it two")
    for paragraph in paragraphs(reading.said):
        if (count := len(sentences(paragraph))) > MOST_SENTENCES:
            said = f"a paragraph of {count} sentences{reading.when}"
            yield source.problem_at(
                "M111", paragraph, said, "begin a new one where the thought turns"
            )
    if reading.known and reading.trial.title in _GRADED:
        needed = grade(reading.said, reading.known.language)
        if needed is not None and needed > HIGHEST_GRADE:
            said = f"it takes {needed:.0f} years of school to read this{reading.when}"
            yield source.problem_with("M111", "", said, "shorter words and sentences")


def _subject(reading: Reading, *_: object) -> Iterator[Problem]:
    length = len(reading.rendered.subject)
    if length > LONGEST_SUBJECT:
        said = f"a subject of {length} characters{reading.when}; a phone shows about 60"
        yield reading.source.problem_with("M112", "subject", said, "say it shorter")


def _favours(reading: Reading, sending: Sending, _: Shop) -> Iterator[Problem]:
    known = reading.known
    if known is None:
        return
    asked = known.favours(reading.own)
    if len(asked) > 1:
        said = f"it asks the reader to {' and to '.join(asked)}"
        yield reading.source.problem_with("M115", "", said, "ask for one thing at a time")
    coupon = known.find("coupon", reading.own)
    # one that an offer brings goes to nobody who has not agreed to it
    offered = (reading.trial.context.get("coupon") or {}).get("code")
    is_offered = offered is not None and offered in reading.said
    if coupon and not is_offered and sending.purpose is Purpose.SERVICE and sending.rules:
        said = f"“{coupon[0]}” in service mail may count as advertising"
        hint = f"send it with purpose: marketing (sent by {', '.join(sending.rules)})"
        yield reading.source.problem_at("W421", coupon[0], said, hint)


def _balance(reading: Reading, *_: object) -> Iterator[Problem]:
    if reading.known is None or not reading.is_usual:
        return
    ours, yours = (reading.known.count(name, reading.said) for name in ("we", "you"))
    if ours >= 6 and ours > 2 * yours:
        said = f"“we” stands here {ours} times, “you” {yours} times"
        yield reading.source.problem_with("M116", "", said, "tell it from the reader's side")


def _refusal(reading: Reading, sending: Sending, _: Shop) -> Iterator[Problem]:
    if sending.purpose is Purpose.TRANSACTIONAL or REFUSALS.search(reading.rendered.html):
        return
    level = Level.WARNING if sending.purpose is Purpose.SERVICE else Level.ERROR
    said = f"no link to say no, which {sending.purpose} messages need"
    hint = "show {{ unsubscribe }} in your _layout footer"
    yield reading.source.problem_with("M206", "", said, hint, level)


def _size(reading: Reading, *_: object) -> Iterator[Problem]:
    size = len(reading.rendered.html.encode())
    if size > LARGEST_MAIL:
        said = f"{size // 1000} kB{reading.when}: Gmail cuts it off at 102 kB"
        yield reading.source.problem_with("M208", "", said, "say less, or link to the rest")


def _segments(reading: Reading, _: Sending, shop: Shop) -> Iterator[Problem]:
    most = shop.max_segments.get(Channel.SMS, 2)
    rendered = reading.rendered
    if rendered.segments > most:
        level = Level.WARNING if reading.trial.is_rare else Level.ERROR
        cost = f"{rendered.segments} segments ({rendered.encoding}){reading.when}"
        said = f"{cost}, and {most} may go out"
        yield reading.source.problem_with("S301", "", said, "say it shorter", level)


def _sender(reading: Reading, sending: Sending, _: Shop) -> Iterator[Problem]:
    name = (reading.trial.context.get("shop") or {}).get("name") or ""
    if name and name.casefold() not in reading.said.casefold():
        hint = "begin with {{ shop.name }}:"
        yield reading.source.problem_with("S303", "", "an SMS must say who writes", hint)
        return
    if sending.purpose is Purpose.TRANSACTIONAL or reading.known is None:
        return
    if not reading.known.find("optout", reading.said):
        level = Level.WARNING if sending.purpose is Purpose.SERVICE else Level.ERROR
        said = f"no way out, which {sending.purpose} messages need"
        yield reading.source.problem_with("S303", "", said, "end with: STOP to opt out", level)


_MAIL: tuple[Judge, ...] = (
    _holes, _apology, _next_step, _person, _date, _easy, _subject, _favours, _balance, _refusal,
    _size,
)  # fmt: skip
_SMS: tuple[Judge, ...] = (_holes, _date, _favours, _segments, _sender)
