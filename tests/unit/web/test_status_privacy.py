"""The status page keeps to itself: nothing of anybody else, nothing that runs or changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert

from outreach.deciding.rendering.links import LASTS, LinkTo
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import MessageSubject
from outreach.store.subjects import Customer, Order
from outreach.web.page_views import HEADERS
from tests.unit.ledger import NOON, add_enrollment
from tests.unit.web.ana import TO, change, look, opened_for_ana, plain
from tests.unit.web.front import Front, add_order, sent


@pytest.fixture
def front(store: Store) -> Iterator[Front]:
    with opened_for_ana(store) as front:
        yield front


# nothing about anybody else


def nothing(front: Front) -> None:
    page = look(front)
    assert (page.status, page.title) == (404, "There is nothing to show here")
    assert "care@nordlicht.example" in page.text
    assert "A-1" not in page.text
    assert "lamp" not in page.text


def test_an_order_that_became_somebody_elses_is_not_shown(front: Front) -> None:
    change(front, Order, "A-1", customer_id="bo")
    nothing(front)


def test_an_order_without_a_customer_is_not_shown(front: Front) -> None:
    change(front, Order, "A-1", customer_id=None)
    nothing(front)


@pytest.mark.parametrize("email", ["new@example.com", None])
def test_who_has_an_address_that_is_theirs_no_more_sees_nothing(
    front: Front, email: str | None
) -> None:
    change(front, Customer, "ana", email=email)
    nothing(front)


def test_an_address_written_otherwise_is_the_same(front: Front) -> None:
    change(front, Customer, "ana", email="Ana@Example.com")
    assert look(front).status == 200


def test_who_was_erased_is_not_known(front: Front) -> None:
    change(front, Customer, "ana", erased_at=NOON)
    assert (look(front).status, look(front).title) == (404, "This link does not work")


def test_a_message_about_a_customer_shows_no_order(front: Front) -> None:
    with front.store.write() as connection:
        number = add_enrollment(connection, "ana", kind="customer", key="customer:ana")
        sent(connection, "nps", number)
    assert front.look("nps", TO).title == "There is nothing to show here"


def test_an_old_link_says_so_and_other_links_do_not_open_it(front: Front) -> None:
    path = front.path("got", TO)
    token = front.path("got", LinkTo.PREFERENCES).rpartition("/")[2]
    assert front.ask("GET", TO.path + token).status == 404
    front.clock.move_to(front.clock.now() + LASTS + timedelta(days=1))
    assert front.ask("GET", path).title == "This link is too old"


# how it is sent


def test_it_can_only_be_looked_at(front: Front) -> None:
    path = front.path("got", TO)
    assert front.ask("HEAD", path).status == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert front.ask(method, path, b"action=stop").status == 405


def test_it_keeps_to_itself(front: Front) -> None:
    page = look(front)
    assert {name: page.headers[name] for name in HEADERS} == HEADERS
    assert "Set-Cookie" not in page.headers
    assert not re.search(r"<script|<img|<link|@import|url\(|\son\w+=|<form|<iframe", page.text)
    links = re.findall(r'href="([^"]+)"', page.text)
    assert {link.partition(":")[0].partition("/")[0] for link in links} == {
        "https",
        "mailto",
        "tel",
        "..",
    }


def test_the_largest_page_is_small(front: Front) -> None:
    with front.store.write() as connection:
        part = table_of(MessageSubject)
        for number in range(2, 60):
            add_order(connection, f"A-{number}", item_summary="Bücherregal, " * 4)
            subject = {"kind": "order", "subject_id": f"A-{number}", "enrollment_id": number}
            row = {"message_id": "got", "position": number, **subject}
            connection.execute(insert(part).values(**row))
    page = look(front)
    assert page.text.count("Your order A-") == 20
    assert len(page.text.encode()) < 30_000


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", 'https://x"onclick=', ""]
)
def test_data_of_the_shop_is_no_markup(front: Front, url: str) -> None:
    evil = '<script>alert("1")</script>{{ 7 * 7 }}'
    change(front, Order, "A-1", tracking_url=url, item_summary=evil, carrier=evil, number=evil)
    page = look(front)
    assert page.status == 200
    assert "<script" not in page.text
    assert "javascript:" not in page.text
    assert "data:" not in page.text
    assert 'x"onclick' not in page.text
    assert "{{ 7 * 7 }}" in page.text  # shown as it is, never worked out


def test_words_with_braces_in_the_data_do_no_harm(front: Front) -> None:
    change(front, Order, "A-1", carrier="{day} {0.__class__}", number="{number.__class__}")
    assert "with {day} {0.__class__}." in plain(look(front))


def test_when_it_cannot_be_looked_up_they_shall_come_again(front: Front) -> None:
    with front.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE changes RENAME TO elsewhere")
    try:
        page = look(front)
    finally:
        with front.store.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO changes")
    assert (page.status, page.headers["Retry-After"]) == (503, "60")
    assert "Nothing was changed" not in page.text
