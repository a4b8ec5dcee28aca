"""Reading: how people feel who write, if it is urgent, what it is about; and how often wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.deciding.feelings.lists import languages
from outreach.deciding.feelings.reading import read_feeling
from outreach.model import Sentiment, Topic

ENGLISH = """
    neutral  none       | Thanks for the update.
    neutral  none       | ok
    neutral  none       | I will be home on Friday
    neutral  delivery   | When will my parcel arrive?
    neutral  delivery   | Can I change my address please
    neutral  none       | Can you tell me if it is lost?
    happy    none       | Thank you so much, you are great!
    happy    none       | Not bad at all
    happy    none       | no complaints, all good
    happy    none       | couldn't be happier
    happy    none       | 👍
    happy    delivery   | Arrived earlier than expected, perfect
    unhappy  other      | not good
    unhappy  other      | I am not happy with this
    unhappy  other      | I would not recommend this shop
    unhappy  delivery   | Where is my order?
    unhappy  delivery   | It still has not arrived.
    unhappy  delivery   | The shoes are lovely but they came two weeks late
    unhappy  delivery   | Oh great, another delay.
    unhappy  damaged    | The lamp arrived broken.
    unhappy  wrong_item | You sent me the wrong size.
    unhappy  service    | Nobody answers my emails
    unhappy  price      | Overpriced for what it is
    unhappy  quality    | The material is cheap and the quality is poor
    unhappy  refund     | I want a refund.
    angry    delivery   | STILL WAITING FOR MY PARCEL
    angry    delivery   | Still no parcel, this is a joke
    angry    other      | This is unacceptable.
    angry    other      | i am absolutely fuming
    angry    other      | Thanks for nothing
    angry    other      | 😡😡
    angry!   refund     | If I do not get my money back by Friday, my lawyer will write to you.
    angry!   delivery   | I need it today! The wedding is tomorrow!! Where is it
    neutral! none       | Please hurry up, it is urgent
"""
GERMAN = """
    neutral  none       | Danke für die Info
    neutral  none       | Mit freundlichen Grüßen, Anna
    neutral  none       | Ich bin nicht sauer, nur neugierig
    happy    none       | Super, vielen Dank!
    happy    none       | Nicht schlecht, danke
    happy    none       | Alles gut, kein Problem
    happy    quality    | Gute Qualität, gerne wieder
    unhappy  delivery   | Wo bleibt mein Paket?
    unhappy  delivery   | Die Lieferung ist immer noch nicht da
    unhappy  delivery   | Leider zu spaet geliefert
    unhappy  other      | Ich bin nicht zufrieden
    unhappy  damaged    | Die Lampe kam kaputt an
    unhappy  damaged    | Der Akku funktioniert leider nicht.
    unhappy  wrong_item | Ihr habt mir die falsche Größe geschickt
    unhappy  service    | Niemand meldet sich, die Hotline ist nicht erreichbar
    unhappy  price      | Viel zu teuer
    angry    delivery   | Das ist eine Frechheit! Seit drei Wochen warte ich auf mein Paket!
    angry    delivery   | Na toll, schon wieder verspätet
    angry    other      | Nie wieder!
    angry    other      | Danke für nichts
    angry    other      | Ihr seid solche Idioten
    angry!   refund     | Das ist die letzte Frist vor dem Anwalt. Ich will mein Geld zurück
    neutral! none       | Ich brauche es dringend bis morgen
"""
PORTUGUESE = """
    happy    delivery   | Chegou antes do prazo, adorei
    unhappy  delivery   | Ainda não recebi
    unhappy  damaged    | Veio quebrado
    angry    refund     | Que absurdo, quero meu dinheiro de volta
"""


def cases(text: str) -> list[tuple[str, str, str]]:
    lines = [line.partition("|") for line in text.strip().splitlines()]
    return [(*(found.split()), words.strip()) for found, _, words in lines]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("locale", "expected", "topic", "words"),
    [
        (locale, *case)
        for locale, text in (("en", ENGLISH), ("de-AT", GERMAN), ("pt-BR", PORTUGUESE))
        for case in cases(text)
    ],
)
def test_what_a_text_says(locale: str, expected: str, topic: str, words: str) -> None:
    found = read_feeling(words, locale)
    said = f"{found.sentiment}{'!' if found.is_urgent else ''} {found.topic}"
    assert said == f"{expected} {topic}"


@pytest.mark.parametrize("locale", ["en", None, "xx", "", "de_DE"])
def test_people_write_in_another_language_than_their_locale(locale: str | None) -> None:
    found = read_feeling("Meine Bestellung ist noch nicht angekommen", locale)
    assert (found.sentiment, found.topic) == (Sentiment.UNHAPPY, Topic.DELIVERY)


@pytest.mark.parametrize(
    "words", ["", "  \n", "12345", "…", "Liked “Your order is terribly late, sorry”"]
)
def test_who_says_nothing_feels_nothing(words: str) -> None:
    found = read_feeling(words)
    assert (found.sentiment, found.is_urgent, found.topic) == (Sentiment.NEUTRAL, False, Topic.NONE)


@pytest.mark.parametrize(
    ("words", "needed"),
    [("Thanks", False), ("It came late", False), ("You liars", True), ("it is urgent", True)],
)
def test_angry_and_urgent_ones_need_a_person(words: str, needed: bool) -> None:
    assert read_feeling(words).needs_a_person is needed


def test_every_language_has_every_list() -> None:
    wanted = {"angry", "unhappy", "happy", "neither", "urgent"}
    wanted |= {topic.replace("_", " ") for topic in set(Topic) - {Topic.OTHER, Topic.NONE}}
    for language in languages().values():
        phrases = [*language.words.values(), *language.stems.values()]
        assert {phrase.section for each in phrases for phrase in each} == wanted
        assert language.common
        assert language.negations
        assert language.but


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    assert read_feeling(text, "en") == read_feeling(text, "en")


@pytest.mark.parametrize(
    "piece",
    ["not ", "never ", "still not ", "seit … ", "a", "waiting for ", "\"'(", "!? ", "👍", "I "],
)
def test_a_long_text_takes_no_time(piece: str) -> None:
    read_feeling(piece * 100_000, "en")


@pytest.mark.real_data
def test_it_agrees_with_the_scores_of_real_customers(shared_data: Path) -> None:
    """Half of the comments was read while the Portuguese list was made: the other half counts."""
    with (shared_data / "olist" / "order_reviews.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["review_id"][:4], 16) % 2]
    found = right = low = 0
    count = 0
    for row in rows:
        text = f"{row['review_comment_title']}. {row['review_comment_message']}".strip(" .")
        if not text:
            continue
        sentiment = read_feeling(text, "pt-BR").sentiment
        is_found = sentiment in (Sentiment.ANGRY, Sentiment.UNHAPPY)
        is_low = row["review_score"] in ("1", "2")
        count += 1
        found, low, right = found + is_found, low + is_low, right + (is_found and is_low)
    precision, recall = right / found, right / low
    print(f"{count} comments: precision {precision:.3f}, recall {recall:.3f}")
    assert precision > 0.83
    assert recall > 0.86
