"""What a field is: a name an operator can write, its type, and where its value is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from outreach.model import Kind


class FieldType(StrEnum):
    """The type of a field; it decides which sentences can be said about it."""

    CHOICE = "choice"
    TEXT = "text"
    YES_NO = "yes/no"
    NUMBER = "number"
    MONEY = "money"
    TIME = "time"
    LIST = "list"


class Source(StrEnum):
    """Where a field's value is kept."""

    COLUMN = "column"
    CUSTOM = "custom"  # in the row's JSON column, declared by the workspace
    LAST_SENT = "last_sent"  # when a rule last wrote about this subject or to this person


@dataclass(frozen=True)
class CustomField:
    """A field the workspace declares under `fields:` in outreach.yaml."""

    kind: Kind
    name: str
    type: FieldType
    choices: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Field:
    """One field as rules about one kind of subject see it.

    `path` is what is written in a sentence (`customer.tier`), `owner` the kind whose row holds
    it and `name` its name there. `changed_at` names the column beside it that says since when it
    has its value, for choices with history.
    """

    path: str
    type: FieldType
    owner: Kind
    name: str
    label: str = ""
    choices: tuple[str, ...] = ()
    changed_at: str | None = None
    source: Source = Source.COLUMN
    indexed: bool = False
    example: str = ""
    rule: str = ""  # of a last_sent field: whose messages

    @property
    def is_own(self) -> bool:
        """Whether the subject's own row holds it, rather than its customer's or its order's."""
        return self.path == self.name
