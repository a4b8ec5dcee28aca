"""A disguise: invented names for people and things, and values that tell of nobody.

Of texts only those words stay that some rule asks for; every other text is told from others by a
number. So the rules see the case as it was, and nobody who reads it learns whose it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach.model import Kind, Money
from outreach.proving.scenarios.coverage import sentences_of
from outreach.proving.scenarios.subjects import MISSING, fields_of
from outreach.rules.catalogue import DERIVED, Catalogue
from outreach.rules.conditions import Opposite, Sentence
from outreach.rules.document import Ruleset
from outreach.rules.fields import FieldType
from outreach.sources.column_map import LINKS
from outreach.store.past import Version

#: the customer of every case
ANA = "ana"
INVENTED = {
    "name": "Ana Ruiz",
    "first_name": "Ana",
    "email": "ana@example.com",
    "phone": "+4915550123",
}
#: what says where somebody lives no closer than a time zone or a holiday needs
KEPT = frozenset({"locale", "zone", "country", "region"})
#: what is never told: the test gives them by itself, or nothing looks at them
DROPPED = frozenset({"number", "updated_at", "id"})
LETTERS = {Kind.ORDER: "A", Kind.TICKET: "T"}
#: a value as it is written into a test; a list of them is one of YAML
Said = str | list[str]


@dataclass
class Disguise:
    """What everything of one case is called."""

    catalogue: Catalogue
    #: by kind and field, the words that rules ask for
    asked: Mapping[tuple[Kind, str], frozenset[str]]
    #: the clock of the customer, where their address and number said it
    zone: str = ""
    _names: dict[tuple[Kind, str], str] = field(default_factory=dict)
    _texts: dict[tuple[str, str], str] = field(default_factory=dict)

    def name(self, kind: Kind, own_id: str) -> str:
        """Return what a subject is called: `ana`, `A-1`, `T-1`."""
        if kind is Kind.CUSTOMER:
            return ANA
        if (kind, own_id) not in self._names:
            number = 1 + sum(known is kind for known, _ in self._names)
            self._names[kind, own_id] = f"{LETTERS[kind]}-{number}"
        return self._names[kind, own_id]

    def values(self, version: Version, *, is_new: bool) -> Iterator[tuple[str, Said | datetime]]:
        """Yield the fields of a version and their values; one that is lost is `missing`."""
        kind = version.kind
        if kind is Kind.CUSTOMER and is_new and self.zone:
            yield "zone", self.zone
        for name, wanted in fields_of(self.catalogue, kind).items():
            links = {other.value: link for link, other in LINKS[kind].items()}
            column = links.get(name, name)
            if column not in version.values or name in DROPPED | DERIVED[kind]:
                continue
            if name == "zone" and is_new and self.zone:
                continue
            value = version.values[column]
            if value is None or value == []:
                if not is_new:
                    yield name, MISSING
            elif column in links.values():
                yield name, self.name(LINKS[kind][column], value)
            elif isinstance(value, datetime):
                yield name, value
            else:
                yield name, self._said(kind, name, wanted.type, value)

    def _said(self, kind: Kind, name: str, type_: FieldType, value: Any) -> Said:
        if kind is Kind.CUSTOMER and name in INVENTED:
            return INVENTED[name]
        if isinstance(value, Money):
            return f"{value.amount:.2f} {value.currency}"
        if type_ is FieldType.LIST:
            return [self._text(kind, name, one) for one in value]
        if type_ is FieldType.YES_NO:
            return "yes" if value else "no"
        is_free = type_ is FieldType.TEXT and not (kind is Kind.CUSTOMER and name in KEPT)
        return self._text(kind, name, str(value)) if is_free else str(value)

    def _text(self, kind: Kind, name: str, value: str) -> str:
        asked = self.asked.get((kind, name), frozenset())
        if value in asked:
            return value
        inside = [word for word in sorted(asked) if word.casefold() in value.casefold()]
        return " ".join([*inside, self._numbered(name, value)])

    def _numbered(self, name: str, value: str) -> str:
        """Return the same text for the same value: a rule may speak once per each of them."""
        number = 1 + sum(known == name for known, _ in self._texts)
        invented = f"https://example.com/{number}" if "://" in value else f"some {name} {number}"
        return self._texts.setdefault((name, value), invented)


def words_asked(ruleset: Ruleset) -> dict[tuple[Kind, str], frozenset[str]]:
    """Return the words that sentences hold fields against, by whose row the field stands in."""
    found: dict[tuple[Kind, str], frozenset[str]] = {}
    for rule in ruleset:
        for condition in sentences_of(rule):
            said = condition.of if isinstance(condition, Opposite) else condition
            if not isinstance(said, Sentence):
                continue
            values = {*getattr(said, "values", ()), getattr(said, "words", "")} - {""}
            words = frozenset(value for value in values if isinstance(value, str))
            key = (said.field.owner, said.field.name)
            found[key] = found.get(key, frozenset()) | words
    return found
