"""Meaning: what people write who want no more, and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.deciding.replies.lists import plain_words, read_wordings
from outreach.deciding.replies.meaning import Meaning, what_is_meant

STOP, START, HELP = Meaning.STOP, Meaning.START, Meaning.HELP
MAYBE, NOTHING = Meaning.UNCERTAIN_STOP, Meaning.NOTHING

#: of Twilio, and of the FCC
KEYWORDS = (
    *("stop", "stopall", "unsubscribe", "end", "quit", "revoke", "optout", "cancel"),
    *("opt out", "stop all"),
)
STOPS = """
    Please stop texting me
    stop texting
    Stop sending me messages!
    stop sending these texts please
    STOP MESSAGING ME
    quit texting me
    stop it
    Stop. Just stop.
    stop stop stop!!!
    Stop! You have the wrong person
    stop now please
    please remove me from your list
    take me off this list
    Take my number off your list, thanks.
    remove me
    Remove this number please
    delete my number
    lose my number
    unsubscribe me please
    how do I unsubscribe from this
    I want to unsubscribe
    I'd like to opt out
    opt me out
    opt-out
    OPT  OUT.
    I am opting out of these messages
    no more texts
    No more messages please.
    do not text me again
    don't ever contact me again
    Don't text me anymore
    Please don’t text me.
    I don't want these messages
    i do not want to get texts from you
    leave me alone
    I revoke my consent
    I hereby withdraw my consent to be contacted
    no texts please
    fuck off
    who is this? stop texting me about my order
    i did not ask for this stop texting me
    Thanks for the update, but please stop emailing me.
    cancel these messages
    Stopp
    STOPP!!
    stop bitte
    Bitte stoppen
    abmelden
    Abmelden bitte
    Bitte abmelden!
    Bitte keine SMS mehr
    keine sms mehr bitte
    Ich möchte keine Nachrichten mehr bekommen
    Ich will keine weiteren E-Mails
    keine Umfragen mehr
    Hör auf
    hoer auf
    Hören Sie auf, mir zu schreiben
    hört endlich auf mich zu nerven
    Hör auf mir SMS zu schicken
    Lassen Sie mich in Ruhe
    lasst mich bitte in Ruhe!
    Schreiben Sie mir nicht mehr
    schreibt mir bitte nie wieder
    bitte nicht mehr kontaktieren
    Kontaktieren Sie mich nicht mehr
    Bitte nehmen Sie mich aus dem Verteiler
    bitte aus dem verteiler streichen
    Löschen Sie meine Nummer
    loescht bitte meine Telefonnummer
    Bitte meine Handynummer löschen
    Newsletter abbestellen
    Ich möchte mich abmelden
    Ich möchte die SMS abbestellen
    Melden Sie mich bitte ab
    Ich widerrufe hiermit meine Einwilligung
    Ich widerspreche der Nutzung meiner Daten
    Stoppt die Nachrichten
    keine Werbung
    Verpisst euch
    Alto
    No más mensajes por favor
    no mas
    Por favor no me manden más mensajes
    dejen de escribirme
    No me escriban mas
    quiten mi numero de su lista
"""
MAYBES = """
    I'm sick of this, make it stop somehow
    wrong number
    You have the wrong number, mate
    not interested
    I dont want these anymore
    hmm, I don't think I want this any more?
    I do not want this.
    I no longer want these
    no more
    enough with the texts
    why do you keep texting me
    I never signed up for this
    cease and desist
    nie wieder schreiben
    mir reicht es
    streichen Sie mich
    ich habe mich nie angemeldet
    this is spam
    kein Interesse
    número equivocado
    no me interesa
    falsche Nummer
    das nervt
    can you stop
    was soll das, stop doch mal mit dem Kram
    I don't want to be contacted about that before Monday, don't email
"""
NOTHINGS = """
    I don't want the blue one any more, can I get red?
    I don't want the order anymore
    I don't want it to arrive on Monday
    no more than two please
    I never signed for the parcel
    das reicht noch bis Freitag
    streichen Sie die Lampe von der Bestellung
    ich will die Bestellung nicht mehr
    don't stop
    Please don't stop, this is useful!
    the bus stop
    I am waiting at the bus stop
    my last stop is Berlin
    please stop the delivery
    Stop my order please
    can you stop the shipment?
    Stopp die Bestellung
    Bitte stoppen Sie die Lieferung
    Bestellung stornieren
    Please cancel my order
    Cancel order 1234
    I can't stop laughing
    the driver can stop by at noon
    when does the sale end?
    the end of the week is fine
    Thank you!
    Danke, alles gut
    Wann kommt mein Paket?
    where is my parcel
    I quit my job, so please ship to my new address
    5
    👍
    non-stop flights
    nicht stoppen!
    para mi pedido, ¿cuándo llega?
    ¿para cuándo llega mi paquete?
    muchas gracias
    Das ist das Ende der Straße
    Sag mir bitte bis wann
    am Ende war alles gut
    Liked “Your order A-1042 is on its way. Reply STOP to opt out”
    Loved "Your order A-1042 is late. Reply STOP to end these messages."
    Gefällt „Ihre Bestellung kommt morgen. Mit STOP abmelden.“
"""


def lines(text: str) -> Iterable[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize(
    "form", ["{}", " {} ", "{}.", "{}!!!", '"{}"', "Please {}", "{}, thanks", "{}\n\nSent by Ana"]
)
def test_a_keyword_is_a_stop_in_any_form(keyword: str, form: str) -> None:
    weak = {"end", "quit", "revoke", "cancel"}
    expected = NOTHING if "Sent" in form and keyword in weak else STOP
    for written in (keyword, keyword.upper(), keyword.title(), keyword.replace(" ", "-")):
        assert what_is_meant(form.format(written)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, STOP) for text in lines(STOPS)),
        *((text, MAYBE) for text in lines(MAYBES)),
        *((text, NOTHING) for text in lines(NOTHINGS)),
        ("S.T.O.P", STOP),
        ("s t o p", STOP),
        ("ST\u200bOP", STOP),  # an invisible space
        ("ＳＴＯＰ", STOP),  # full-width letters
        ("\u202estop\u202c", STOP),
        ("I don't want to unsubscribe", MAYBE),  # a stop, were it not for the negation
        ("START", START),
        ("unstop", START),
        ("Yes", START),
        ("yes please", START),
        ("yes, that is my address", NOTHING),
        ("HELP", HELP),
        ("Hilfe!", HELP),
        ("help me find my parcel", NOTHING),
        ("", NOTHING),
        ("\x00\ud83d", NOTHING),
        ("?" * 5000, NOTHING),
    ],
)
def test_what_is_meant(text: str, expected: Meaning) -> None:
    assert what_is_meant(text) is expected


def test_polite_words_and_case_change_nothing() -> None:
    for text in lines(STOPS):
        assert what_is_meant(f"Hello, {text}") is STOP, text
        assert what_is_meant(text.upper()) is STOP, text


@given(st.text(max_size=300))
def test_any_text_has_one_meaning(text: str) -> None:
    assert what_is_meant(text) in Meaning


@given(st.text(alphabet="stop please don't ", max_size=2000))
def test_it_takes_no_time(text: str) -> None:
    assert what_is_meant(text) in Meaning


def test_every_list_is_there() -> None:
    wordings = read_wordings()
    assert all(getattr(wordings, name) for name in wordings.__dataclass_fields__)


def test_words_are_plain() -> None:
    assert plain_words("Don’t STOP — Größe: 5 €, é!") == ["dont", "stop", "grosse", "5", "e"]
