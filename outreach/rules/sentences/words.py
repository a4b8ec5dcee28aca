"""Splitting what was written into whole words, and parsing them by `grammar.lark`.

Whole words first, so that `more then` is blamed on `then`. A word counts as a word of the language
only where the grammar has a place for it; elsewhere it is a value: `status is delivered`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree, UnexpectedToken
from lark.lexer import Lexer

STARTS = ("sentence", "wait", "repeat", "rate", "once_per", "percent", "next_channel")
UNITS = ("minute", "minutes", "hour", "hours", "day", "days", "week", "weeks")

#: what a word can be apart from a word of the language, the most particular first
SHAPES: dict[str, re.Pattern[str]] = {
    "UNIT": re.compile("|".join(UNITS)),
    "CURRENCY": re.compile(r"[A-Z]{3}"),
    "NUMBER": re.compile(r"-?[0-9]+(\.[0-9]+)?"),
    "DATE": re.compile(r"[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}"),
    "TIME": re.compile(r"[0-9]{1,2}:[0-9]{2}"),
    "NAME": re.compile(r"[^\W\d][\w.\-]*"),
    "STRING": re.compile(r"\"[^\"]*\"|'[^']*'"),
    "VALUE": re.compile(r"[^\s\[\],\"'=<>!%][^\s\[\],\"=<>!%]*"),
}
_WORD = re.compile(
    r"""\s*(?P<word> "[^"]*" | '[^']*' | [\[\],%] | [=<>!]=? | ["'].* | [^\s\[\],"=<>!%]+ )""",
    re.VERBOSE | re.DOTALL,
)


class WordLexer(Lexer):
    """Gives each word the type that the grammar has a place for."""

    __future_interface__ = 1

    def __init__(self, lexer_conf: Any) -> None:
        self.known = {terminal.pattern.value: terminal.name for terminal in lexer_conf.terminals}

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        text: str = lexer_state.text.text
        for found in _WORD.finditer(text):
            word, start = found["word"], found.start("word")
            places = parser_state.parse_conf.states[parser_state.position]
            yield Token(self._type(word, places), word, start_pos=start, end_pos=start + len(word))

    def _type(self, word: str, places: Collection[str]) -> str:
        name: str = self.known.get(word, "")
        if name in places:
            return name
        fitting = (n for n, shape in SHAPES.items() if n in places and shape.fullmatch(word))
        return next(fitting, "NOTHING")


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=WordLexer, start=list(STARTS), strict=True)


@cache
def _texts() -> dict[str, str]:
    """Return the words of the language by the name of their terminal."""
    return {terminal.name: terminal.pattern.value for terminal in _parser().terminals}


class NotUnderstood(Exception):
    """A word that cannot stand where it stands; an empty word is a text that stops too early.

    `expected` are the words that could, `places` the other things that could (NAME, NUMBER …).
    """

    def __init__(self, start: int, word: str, expected: tuple[str, ...], places: set[str]) -> None:
        super().__init__(word)
        self.start = start
        self.word = word
        self.expected = expected
        self.places = places


def parse_words(text: str, start: str) -> Tree[Token]:
    """Parse a text as one of `STARTS`; raises NotUnderstood."""
    try:
        return _parser().parse(text, start=start)
    except UnexpectedToken as error:
        accepted = set(error.accepts or error.expected)
        expected = tuple(sorted(t for name in accepted if (t := _texts().get(name))))
        places = accepted & SHAPES.keys()
        at_end = error.token.type == "$END"
        place = len(text.rstrip()) if at_end else error.token.start_pos or 0
        raise NotUnderstood(place, str(error.token), expected, places) from None


def tokens(tree: Tree[Token]) -> list[Token]:
    """Return all words of a part, in order."""
    return [t for t in tree.scan_values(lambda v: isinstance(v, Token))]  # noqa: C416


def extent(*parts: Tree[Token] | Token) -> tuple[int, int]:
    """Return where in the text the parts start and end."""
    found = [t for part in parts for t in ([part] if isinstance(part, Token) else tokens(part))]
    starts = [t.start_pos for t in found if t.start_pos is not None]
    ends = [t.end_pos for t in found if t.end_pos is not None]
    return min(starts, default=0), max(ends, default=0)
