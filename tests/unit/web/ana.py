"""Ana, who was written to about her order A-1, and how tests look at the page of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import update

from outreach.deciding.rendering.links import LinkTo
from outreach.store.database import Store
from outreach.store.frames import table_of
from tests.unit.ledger import add_customer, add_enrollment
from tests.unit.web.front import Answer, Front, add_order, opened, sent

TO = LinkTo.STATUS


@contextmanager
def opened_for_ana(store: Store) -> Iterator[Front]:
    """Serve the pages over a store with one message that went to her."""
    with store.write() as connection:
        add_customer(connection, locale="en", first_name="Ana", zone="Europe/Berlin")
        add_order(connection, "A-1")
        sent(connection, "got", add_enrollment(connection, "A-1"))
    with opened(store) as front:
        yield front


def change(front: Front, model: Any, key: str, **values: Any) -> None:
    table = table_of(model)
    with front.store.write() as connection:
        connection.execute(update(table).where(table.c.id == key).values(**values))


def look(front: Front) -> Answer:
    return front.look("got", TO)


def plain(answer: Answer) -> str:
    text = re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())
