"""Notices as notes: a case is written on its ticket, in the help desk that the ticket came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from outreach.channels.notices.notice import Notice
from outreach.channels.notices.posting import TIMEOUT, call
from outreach.channels.notices.signing import ID_HEADER
from outreach.channels.wire import Wire
from outreach.deciding.noting import NoteForm, fill_address, fill_body
from outreach.errors import Outcome, SendError


@dataclass(frozen=True)
class Desk:
    """A help desk: the form of its notes, and the headers that say who we are."""

    form: NoteForm
    headers: Mapping[str, str]


class NoteNotifier:
    """Writes internal notes; `desks` are those of the sources that tickets come from."""

    def __init__(self, desks: Mapping[str, Desk]) -> None:
        self._desks = desks
        self._wires = {
            source: Wire(desk.form.url, timeout=TIMEOUT, connections=2)
            for source, desk in desks.items()
        }

    def tell(self, notice: Notice, *, now: datetime) -> None:
        ticket = notice.ticket
        desk = self._desks.get(ticket.source) if ticket else None
        if ticket is None or desk is None:
            raise SendError(Outcome.NOT_SENT, "no help desk is set up for its ticket")
        values = values_of(notice)
        try:
            url = fill_address(desk.form.url, values)
        except ValueError as error:
            raise SendError(Outcome.NOT_SENT, str(error)) from None
        body = json.dumps(fill_body(desk.form.body, values), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", ID_HEADER: notice.id, **desk.headers}
        answer = call(
            self._wires[ticket.source], "the help desk", desk.form.method, url, headers, body
        )
        if not desk.form.is_taken(answer.status):
            why = f"the help desk answers {answer.status}, which is none of its `success`"
            raise SendError(Outcome.NOT_SENT, why, code=str(answer.status))

    def close(self) -> None:
        for wire in self._wires.values():
            wire.close()


def values_of(notice: Notice) -> dict[str, str]:
    """Return what fills the places of a form."""
    ticket = notice.ticket
    text = f"[{notice.handoff}] {notice.text()}"
    return {
        "ticket.id": ticket.id if ticket else "",
        "ticket.number": ticket.number if ticket else "",
        "text": text,
        "html": "<br>".join(map(escape, text.splitlines())),
        "handoff": notice.handoff,
        "title": notice.title,
        "due": notice.due,
        "id": notice.id,
    }
