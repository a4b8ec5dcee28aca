"""What sentences about choices, texts, yes/no, numbers, money and lists become."""

from __future__ import annotations

from lark import Token

from outreach.errors import Problem
from outreach.rules.catalogue import suggestion
from outreach.rules.conditions import (
    Between,
    Compare,
    Condition,
    Contains,
    Includes,
    IsOneOf,
    IsPresent,
    IsTrue,
    Operator,
    Opposite,
    StartsWith,
)
from outreach.rules.fields import FieldType
from outreach.rules.sentences.said import KIND_OF, Build, Mistaken, Said, unquoted

NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY})


def opposite(build: Build) -> Build:
    """Return what denies a sentence; denying a denial affirms it."""

    def denied(said: Said) -> Condition:
        condition = build(said)
        if isinstance(condition, Opposite):
            return condition.of
        return Opposite(of=condition, text=said.text, position=said.position)

    return denied


def present(said: Said) -> Condition:
    return IsPresent(field=said.field, text=said.text, position=said.position)


def equal(said: Said) -> Condition:
    if said.field.type in NUMBERS:
        return compare(Operator.IS)(said)
    if said.tokens("CURRENCY"):
        message = f"'{said.field.path}' is {KIND_OF[said.field.type]}, not an amount of money"
        raise Mistaken(said.wrong(None, "E203", message))
    return _true(said) if said.field.type is FieldType.YES_NO else one_of(said)


def _true(said: Said) -> Condition:
    token = said.values()[0]
    word = unquoted(token)
    if word not in ("true", "yes", "false", "no"):
        message = f"'{said.field.path}' is never '{word}', only true or false"
        raise Mistaken(said.wrong(token, "E203", message))
    affirmed = IsTrue(field=said.field, text=said.text, position=said.position)
    if word in ("true", "yes"):
        return affirmed
    return Opposite(of=affirmed, text=said.text, position=said.position)


def one_of(said: Said) -> Condition:
    values = known_values(said)
    return IsOneOf(field=said.field, values=values, text=said.text, position=said.position)


def known_values(said: Said) -> tuple[str, ...]:
    """Return the values, each once, checked against the choices; raises Mistaken."""
    tokens, choices = said.values(), said.field.choices
    if choices and (wrong := [token for token in tokens if unquoted(token) not in choices]):
        raise Mistaken(*(_never(said, token) for token in wrong))
    return tuple(dict.fromkeys(map(unquoted, tokens)))


def _never(said: Said, token: Token) -> Problem:
    word, choices = unquoted(token), said.field.choices
    message = f"'{said.field.path}' is never '{word}'."
    if meant := suggestion(word.lower().replace(" ", "_"), choices):
        return said.wrong(token, "E203", f"{message} Did you mean '{meant}'?")
    return said.wrong(token, "E203", message, "known: " + " · ".join(choices))


def contains(said: Said) -> Condition:
    return Contains(
        field=said.field, words=_some_words(said), text=said.text, position=said.position
    )


def starts(said: Said) -> Condition:
    return StartsWith(
        field=said.field, words=_some_words(said), text=said.text, position=said.position
    )


def _some_words(said: Said) -> str:
    token = said.values()[0]
    if not unquoted(token):
        raise Mistaken(said.wrong(token, "E203", "every text contains nothing: say a word"))
    return unquoted(token)


def includes(said: Said) -> Condition:
    values = known_values(said)
    return Includes(field=said.field, values=values, text=said.text, position=said.position)


def compare(operator: Operator) -> Build:
    """Return what compares a number or an amount of money with a written one."""

    def compared(said: Said) -> Condition:
        ((amount, currency),) = said.amounts()
        return Compare(
            field=said.field,
            operator=operator,
            amount=amount,
            currency=currency,
            text=said.text,
            position=said.position,
        )

    return compared


def between(said: Said) -> Condition:
    (low, currency), (high, other) = said.amounts()
    if currency != other:
        raise Mistaken(said.wrong(None, "E203", "both amounts must be in the same currency"))
    if low > high:
        message = f"no number lies between {low} and {high}: the smaller one comes first"
        raise Mistaken(said.wrong(None, "E203", message))
    return Between(
        field=said.field,
        low=low,
        high=high,
        currency=currency,
        text=said.text,
        position=said.position,
    )
