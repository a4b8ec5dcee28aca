"""Unsubscribing: one click or one button, at once; and however often somebody looks, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from outreach.deciding.rendering.links import LASTS, Links, LinkTo
from outreach.model import Channel
from outreach.store.database import Store
from outreach.store.permissions import Consent, Suppression
from outreach.web.pages import FORM_LIMIT
from outreach.web.tally import CHOSEN, UNANSWERED
from tests.unit.ledger import add_customer, add_enrollment, give_coupon
from tests.unit.web.front import FORMS, PAGES, Front, opened, sent, write_history, write_survey

DROPPED = ("suppressed", "opted_out")
PART = b'Content-Disposition: form-data; name="List-Unsubscribe"'
MULTIPART = b"--xx\r\n" + PART + b"\r\n\r\nOne-Click\r\n--xx--\r\n"


@pytest.fixture
def front(store: Store) -> Iterator[Front]:
    with store.write() as connection:
        write_history(connection)
        write_survey(connection)
    with opened(store) as front:
        yield front


def test_one_click_ends_its_purpose_at_once_and_nothing_else(front: Front) -> None:
    answer = front.one_click()
    assert (answer.status, answer.text) == (200, "")
    assert not answer.headers.keys() & {"Set-Cookie", "Location"}
    states = front.states()
    assert states["next-survey"] == DROPPED
    assert {states["next-service"][0], states["next-transactional"][0]} == {"planned"}
    # by no channel, or the next survey would come as a text
    entries = {(row.channel, row.purpose) for row in front.rows(Suppression)}
    assert entries == {("email", "survey"), ("sms", "survey")}
    for word in front.rows(Consent):
        assert (word.purpose, word.granted, word.source) == ("survey", False, "one click")
        assert (word.text, word.message_id) == ("List-Unsubscribe=One-Click", "survey")


def test_one_click_below_a_coupon_ends_offers_too(front: Front) -> None:
    with front.store.write() as connection:
        give_coupon(connection, "survey")
    assert front.one_click().status == 200
    assert {word.purpose for word in front.rows(Consent)} == {"survey", "marketing"}
    assert front.states()["next-service"][0] == "planned"


def test_mail_programs_may_send_it_in_parts(front: Front) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=xx"}
    assert front.ask("POST", front.path(), MULTIPART, **kind).status == 200
    assert front.states()["next-survey"] == DROPPED


def test_said_twice_is_said_once(front: Front) -> None:
    front.one_click()
    before = front.everything()
    assert front.one_click().status == 200
    assert front.press(action="stop").status == 200
    assert front.everything() == before


SCANNERS = [
    ("GET", {}),
    ("HEAD", {}),
    ("GET", {"Purpose": "prefetch"}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ("GET", {"User-Agent": "GoogleImageProxy"}),
    ("GET", {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) BarracudaCentral"}),
    ("GET", {"Range": "bytes=0-0"}),
    ("GET", {"If-None-Match": "*"}),
    ("GET", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("OPTIONS", {"Access-Control-Request-Method": "POST"}),
]


@pytest.mark.parametrize("to", PAGES)
def test_ten_scanners_change_nothing(front: Front, to: LinkTo) -> None:
    before = front.everything()
    for method, headers in SCANNERS:
        body = b"List-Unsubscribe=One-Click" if "Content-Type" in headers else b""
        for query in ("", "?action=stop", "?List-Unsubscribe=One-Click"):
            answer = front.ask(method, front.path(to=to) + query, body, **headers)
            assert answer.status == (405 if method == "OPTIONS" else 200)
    for method in ("PUT", "DELETE", "PATCH"):
        assert front.ask(method, front.path(to=to), b"action=all").status == 405
    assert front.everything() == before


def test_the_page_asks_first_and_says_what_was_done(front: Front) -> None:
    page = front.look()
    assert (page.status, page.title, page.buttons) == (200, "No more surveys?", ["stop", "all"])
    assert "a…@example.com" in page.text
    assert "ana@example.com" not in page.text
    done = front.press(action="stop")
    assert (done.status, done.title) == (200, "You get no more surveys from us.")
    assert done.buttons == ["undo", "all"]
    assert front.states()["next-survey"] == DROPPED
    assert {word.text for word in front.rows(Consent)} == {"Stop surveys"}
    # whoever comes back later reads the same
    assert front.look().title == done.title
    assert front.tally.count(CHOSEN, "page") == {"stopped": 1, "dropped": 1}


def test_everything_ends_but_what_must_be_told(front: Front) -> None:
    done = front.press(action="all")
    assert done.title == "You get no more updates, surveys and offers from us."
    assert done.buttons == ["undo"]
    states = front.states()
    assert states["next-survey"] == states["next-service"] == DROPPED
    assert states["next-transactional"][0] == "planned"


def test_undo_brings_back_what_this_link_ended(front: Front) -> None:
    front.one_click()
    back = front.press(action="undo")
    assert (back.title, back.buttons) == ("No more surveys?", ["stop", "all"])
    assert "We write to you again." in back.text
    assert not [row for row in front.rows(Suppression) if row.lifted_at is None]
    # what was dropped stays so, and a second undo is none
    assert front.states()["next-survey"] == DROPPED
    before = front.everything()
    assert "We write to you again." not in front.press(action="undo").text
    assert front.everything() == before


def test_undo_does_not_take_back_what_was_said_elsewhere(front: Front) -> None:
    front.press("service", action="stop")
    assert front.press("survey", action="all").buttons == ["undo"]
    front.press("survey", action="undo")
    assert front.look("survey").title == "No more surveys?"
    assert front.look("service").title == "You get no more updates from us."


def test_undo_goes_back_one_step_at_a_time(front: Front) -> None:
    front.one_click()
    front.press(action="all")
    assert front.press(action="undo").title == "You get no more surveys from us."
    assert front.look(to=LinkTo.PREFERENCES).ticked == ["service.email", "service.sms"]
    assert front.press(action="undo").title == "No more surveys?"


def test_nobody_agrees_to_offers_by_taking_back_a_stop(front: Front) -> None:
    front.press(action="all")
    front.press(action="undo")
    said = {(word.purpose, word.channel): word.granted for word in front.rows(Consent)}
    assert not said["marketing", "email"]
    assert said["survey", "email"]


def test_what_is_no_choice_is_about_everything_else(front: Front) -> None:
    page = front.look("transactional")
    assert (page.title, page.buttons) == ("No more messages?", ["all"])
    assert front.one_click("transactional").status == 200
    assert front.states()["next-transactional"][0] == "planned"
    assert front.states()["next-service"] == DROPPED


def test_a_number_that_becomes_known_later_is_not_written_to_either(store: Store) -> None:
    with store.write() as connection:
        write_history(connection, phone=None)
    with opened(store) as front:
        front.one_click()
        said = {(word.purpose, word.channel): word.granted for word in front.rows(Consent)}
        assert said == {("survey", "email"): False, ("survey", "sms"): False}
        front.press(action="undo")
        words = front.rows(Consent)[2:]
        assert {(w.channel, w.granted) for w in words} == {("email", True), ("sms", True)}


# what cannot be answered


def gone(front: Front, path: str, status: int, title: str) -> None:
    before = front.everything()
    is_form = any(path.startswith(to.path) for to in FORMS)
    for body in (b"", b"List-Unsubscribe=One-Click", b"action=all")[: None if is_form else 1]:
        answer = front.ask("POST" if body else "GET", path, body)
        assert (answer.status, answer.title) == (status, title)
        assert "care@nordlicht.example" in answer.text
    assert front.everything() == before


TOKENS = (
    "",
    "x",
    "a/b",
    "%2F%2e%2e",
    "preview",
    "%00",
    "%ff%fe",
    "a" * 5000,
    "%F0%9F%98%80",
    "a.b.c",
)


@pytest.mark.parametrize("to", PAGES)
def test_a_link_that_is_not_ours_gets_a_kind_page(front: Front, to: LinkTo) -> None:
    for token in TOKENS:
        gone(front, to.path + token, 404, "This link does not work")


def test_a_link_opens_no_other_page(front: Front) -> None:
    token = front.path(to=LinkTo.UNSUBSCRIBE).rpartition("/")[2]
    gone(front, LinkTo.PREFERENCES.path + token, 404, "This link does not work")


def test_a_message_that_went_to_nobody_has_no_page(front: Front) -> None:
    gone(front, front.path("next-survey"), 404, "This link does not work")
    gone(front, front.path("test-4711"), 404, "This link does not work")


def test_an_old_link_says_so(front: Front) -> None:
    path = front.path()
    front.clock.move_to(front.clock.now() + LASTS + timedelta(days=1))
    gone(front, path, 410, "This link is too old")


def test_a_secret_of_earlier_days_still_opens(store: Store) -> None:
    with store.write() as connection:
        write_history(connection)
    with opened(store, links=Links("", ("n" * 32, "s" * 32))) as front:
        assert front.one_click().status == 200
    assert front.states()["next-survey"] == DROPPED


def test_who_was_erased_is_not_known_any_more(store: Store) -> None:
    with store.write() as connection:
        write_history(connection)
        add_customer(connection, "bo", erased_at=None)
        sent(connection, "mail-to-bo", add_enrollment(connection, "B-1"), customer_id="bo")
        connection.exec_driver_sql("UPDATE customers SET erased_at = 1 WHERE id = 'bo'")
    with opened(store) as front:
        gone(front, front.path("mail-to-bo"), 404, "This link does not work")


STRANGE = (b"", b"x", b"action=delete", b"List-Unsubscribe=No", b"\xff=\xfe", b"&" * 5000)


@pytest.mark.parametrize("to", FORMS)
def test_a_form_that_is_none_of_ours_changes_nothing(front: Front, to: LinkTo) -> None:
    before = front.everything()
    # who gave no score is asked once more
    asks = to is LinkTo.SURVEY
    for body in STRANGE:
        answer = front.ask("POST", front.path(to=to), body)
        assert answer.status == (200 if asks else 400)
        assert answer.title == ("How did we do?" if asks else "That was not understood")
    assert front.everything() == before


def test_a_body_that_is_too_long_is_not_read(front: Front) -> None:
    assert front.ask("POST", front.path(), b"a" * (FORM_LIMIT + 1)).status == 413


def test_when_it_cannot_be_kept_they_shall_come_again(front: Front) -> None:
    with front.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE consents RENAME TO elsewhere")
    try:
        answers = [front.one_click(), front.look(), front.press(action="all")]
    finally:
        with front.store.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO consents")
    for answer in answers:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert answer.title == "Please try again in a few minutes"
    assert sum(front.tally.count(UNANSWERED, "unsubscribe").values()) == 3
    assert front.one_click().status == 200


def test_a_text_can_carry_the_link_too(store: Store) -> None:
    with store.write() as connection:
        write_history(connection)
        enrollment = add_enrollment(connection, "B-1")
        where = {"address": "+4915550123", "channel": Channel.SMS}
        sent(connection, "text", enrollment, purpose="survey", **where)
    with opened(store) as front:
        assert "+49…23" in front.look("text").text
        front.press("text", action="stop")
        assert front.states()["next-survey"] == DROPPED
