"""Cutting: what people wrote themselves stays; what they quote of us, and signatures, go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.deciding.replies.cutting import own_words, plain_text
from outreach.deciding.replies.meaning import Meaning, what_is_meant

OURS = (
    "Your order is late.\nYou get this because you bought from us. Unsubscribe: https://x.example"
)
QUOTED = "\n".join(f"> {line}" for line in OURS.splitlines())


AT = "24.11.2026 um 09:00"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Where is it?", "Where is it?"),
        (f"Hi!\n\nOn Tue, 24 Nov 2026 at 09:00, Mara <m@x.example> wrote:\n{QUOTED}", "Hi!"),
        (f"Hi!\r\n\r\nOn 24 Nov 2026 Mara\r\n<m@x.example> wrote:\r\n\r\n{OURS}", "Hi!"),
        (f"Danke\n\nAm {AT} schrieb Mara <m@x.example>:\n{QUOTED}", "Danke"),
        (f"Danke\n\nAm {AT} Uhr schrieb Mara <\nm@x.example>:\n{QUOTED}", "Danke"),
        (f"Danke\n\n-----Ursprüngliche Nachricht-----\nVon: Mara\n{OURS}", "Danke"),
        (f"Thanks\n\n-----Original Message-----\nFrom: Mara\n{OURS}", "Thanks"),
        (f"Ok\n\n{'_' * 32}\nFrom: Mara <m@x.example>\nSent: now\n{OURS}", "Ok"),
        (f"Ok\n\nVon: Mara <m@x.example>\nGesendet: heute\nAn: Ana\n{OURS}", "Ok"),
        (f"Ok\n\n*Von:* Mara\n*Gesendet:* heute\n{OURS}", "Ok"),
        ("Fine\n-- \nAna Ruiz\nUnsubscribe Ltd", "Fine"),
        ("Fine\n--\nAna", "Fine"),
        ("Ja gern\n\nGesendet von meinem iPhone", "Ja gern"),
        ("Sure\n\nSent from my phone", "Sure"),
        ("Sure\n\nGet Outlook for Android", "Sure"),
        (f"{QUOTED}\nplease stop", "please stop"),  # written below
        (f"On Tue 24 Mara wrote:\n{QUOTED}\n\nplease stop", "please stop"),
        (f"On the way home I saw him.\n{QUOTED}", "On the way home I saw him."),
        ("On Tuesday somebody wrote to me: why?", "On Tuesday somebody wrote to me: why?"),
        ("Von: nirgendwo", "Von: nirgendwo"),
        ("", ""),
    ],
)
def test_what_they_wrote_themselves(text: str, own: str) -> None:
    assert own_words(text) == own
    if own != "please stop":
        assert what_is_meant(own_words(text)) is Meaning.NOTHING


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Please <b>stop</b></p><blockquote><p>Unsubscribe</p></blockquote>", "Please stop"),
        ('Yes<div class="gmail_quote">On Tue Mara wrote:<br>Unsubscribe</div>', "Yes"),
        ("<style>p {color: red}</style><p>One<br>Two</p>", "One\nTwo"),
        ("<blockquote>x</blockquote>after &amp; before", "after & before"),
        ("<div>not closed <p>at all", "not closed\nat all"),
        ("a < b", "a < b"),
    ],
)
def test_the_text_of_html(html: str, text: str) -> None:
    assert plain_text(html) == text


@given(st.text(max_size=500))
def test_any_text_can_be_cut(text: str) -> None:
    assert len(own_words(text)) <= len(text)
    assert len(plain_text(text)) <= 2 * len(text)


@pytest.mark.parametrize("piece", ["on ", "On a@b wrote", "<a@b> ", ">", "\n", "_" * 9, "von: "])
def test_it_takes_no_time(piece: str) -> None:
    own_words(piece * 20_000)
    plain_text(piece * 20_000)
