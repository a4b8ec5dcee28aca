"""The inbox pass: mail is heard once, however often and whenever the pass is interrupted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.channels.mailbox import MailboxError, Place
from outreach.deciding.replies.meaning import Meaning
from outreach.passes.hearing import House
from outreach.passes.inbox import InboxReport, read_inbox
from outreach.store.database import Store
from outreach.store.ledger import Reply
from tests.unit.imap_server import PASSWORD, USER, Folder, imap_server
from tests.unit.ledger import NOON, add_customer, add_enrollment, add_message
from tests.unit.passes.test_opting_out import in_force, states
from tests.unit.passes.test_receipts import rows

HOUSE = House("Nordlicht", "en")


@pytest.fixture
def folder() -> Folder:
    return Folder()


@pytest.fixture
def place(folder: Folder) -> Iterator[Place]:
    with imap_server(folder) as port:
        yield Place("127.0.0.1", port, "none", USER, PASSWORD, "INBOX")


def read(store: Store, place: Place) -> InboxReport:
    return read_inbox(store, place, HOUSE, now=NOON)


def test_a_stop_in_the_mailbox_counts(store: Store, folder: Folder, place: Place) -> None:
    with store.write() as connection:
        add_customer(connection)
        add_message(connection, "m1", add_enrollment(connection))
    folder.arrive("I am away", "Out of office")
    folder.arrive("bitte keine Mails mehr\r\n\r\n> Unsubscribe")
    report = read(store, place)
    assert (report.read, report.ignored, report.dropped) == (2, 1, 1)
    assert report.meanings == {Meaning.STOP: 1}
    assert states(store) == [("suppressed", "opted_out")]
    assert ("ana@example.com", "service") in in_force(store)
    assert read(store, place) == InboxReport()


def test_what_was_heard_is_not_heard_again(store: Store, folder: Folder, place: Place) -> None:
    for text in ("where is it?", "I am not interested"):
        folder.arrive(text)
    folder.hangs_up_on = "FETCH 2"
    with pytest.raises(MailboxError):
        read(store, place)
    folder.hangs_up_on = ""
    assert read(store, place).meanings == {Meaning.UNCERTAIN_STOP: 1}
    folder.validity += 1  # all of it is offered once more
    again = read(store, place)
    assert (again.read, +again.meanings) == (2, {})
    assert len(rows(store, Reply)) == 2
