"""What a command was asked about: one order, ticket, customer or message, said in a few letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outreach.errors import DataError
from outreach.model import Kind, SubjectRef

if TYPE_CHECKING:
    from sqlalchemy import Connection

MESSAGE = "message"


def find(connection: Connection, text: str, *, messages: bool = False) -> SubjectRef | str:
    """Return the subject a text stands for, or with `messages` the id of a message.

    The text may name the kind: `order:A-1`. Raises DataError for nothing, and for more than one.
    """
    from outreach.store.references import find_messages, find_subjects

    named, separator, rest = text.partition(":")
    kind = Kind(named) if separator and named in tuple(Kind) else None
    found: list[SubjectRef | str] = []
    if named != MESSAGE or not separator:
        found += find_subjects(connection, rest if kind else text, kind)
    if messages and kind is None and not found:
        found += find_messages(connection, rest if named == MESSAGE and separator else text)
    match found:
        case [one]:
            return one
        case []:
            what = kind.value if kind else "order, ticket, customer" + " or message" * messages
            raise DataError(f"there is no {what} '{rest if kind else text}'")
        case several:
            raise DataError(
                f"'{text}' is more than one thing: say {' or '.join(map(_said, several))}"
            )


def _said(found: SubjectRef | str) -> str:
    return f"message:{found}" if isinstance(found, str) else f"{found.kind}:{found.id}"
