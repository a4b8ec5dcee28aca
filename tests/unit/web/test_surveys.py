"""The survey page: a person's answer is kept and counts, and what machines do changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from outreach.deciding.rendering.links import LinkTo
from outreach.model import Kind
from outreach.rules.survey import Scale, Survey
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Message, Receipt
from outreach.store.subjects import Customer, Response, Ticket
from outreach.timing.durations import Duration
from outreach.web.page_views import HEADERS
from tests.unit.ledger import DAY, NOON, add_customer, add_enrollment
from tests.unit.web.front import Answer, Front, opened, sent

TO = LinkTo.SURVEY
CSAT = Survey(
    "csat",
    {"en": "How did we do?", "de": "Wie waren wir?"},
    Scale.FIVE,
    2,
    Duration(days=14),
    comment={"": "What should we know?"},
    thanks={"en": "We call you when it was bad."},
)


@pytest.fixture
def front(store: Store) -> Iterator[Front]:
    with store.write() as connection:
        add_customer(connection, locale="en")
        connection.execute(insert(table_of(Ticket)).values(id="T-1", status="resolved"))
        about = {"kind": "ticket", "customer_id": "ana"}
        asking = add_enrollment(connection, "T-1", key="ticket:T-1", **about)
        sent(connection, "asks", asking, purpose="survey", survey="csat")
        sent(connection, "other", asking, purpose="service")
    with opened(store, surveys={"csat": CSAT}) as front:
        yield front


def shown(front: Front) -> str:
    found = re.search(r'name="shown" value="(\d+)"', front.look("asks", TO).text)
    assert found
    return found[1]


def send(front: Front, **fields: str) -> Answer:
    return front.press("asks", TO, **{"shown": shown(front), **fields})


def kept(front: Front) -> list[tuple[Any, ...]]:
    rows = front.rows(Response)
    return [(row.score, row.comment, row.counts, row.suspected) for row in rows]


def test_the_page_asks_with_the_score_of_the_button(front: Front) -> None:
    page = front.ask("GET", front.path("asks", TO) + "?score=4")
    assert (page.status, page.title) == (200, "How did we do?")
    assert re.findall(r'value="(\d)" required( checked)?', page.text)[3] == ("4", " checked")
    assert len(page.text.encode()) < 30_000
    assert {name: page.headers[name] for name in HEADERS} == HEADERS


def test_an_answer_counts_and_says_what_happens_next(front: Front) -> None:
    page = send(front, score="2", comment="Nobody called me back")
    assert page.title == "Thank you."
    assert "We call you when it was bad." in page.text
    (row,) = front.rows(Response)
    told = (row.score, row.comment, row.counts, row.survey, row.ticket_id, row.customer_id)
    assert told == (2, "Nobody called me back", True, "csat", "T-1", "ana")
    (customer,) = front.rows(Customer)
    assert customer.last_score == 2
    (receipt,) = front.rows(Receipt)
    assert (receipt.message_id, receipt.event) == ("asks", "answered")


def test_the_last_answer_counts_and_the_others_stay(front: Front) -> None:
    send(front, score="1")
    send(front, score="5", comment="A mistake, sorry")
    send(front, score="5", comment="A mistake, sorry")
    assert kept(front) == [(1, None, False, False), (5, "A mistake, sorry", True, False)]
    assert [row.last_score for row in front.rows(Customer)] == [5]
    assert "A mistake, sorry" in front.look("asks", TO).text


def test_ten_scanners_change_nothing(front: Front) -> None:
    path = front.path("asks", TO)
    for _ in range(10):
        for score in range(7):
            front.ask("GET", f"{path}?score={score}", Purpose="prefetch")
            front.ask("HEAD", f"{path}?score={score}")
        front.ask("GET", path)
    assert kept(front) == []
    assert front.rows(Receipt) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"website": "https://spam.example"},
        {"shown": ""},
        {"shown": "9" * 14},  # sent before it was shown
    ],
)
def test_what_a_machine_sends_is_kept_and_counts_for_nothing(
    front: Front, fields: dict[str, str]
) -> None:
    assert send(front, score="5", **fields).title == "Thank you."
    assert kept(front) == [(5, None, False, True)]
    assert front.rows(Receipt) == []
    assert [row.last_score for row in front.rows(Customer)] == [None]
    send(front, score="3")
    assert kept(front)[1:] == [(3, None, True, False)]


@pytest.mark.parametrize("score", ["", "0", "6", "-1", "x", "٣", "1e1"])
def test_what_is_no_score_is_asked_again(front: Front, score: str) -> None:
    page = send(front, score=score)
    assert "Please choose one of the answers first." in page.text
    assert kept(front) == []


def test_a_survey_is_over_after_its_time(front: Front) -> None:
    front.clock.move_to(NOON + 14 * DAY - timedelta(minutes=2))
    assert send(front, score="4").title == "Thank you."
    front.clock.move_to(NOON + 14 * DAY)
    page = front.look("asks", TO)
    assert (page.status, page.title) == (410, "This survey is over")
    front.press("asks", TO, score="1", shown="1")
    assert [row[0] for row in kept(front)] == [4]


def test_a_reopened_ticket_is_asked_about_no_more(front: Front) -> None:
    with front.store.write() as connection:
        connection.execute(update(table_of(Kind.TICKET)).values(status="open"))
    page = front.look("asks", TO)
    assert (page.status, page.title) == (200, "We are still at it")
    front.press("asks", TO, score="1", shown="1")
    assert kept(front) == []


def test_only_a_message_that_asks_has_a_page(front: Front) -> None:
    assert front.look("other", TO).status == 404
    stolen = front.path("asks", LinkTo.PREFERENCES).replace("/p/", "/s/")
    assert front.ask("GET", stolen).status == 404


def test_it_speaks_the_customers_language(front: Front) -> None:
    with front.store.write() as connection:
        connection.execute(update(table_of(Kind.CUSTOMER)).values(locale="de-AT"))
    page = front.look("asks", TO)
    assert page.title == "Wie waren wir?"
    assert "Absenden" in page.text
    assert page.headers["Content-Language"] == "de"


def test_nothing_of_the_page_names_anybody(front: Front) -> None:
    assert not re.search("ana|T-1|example.com", front.look("asks", TO).text)
    assert [row.state for row in front.rows(Message)] == ["sent", "sent"]
