"""Notes on tickets: the form that a help desk takes them in, filled for one case.

A form is what the operator wrote, with `{places}` for what differs. What fills them is data: in an
address it is quoted, and in a body it stays inside the text that it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

#: what may stand between braces, and what it becomes
PLACES: Mapping[str, str] = {
    "ticket.id": "the help desk's own id of the ticket",
    "ticket.number": "the number that customers know it by",
    "text": "the whole note, in lines",
    "html": "the whole note, for a desk that takes HTML",
    "handoff": "the case, as H-12",
    "title": "the title of the case",
    "due": "by when, on the team's clock",
    "id": "the same at every try",
}
#: one of these says which ticket it is
OF_A_TICKET = ("ticket.id", "ticket.number")
#: what can stand in an address
IN_AN_ADDRESS = (*OF_A_TICKET, "id")
_PLACE = re.compile(r"\{([A-Za-z_.]+)\}")


@dataclass(frozen=True)
class NoteForm:
    """How a note is written: one call of `method` to `url`, with `body` as JSON.

    The answers `success` say that it was taken; when empty, all from 200 to 299 do.
    """

    url: str
    method: str
    body: Any
    success: frozenset[int] = frozenset()

    def is_taken(self, status: int) -> bool:
        """Ask whether an answer says that the note is there."""
        return status in self.success if self.success else 200 <= status < 300


def places_in(part: Any) -> list[str]:
    """Return the places of an address or a body, known or not, in their order."""
    if isinstance(part, str):
        return _PLACE.findall(part)
    if isinstance(part, Mapping):
        return [name for value in part.values() for name in places_in(value)]
    if isinstance(part, list):
        return [name for value in part for name in places_in(value)]
    return []


def fill_address(url: str, values: Mapping[str, str]) -> str:
    """Return an address with its places filled; raises ValueError where it would lead astray."""

    def fill(found: re.Match[str]) -> str:
        value = values[found[1]]
        if not value.strip("."):
            # an address leaves out parts that are empty or dots: it would be another one
            raise ValueError(f"the ticket has no {found[1].rpartition('.')[2]} to write to")
        return quote(value, safe="")

    return _PLACE.sub(fill, url)


def fill_body(part: Any, values: Mapping[str, str]) -> Any:
    """Return a body with its places filled, its shape as it was."""
    if isinstance(part, str):
        return _PLACE.sub(lambda found: values[found[1]], part)
    if isinstance(part, Mapping):
        return {key: fill_body(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [fill_body(value, values) for value in part]
    return part
