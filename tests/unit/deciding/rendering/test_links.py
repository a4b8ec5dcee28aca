"""Links to the customers' pages: only ours open, each opens one thing, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from itsdangerous import Signer

from outreach.deciding.rendering.links import (
    LASTS,
    UNSIGNED,
    BadLink,
    Links,
    LinkTo,
    OldLink,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET, OLDER, OTHER = "s" * 32, "o" * 32, "x" * 32
ID = "abcdefghijklmnopqrstuvwx"
LINKS = Links("https://shop.example", (SECRET,))


@pytest.mark.parametrize(("to", "path"), [(LinkTo.UNSUBSCRIBE, "/u/"), (LinkTo.PREFERENCES, "/p/")])
def test_a_link_leads_back_to_its_message(to: LinkTo, path: str) -> None:
    link = LINKS.make(to, ID, NOW)
    assert link.startswith(f"https://shop.example{path}")
    assert LINKS.read(to, link.rpartition("/")[2], NOW) == ID
    # short enough for a text, and for a header's line
    assert len(link) < 110


def test_what_is_signed_for_one_thing_opens_no_other() -> None:
    token = LINKS.token(LinkTo.UNSUBSCRIBE, ID, NOW)
    with pytest.raises(BadLink, match="not signed by us"):
        LINKS.read(LinkTo.PREFERENCES, token, NOW)


def test_a_link_lasts_longer_than_any_law_asks_and_ends() -> None:
    token = LINKS.token(LinkTo.UNSUBSCRIBE, ID, NOW)
    assert timedelta(days=60) < LASTS
    assert LINKS.read(LinkTo.UNSUBSCRIBE, token, NOW + LASTS) == ID
    with pytest.raises(OldLink):
        LINKS.read(LinkTo.UNSUBSCRIBE, token, NOW + LASTS + timedelta(days=1))


def test_it_is_the_same_link_all_day() -> None:
    one, other = (LINKS.token(LinkTo.UNSUBSCRIBE, ID, NOW + timedelta(hours=h)) for h in (0, 14))
    assert one == other
    assert LINKS.token(LinkTo.UNSUBSCRIBE, ID, NOW + timedelta(hours=15)) != one


def test_an_older_secret_still_reads_and_no_longer_signs() -> None:
    before, rotated = Links("", (OLDER,)), Links("", (SECRET, OLDER))
    to = LinkTo.PREFERENCES
    assert rotated.read(to, before.token(to, ID, NOW), NOW) == ID
    assert rotated.token(to, ID, NOW) == LINKS.token(to, ID, NOW)
    with pytest.raises(BadLink):
        LINKS.read(to, before.token(to, ID, NOW), NOW)


def test_no_letter_of_a_link_can_be_changed() -> None:
    token = LINKS.token(LinkTo.UNSUBSCRIBE, ID, NOW)
    for place in range(len(token) - 1):  # the last letter's low bits are padding
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(BadLink):
            LINKS.read(LinkTo.UNSUBSCRIBE, token[:place] + other + token[place + 1 :], NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        UNSIGNED,
        f"{ID}.20789",
        f"{ID}.20789.",
        "\x00",
        "é.ü.ß",
        "😀" * 400,
        "a" * 10_000,
        Links("", (OTHER,)).token(LinkTo.UNSUBSCRIBE, ID, NOW),
    ],
)
def test_what_nobody_signed_is_refused(token: str) -> None:
    with pytest.raises(BadLink):
        LINKS.read(LinkTo.UNSUBSCRIBE, token, NOW)


@pytest.mark.parametrize("value", ["", "m1", "m1.", ".1", "m1.x", "m 1.20789", "m1.20789.1", "ü.1"])
def test_what_is_signed_and_is_no_link_is_refused(value: str) -> None:
    import hashlib

    signer = Signer(SECRET, salt="outreach.unsubscribe", digest_method=hashlib.sha256)
    with pytest.raises(BadLink):
        LINKS.read(LinkTo.UNSUBSCRIBE, signer.sign(value).decode(), NOW)


def test_without_a_secret_links_can_be_looked_at_only() -> None:
    shown = Links("https://shop.example")
    assert shown.both(ID, NOW) == {
        "unsubscribe": f"https://shop.example/u/{UNSIGNED}",
        "preferences": f"https://shop.example/p/{UNSIGNED}",
        "survey": f"https://shop.example/s/{UNSIGNED}",
        "status": f"https://shop.example/o/{UNSIGNED}",
    }
    with pytest.raises(BadLink):
        shown.read(LinkTo.UNSUBSCRIBE, UNSIGNED, NOW)
