"""Words that cannot stand where they stand, said so that an operator sees what to write."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from outreach.errors import Problem
from outreach.rules.catalogue import suggestion
from outreach.rules.sentences.words import UNITS, NotUnderstood
from outreach.rules.yaml_nodes import Scalar

AND_OR = "put the second condition on its own line; for OR use an `any:` group"
MOST_EXPECTED = 6  # words that still help
_NAMES = {
    "NAME": "a field",
    "VALUE": "a value",
    "NUMBER": "a number",
    "UNIT": "minutes, hours, days or weeks",
    "CURRENCY": "a currency like EUR",
    "DATE": "a date like 2026-12-01",
    "TIME": "a time like 09:00",
}
#: what people write instead, and what it is called here
_HINTS: tuple[tuple[str, str], ...] = (
    (r"\bis not (more|less|within|between|before|after|at)\b", "put the sentence under `none:`"),
    (r"\bis less than .*\bago\b", "say `is within the last …`"),
    (r"\bis less than .*\baway\b", "say `is within the next …`"),
    (r"\bolder than\b|\bat least .* ago\b", "say `is more than … ago`"),
    (r"\bnewer than\b|\byounger than\b", "say `is within the last …`"),
    (r"\bwas (not )?opened\b", "mail programs open messages by themselves: ask for `clicked`"),
    (r"\bbetween \d+ and \d+ \w+ ago\b", "give both a unit: between 2 days and 5 days ago"),
    (r"\d[\d.]*,\d", "write numbers without separators: 1000 or 12.50"),
    (r"[$€£]|\d[A-Z]{3}\b", "write amounts like this: 12.50 EUR"),
    (r"\b\d{1,2}\.\d{1,2}\.\d{2,4}\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b", "write dates like 2026-12-01"),
    (r"\d-\d+T\d", "write moments like 2026-12-01 09:00"),
    (r"[“”„«»‘’]", 'use straight quotes: "'),
    (r"\b\d+ (month|quarter|year)s?\b", "these differ in length, so say days: 30 days"),
    (r"\b\d+(m|h|d|w|min|hr|hrs)\b", "write the unit as a word: 2 hours, 3 days"),
)


def words_problem(
    error: NotUnderstood,
    scalar: Scalar,
    examples: Mapping[str, str] = MappingProxyType({}),
    what: str = "sentence",
) -> Problem:
    """Return the problem with a sentence or phrase that the grammar does not know.

    `examples` tell for each field what can be said about it.
    """
    said, hint = _said(error, scalar, examples, what)
    end = error.start + len(error.word)
    return scalar.problem_at(error.start, end, "E102", said, hint=hint)


def _said(
    error: NotUnderstood, scalar: Scalar, examples: Mapping[str, str], what: str
) -> tuple[str, str]:
    word = error.word
    if not word and re.match(r"#\S", scalar.swallowed):
        said = f"the {what} stops too early: `{scalar.swallowed}` is a comment to YAML"
        return said, "put the value in quotes to keep its `#`"
    if not word:
        return f"the {what} stops too early", _expected(error, scalar, examples)
    if word in ("and", "or", "&&", "||") and what == "sentence":
        return f'there is no "{word}" in a sentence: {AND_OR}', ""
    if word[0] in "\"'" and (len(word) == 1 or word[-1] != word[0]):
        return "this quote is never closed", ""
    if field := _in_two_words(error, scalar.text, examples):
        return f'unexpected "{word}" — did you mean `{field}`?', ""
    if hint := next((h for pattern, h in _HINTS if re.search(pattern, scalar.text)), ""):
        return f'unexpected "{word}"', hint
    meant = suggestion(word.lower(), [*error.expected, *(UNITS if "UNIT" in error.places else ())])
    if meant:
        return f'unexpected "{word}" — did you mean "{meant}"?', ""
    if not error.expected and not error.places:
        return f'unexpected "{word}": the {what} is complete before it', ""
    if set(error.expected) <= {",", "]", "for"} and not error.places:
        return f'unexpected "{word}"', "put a value of several words in quotes"
    return f'unexpected "{word}"', _expected(error, scalar, examples)


def _expected(error: NotUnderstood, scalar: Scalar, examples: Mapping[str, str]) -> str:
    """Return what could have come, as a hint."""
    words = [word for word in error.expected if word.isalpha() or word in "[]%"]
    others = [_NAMES[place] for place in _NAMES if place in error.places]
    if "a number" in others and ("a value" in others or "ago" in words):
        others.remove("a number")  # a number is a value, too; after `2 days` could come `3 hours`
    example = examples.get(scalar.text.split()[0]) if scalar.text.split() else None
    if len(words) > MOST_EXPECTED:
        return f"say: {example}" if example else ""
    return "expected: " + " · ".join(words + others)


def _in_two_words(error: NotUnderstood, text: str, known: Collection[str]) -> str:
    """Return the field whose name was written as two words: `promised at is …`."""
    first = text[: error.start].strip()
    joined = (f"{first}{sign}{error.word}" for sign in "_.")
    return next((name for name in joined if name in known), "")
