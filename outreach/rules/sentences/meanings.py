"""Every form of a sentence: how problems quote it, the fields it fits, and what it becomes."""

from __future__ import annotations

from typing import NamedTuple

from outreach.rules.conditions import Condition, Operator
from outreach.rules.fields import FieldType
from outreach.rules.sentences import said_about_data as data
from outreach.rules.sentences import said_about_time as times
from outreach.rules.sentences.said import KIND_OF, Build, Mistaken, Said

T = FieldType
ANY = frozenset(FieldType)
ONE_VALUE = frozenset({T.CHOICE, T.TEXT, T.YES_NO, T.NUMBER, T.MONEY})
WORDS = frozenset({T.CHOICE, T.TEXT})
TEXT = frozenset({T.TEXT})
CHOICE = frozenset({T.CHOICE})
LIST = frozenset({T.LIST})
TIME = frozenset({T.TIME})


class Meaning(NamedTuple):
    """A form of a sentence, by the name the grammar gives it."""

    phrase: str
    types: frozenset[FieldType]
    build: Build


MEANINGS: dict[str, Meaning] = {
    "missing": Meaning("missing", ANY, data.opposite(data.present)),
    "present": Meaning("present", ANY, data.present),
    "equal": Meaning("is X", ONE_VALUE, data.equal),
    "not_equal": Meaning("is not X", ONE_VALUE, data.opposite(data.equal)),
    "one_of": Meaning("in […]", WORDS, data.one_of),
    "none_of": Meaning("not in […]", WORDS, data.opposite(data.one_of)),
    "contains": Meaning("contains …", TEXT, data.contains),
    "contains_not": Meaning("does not contain …", TEXT, data.opposite(data.contains)),
    "starts": Meaning("starts with …", TEXT, data.starts),
    "includes": Meaning("include …", LIST, data.includes),
    "includes_not": Meaning("does not include …", LIST, data.opposite(data.includes)),
    "at_least": Meaning("at least …", data.NUMBERS, data.compare(Operator.AT_LEAST)),
    "at_most": Meaning("at most …", data.NUMBERS, data.compare(Operator.AT_MOST)),
    "more_than": Meaning("more than …", data.NUMBERS, data.compare(Operator.MORE_THAN)),
    "less_than": Meaning("less than …", data.NUMBERS, data.compare(Operator.LESS_THAN)),
    "between": Meaning("between …", data.NUMBERS, data.between),
    "has_been": Meaning("… for more than …", CHOICE, times.has_been),
    "ago": Meaning("… ago", TIME, times.ago),
    "between_ago": Meaning("between … ago", TIME, times.between_ago),
    "within_last": Meaning("within the last …", TIME, times.within_last),
    "within_next": Meaning("within the next …", TIME, times.within_next),
    "away": Meaning("… away", TIME, times.away),
    "past": Meaning("in the past", TIME, times.past),
    "future": Meaning("in the future", TIME, times.future),
    "before_date": Meaning("before …", TIME, times.date(after=False)),
    "after_date": Meaning("after …", TIME, times.date(after=True)),
    "before_field": Meaning("before …", TIME, times.other_field(after=False)),
    "after_field": Meaning("after …", TIME, times.other_field(after=True)),
}
#: what can be said instead, for problems with a form that does not fit
EXAMPLES: dict[FieldType, str] = {
    T.CHOICE: "is X · is not X · in [X, Y] · is X for more than 2 days",
    T.TEXT: 'is X · in [X, Y] · contains "x" · starts with "x"',
    T.YES_NO: "is true · is false",
    T.NUMBER: "is 1 · is at least 1 · is more than 1 · is between 1 and 5",
    T.MONEY: "is at least 100 EUR · is less than 100 EUR",
    T.TIME: "is more than 1 day ago · is within the last 2 days · is in the future · is missing",
    T.LIST: "include x · include any of [x, y] · does not include x",
}


def condition_of(said: Said) -> Condition:
    """Return the condition that a sentence becomes; raises Mistaken."""
    meaning = MEANINGS[said.predicate.data]
    field = said.field
    if field.type not in meaning.types:
        message = f"'{field.path}' is {KIND_OF[field.type]}, so it cannot be \"{meaning.phrase}\"."
        raise Mistaken(said.wrong_field("E202", message, f"say: {EXAMPLES[field.type]}"))
    return meaning.build(said)
