"""The inbox pass: mail that came into the mailbox since the last look is heard."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from outreach.channels.inbound import Inbound
from outreach.channels.inbound_mail import parse_mail, read_mail
from outreach.channels.mailbox import Mailbox, Mark, Place
from outreach.deciding.replies.meaning import Meaning
from outreach.passes.hearing import House, hear
from outreach.rules.document import Ruleset
from outreach.store.cursors import read_cursors, write_cursor
from outreach.store.database import Store

log = structlog.get_logger(__name__)

#: how far mailboxes have been read, among the cursors
CURSOR = "mailbox:"


@dataclass
class InboxReport:
    """What one look into the mailbox brought, in mails."""

    read: int = 0
    #: by machines, or of nobody
    ignored: int = 0
    meanings: Counter[Meaning] = field(default_factory=Counter)
    dropped: int = 0
    #: why the mailbox could not be read, where that ends nothing else
    failure: str = ""


def read_inbox(
    store: Store,
    place: Place,
    house: House,
    *,
    now: datetime,
    ruleset: Ruleset | None = None,
) -> InboxReport:
    """Hear what came since the last look; raises MailboxError when there is no looking.

    After each mail it is written down how far it has come; heard twice, a mail counts once.
    """
    report = InboxReport()
    name = CURSOR + place.name
    with store.read() as connection:
        mark = Mark.read(read_cursors(connection, name).get(""))
    with Mailbox(place) as mailbox:
        for after, raw in mailbox.new_since(mark, now):
            found = _read(raw, after, now)
            report.read += 1
            if found is None:
                report.ignored += 1
            else:
                heard = hear(store, found, house, now=now, ruleset=ruleset)
                report.meanings[heard.meaning] += heard.is_new
                report.dropped += heard.dropped
            with store.write() as connection:
                write_cursor(connection, name, str(after), now=now)
    return report


def _read(raw: bytes, mark: Mark, now: datetime) -> Inbound | None:
    try:
        return read_mail(parse_mail(raw), now=now)
    except Exception as error:  # noqa: BLE001 - one mail, made by anybody; the next ones are read
        log.error("A mail cannot be read", mail=str(mark), error=type(error).__name__)
        return None
