"""Preferences: a box for each purpose and channel; what is ticked comes, and nothing is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from outreach.deciding.rendering.links import LinkTo
from outreach.model import Channel, Purpose
from outreach.passes.opting_out import By, Word, opt_out
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.permissions import Consent, Suppression
from outreach.store.suppressing import suppress
from outreach.web.page_views import HEADERS, masked
from outreach.web.page_words import first_spoken, spoken, words_for
from tests.unit.ledger import NOON
from tests.unit.web.front import PHONE, Answer, Front, opened, write_history

TO = LinkTo.PREFERENCES
USUAL = ["service.email", "service.sms", "survey.email", "survey.sms"]
ANA = "ana@example.com"


@pytest.fixture
def front(store: Store) -> Iterator[Front]:
    with store.write() as connection:
        write_history(connection)
    with opened(store) as front:
        yield front


def fixed(answer: Answer) -> list[str]:
    return re.findall(r'name="([a-z.]+)"(?: checked)? disabled', answer.text)


def test_the_boxes_say_what_they_get(front: Front) -> None:
    page = front.look(to=TO)
    assert (page.title, page.buttons) == ("What may we write to you about?", ["save", "all"])
    assert page.ticked == USUAL
    assert "a…@example.com" in page.text
    assert "+49…23" in page.text
    assert not re.search(f"{re.escape(PHONE)}|{ANA}", page.text)
    assert not fixed(page)


def test_what_is_not_ticked_ends_and_what_is_begins(front: Front) -> None:
    page = front.save("service.email", "survey.sms", "marketing.email")
    assert "Saved." in page.text
    assert page.ticked == ["service.email", "survey.sms", "marketing.email"]
    said = {(w.purpose, w.channel): (w.granted, w.source) for w in front.rows(Consent)}
    assert said == {
        ("service", "sms"): (False, "page"),
        ("survey", "email"): (False, "page"),
        ("marketing", "email"): (True, "page"),
    }
    # the wording that they saw
    (word,) = [word for word in front.rows(Consent) if word.granted]
    assert word.text == "Offers: Offers and vouchers that we think you will like."
    states = front.states()
    assert states["next-survey"] == ("suppressed", "opted_out")
    assert states["next-service"][0] == "planned"


def test_saving_as_it_is_changes_nothing(front: Front) -> None:
    before = front.everything()
    assert front.save(*USUAL).ticked == USUAL
    assert front.everything() == before
    front.save("survey.email")
    before = front.everything()
    assert front.save("survey.email").ticked == ["survey.email"]
    assert front.everything() == before


def test_nothing_ticked_is_everything_stopped_and_comes_back_with_a_tick(front: Front) -> None:
    assert front.save().ticked == []
    assert front.look().title == "You get no more updates, surveys and offers from us."
    assert front.save(*USUAL).ticked == USUAL
    assert front.look().title == "No more surveys?"
    assert not [row for row in front.rows(Suppression) if row.lifted_at is None]


def test_one_button_for_everything(front: Front) -> None:
    page = front.press(to=TO, action="all")
    assert (page.ticked, page.buttons) == ([], ["save"])


def test_without_a_channel_or_a_number_there_are_no_boxes_for_it(store: Store) -> None:
    with store.write() as connection:
        write_history(connection)
    with opened(store, channels=frozenset({Channel.EMAIL})) as front:
        assert front.look(to=TO).ticked == ["service.email", "survey.email"]
        # and nobody can tick what is not there
        front.save("service.email", "survey.email", "marketing.sms")
        assert not front.rows(Consent)


@pytest.mark.parametrize("reason", ["complained", "bounced", "manual"])
def test_what_others_know_of_an_address_cannot_be_changed_by_its_reader(
    front: Front, reason: str
) -> None:
    with front.store.write() as connection:
        suppress(connection, Channel.EMAIL, ANA, reason=reason, source="x", now=NOON)
    page = front.look(to=TO)
    assert page.ticked == ["service.sms", "survey.sms"]
    assert fixed(page) == ["service.email", "survey.email", "marketing.email"]
    assert "cannot be changed here" in page.text
    assert front.save(*USUAL, "marketing.email").ticked == ["service.sms", "survey.sms"]
    assert all(row.lifted_at is None for row in front.rows(Suppression))
    assert not front.rows(Consent)


def test_a_stop_by_text_ends_by_text(front: Front) -> None:
    with front.store.write() as connection:
        opt_out(connection, Word(Channel.SMS, PHONE, By.TEXT), now=NOON)
    page = front.look(to=TO)
    assert fixed(page) == ["service.sms", "survey.sms", "marketing.sms"]
    assert "text START" in page.text
    front.save(*USUAL)
    assert front.look(to=TO).ticked == ["service.email", "survey.email"]


def test_at_an_address_they_had_before_one_can_stop_and_no_more(store: Store) -> None:
    with store.write() as connection:
        write_history(connection, email="new@example.com")
    with opened(store) as front:
        page = front.look(to=TO)
        assert page.ticked == ["service.email", "survey.email"]
        assert "new" not in page.text.split("<main>")[1].split("</main>")[0]
        assert "+49" not in page.text
        front.save("survey.email")
        # what was ended is not begun again from here, and the customer's word counts anywhere
        assert front.save("service.email", "survey.email", "marketing.email").ticked == [
            "survey.email"
        ]
        words = [(w.purpose, w.channel, w.granted) for w in front.rows(Consent)]
        assert words == [("service", "email", False)]
        assert front.states()["next-service"] == ("suppressed", "opted_out")


def test_an_address_spelt_in_capitals_is_the_same(store: Store) -> None:
    with store.write() as connection:
        write_history(connection, email="Ana@Example.com")
    with opened(store) as front:
        assert front.look(to=TO).ticked == USUAL


def test_consent_given_elsewhere_is_shown_and_ends_here(front: Front) -> None:
    word = {"customer_id": "ana", "purpose": "marketing", "granted": True, "at": NOON}
    with front.store.write() as connection:
        connection.execute(insert(table_of(Consent)).values(**word, source="shop"))
    assert front.look(to=TO).ticked == [*USUAL, "marketing.email", "marketing.sms"]
    assert front.save(*USUAL).ticked == USUAL
    # taking a stop back restores what was agreed to before it
    front.save(*USUAL, "marketing.email")
    front.press(action="all")
    front.press(action="undo")
    assert front.look(to=TO).ticked == [*USUAL, "marketing.email"]


# how pages are sent, and in which language


@pytest.mark.parametrize("locale", ["de", "de-AT", "de_CH"])
def test_pages_speak_the_customers_language(store: Store, locale: str) -> None:
    with store.write() as connection:
        write_history(connection, locale=locale)
    with opened(store) as front:
        page = front.look()
        assert page.title == "Keine Umfragen mehr?"
        assert page.headers["Content-Language"] == "de"
        assert '<html lang="de">' in page.text
        assert front.look(to=TO).title == "Worüber dürfen wir Ihnen schreiben?"
        front.press(action="stop")
        assert {word.text for word in front.rows(Consent)} == {"Umfragen abbestellen"}


def test_who_is_not_known_is_answered_in_the_browsers_language(front: Front) -> None:
    for said, title in [
        ("de-AT,de;q=0.9,en;q=0.8", "Dieser Link funktioniert nicht"),
        ("fr-FR, en", "This link does not work"),
        ("", "This link does not work"),
    ]:
        assert front.ask("GET", "/u/x", **{"Accept-Language": said}).title == title


@pytest.mark.parametrize(
    ("accept", "language"),
    [("de", "de"), ("fr,DE-at;q=0.5", "de"), ("*", ""), (",;=,", ""), ("fr," * 50 + "de", "")],
)
def test_the_first_language_we_speak(accept: str, language: str) -> None:
    assert first_spoken(accept) == language


def test_a_language_without_words_falls_back() -> None:
    assert words_for("fr", "de")["language"] == "de"
    assert words_for("fr", "fr")["language"] == "en"


def test_every_language_says_everything() -> None:
    def keys(words: Any, path: str = "") -> set[str]:
        if isinstance(words, str):
            assert words.strip()
            return {path + "".join(sorted(re.findall(r"\{\w+\}", words)))}
        return set().union(*(keys(inner, f"{path}.{key}") for key, inner in words.items()))

    english, *others = (keys(spoken()[language]) for language in ("en", "de"))
    assert others == [english]
    assert {*spoken()["en"]["purpose"]} == {p.value for p in Purpose}


def test_pages_keep_to_themselves(front: Front) -> None:
    answers = [
        front.look(),
        front.look(to=TO),
        front.press(action="stop"),
        front.save(),
        front.ask("GET", "/u/x"),
        front.one_click(),
    ]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "Set-Cookie" not in answer.headers
        assert len(answer.text) < 30_000
        # nothing runs, and nothing is fetched: no picture, no script, no style from elsewhere
        assert not re.search(r"<script|<img|<link|@import|url\(|\son\w+=|https?://", answer.text)
    assert "'unsafe" not in HEADERS["Content-Security-Policy"]


def test_a_name_is_no_markup(store: Store) -> None:
    from outreach.web.page_views import Views

    views = Views({"name": "<b>&", "email": '"><i>@x.example', "address": ""}, "en")
    page = bytes(views.gone("unknown", 404, "en").body).decode()
    assert "&lt;b&gt;&amp;" in page
    assert "<i>" not in page


def test_a_page_has_no_texts_of_its_own() -> None:
    folder = Path(__file__).parents[3] / "outreach" / "web" / "templates"
    for file in folder.glob("*.html"):
        text = re.sub(
            r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "", file.read_text("utf-8"), flags=re.DOTALL
        )
        assert not re.search(r"[A-Za-z]", text), file.name


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ana@example.com", "a…@example.com"),
        ("a@x.example", "a…@x.example"),
        ("+4915550123", "+49…23"),
        ("ünal@bücher.example", "ü…@bücher.example"),
    ],
)
def test_an_address_is_known_by_its_owner_only(address: str, shown: str) -> None:
    assert masked(address) == shown
