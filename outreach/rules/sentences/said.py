"""A sentence whose words are understood: its field, its values, and where a mistake in them is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from lark import Token, Tree

from outreach.errors import Problem
from outreach.model import Kind, Position
from outreach.rules.catalogue import Catalogue, UnknownField, suggestion
from outreach.rules.conditions import Condition, Shift
from outreach.rules.fields import Field, FieldType, Source
from outreach.rules.sentences.words import extent
from outreach.rules.yaml_nodes import Scalar
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration, parse_duration
from outreach.timing.hours import parse_clock
from outreach.timing.wall_clock import first_instant

#: numbers and amounts are kept by databases as 64 bits; money in hundredths or finer
MOST_DIGITS = 15
YEARS = range(1970, 2200)


class Mistaken(Exception):
    """Carries the problems of a sentence whose words are understood."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


@dataclass(frozen=True)
class Setting:
    """What a sentence or phrase can refer to where it stands.

    `steps` are the ids of the rule's steps, None where nothing has been sent yet (`when`,
    `audience`). `rules` are the names of all rules, None when not all of them are known.
    """

    catalogue: Catalogue
    kind: Kind
    zone: ZoneInfo
    calendar: Calendar | None = None
    steps: Collection[str] | None = None
    rules: Collection[str] | None = None

    def field(self, token: Token, scalar: Scalar) -> Field:
        """Return the field that a word names; raises Mistaken."""
        try:
            found = self.catalogue.field(self.kind, str(token))
        except UnknownField as error:
            raise Mistaken(_no_field(self, error, token, scalar)) from None
        if found.source is Source.LAST_SENT:
            self._check_rule(found.rule, token, scalar)
        return found

    def _check_rule(self, rule: str, token: Token, scalar: Scalar) -> None:
        if self.rules is None or rule in self.rules:
            return
        meant = suggestion(rule, self.rules)
        said = f"there is no rule '{rule}'." + (f" Did you mean '{meant}'?" if meant else "")
        _, end = extent(token)
        raise Mistaken(scalar.problem_at(end - len(rule), end, "E204", said))


def _no_field(setting: Setting, error: UnknownField, token: Token, scalar: Scalar) -> Problem:
    known = {field.path for field in setting.catalogue.fields(setting.kind)}
    own = error.path.removeprefix(f"{setting.kind.value}.")
    elsewhere = [path for path in sorted(known) if path.endswith(f".{error.path}")]
    meant = own if own in known else next(iter(elsewhere), error.suggestion)
    error.suggestion = meant
    hint = "write last_sent.<rule>" if error.path.endswith("last_sent") else ""
    return scalar.problem_at(*extent(token), "E201", str(error), hint=hint)


@dataclass(frozen=True)
class Said:
    """What is said about a field: the grammar's name for it, and its words."""

    predicate: Tree[Token]
    field: Field
    subject: Token
    scalar: Scalar
    setting: Setting

    @property
    def text(self) -> str:
        return self.scalar.text.strip()

    @property
    def position(self) -> Position:
        return self.scalar.position

    def wrong(
        self, part: Tree[Token] | Token | None, code: str, message: str, hint: str = ""
    ) -> Problem:
        """Return a problem with a part of what is said, or with all of it."""
        return self.scalar.problem_at(
            *extent(part if part is not None else self.predicate), code, message, hint=hint
        )

    def wrong_field(self, code: str, message: str, hint: str = "") -> Problem:
        """Return a problem with the field the sentence starts with."""
        return self.scalar.problem_at(*extent(self.subject), code, message, hint=hint)

    def parts(self, name: str) -> list[Tree[Token]]:
        """Return the parts of that name, in order."""
        return [c for c in self.predicate.children if isinstance(c, Tree) and c.data == name]

    def tokens(self, kind: str) -> list[Token]:
        """Return the words of that type that stand directly in the predicate."""
        found = [c for c in self.predicate.children if isinstance(c, Token)]
        return [token for token in found if token.type == kind]

    def values(self) -> list[Token]:
        """Return the value, or the values of the list, as they are written."""
        lists = self.parts("list")
        holders = lists[0].children if lists else self.parts("value")
        return [h.children[0] for h in holders if isinstance(h, Tree)]  # type: ignore[misc]

    def durations(self) -> list[Duration]:
        """Return the durations; raises Mistaken."""
        return [self._duration(part) for part in self.parts("duration")]

    def shifts(self, *, ahead: bool = False) -> list[Shift]:
        """Return the durations as steps along the time line, business time with its calendar."""
        return [self._shift(part, ahead) for part in self.parts("duration")]

    def _duration(self, part: Tree[Token]) -> Duration:
        try:
            return duration_in(part)
        except ValueError as error:
            raise Mistaken(self.wrong(part, "E203", str(error))) from None

    def _shift(self, part: Tree[Token], ahead: bool) -> Shift:
        duration = self._duration(part)
        if not duration.is_business:
            return Shift(duration, ahead)
        if self.setting.calendar is None:
            said = "business time needs a calendar, and this rule names none"
            raise Mistaken(self.wrong(part, "E205", said, "add `calendar:` to the rule"))
        return Shift(duration, ahead, self.setting.calendar)

    def amounts(self) -> list[tuple[Decimal, str]]:
        """Return the numbers with their currencies, which are checked; raises Mistaken."""
        parts = self.parts("amount") or self.parts("value")
        if not parts:
            return [self._amount([*self.tokens("NUMBER"), *self.tokens("CURRENCY")])]
        return [self._amount([t for t in p.children if isinstance(t, Token)]) for p in parts]

    def _amount(self, words: list[Token]) -> tuple[Decimal, str]:
        number, currency = words[0], words[1] if len(words) > 1 else None
        is_money = self.field.type is FieldType.MONEY
        if number.type != "NUMBER":
            said = f"'{self.field.path}' is {KIND_OF[self.field.type]}, and '{number}' is none"
            raise Mistaken(self.wrong(number, "E203", said))
        if sum(map(str.isdigit, number)) > MOST_DIGITS:
            raise Mistaken(self.wrong(number, "E203", "this number is too long"))
        if is_money and currency is None:
            said = f"'{self.field.path}' is an amount of money: say in which currency"
            raise Mistaken(self.wrong(number, "E203", said, f"write {number} EUR"))
        if currency is not None and not is_money:
            said = f"'{self.field.path}' is a plain number, without a currency"
            raise Mistaken(self.wrong(currency, "E203", said))
        return Decimal(str(number)), str(currency or "")

    def moment(self) -> datetime:
        """Return a written date, with a time of day or from midnight, as an instant in UTC."""
        part = self.parts("moment")[0]
        words = [str(t) for t in part.children]
        try:
            day = date.fromisoformat(words[0])
            clock = parse_clock(words[1]) if len(words) > 1 else time()
        except ValueError as error:
            raise Mistaken(self.wrong(part, "E203", _no_moment(words, error))) from None
        if day.year not in YEARS:
            said = f"the year {day.year} cannot be meant"
            raise Mistaken(self.wrong(part, "E203", said))
        return first_instant(datetime.combine(day, clock), self.setting.zone)

    def other_field(self) -> Field:
        """Return the time field that this one is compared with; raises Mistaken."""
        token = self.tokens("NAME")[0]
        other = self.setting.field(token, self.scalar)
        if other.type is not FieldType.TIME:
            said = f"'{other.path}' is {KIND_OF[other.type]}, not a time"
            raise Mistaken(self.wrong(token, "E202", said))
        if other.path == self.field.path:
            raise Mistaken(self.wrong(token, "E203", "this compares a time with itself"))
        return other


Build = Callable[[Said], Condition]

#: how problems name a type of field
KIND_OF: dict[FieldType, str] = {
    FieldType.CHOICE: "a choice",
    FieldType.TEXT: "a text",
    FieldType.YES_NO: "a yes/no field",
    FieldType.NUMBER: "a number",
    FieldType.MONEY: "an amount of money",
    FieldType.TIME: "a time",
    FieldType.LIST: "a list",
}


def duration_in(part: Tree[Token]) -> Duration:
    """Return the duration a part says; raises ValueError."""
    return parse_duration(" ".join(str(token) for token in part.children))


def unquoted(token: Token) -> str:
    """Return a value without the quotes it may have."""
    return str(token)[1:-1] if token.type == "STRING" else str(token)


def _no_moment(words: list[str], error: ValueError) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", words[0]) is None:
        return f"'{words[0]}' is not a date: write it like 2026-12-01"
    return str(error) if len(words) > 1 and ":" in str(error) else f"there is no day {words[0]}"
