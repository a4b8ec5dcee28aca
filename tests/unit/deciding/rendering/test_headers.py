"""Headers say that a machine wrote, and offer an end where the purpose asks for it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from outreach.deciding.rendering.headers import headers_for, unsubscribe_link
from outreach.errors import RenderError
from outreach.model import Purpose


@pytest.mark.parametrize(
    ("purpose", "can_unsubscribe"),
    [
        (Purpose.TRANSACTIONAL, False),
        (Purpose.SERVICE, False),  # the footer has the link; nobody subscribed to anything
        (Purpose.SURVEY, True),
        (Purpose.MARKETING, True),
    ],
)
def test_only_what_one_can_end_has_an_unsubscribe_header(
    purpose: Purpose, can_unsubscribe: bool
) -> None:
    headers = headers_for(purpose, "care@shop.example", "m-1")
    assert headers["Auto-Submitted"] == "auto-generated"
    assert ("List-Unsubscribe" in headers) is can_unsubscribe
    # one click (RFC 8058) needs a web address behind it
    assert "List-Unsubscribe-Post" not in headers


def test_a_coupon_makes_any_mail_one_that_can_be_ended() -> None:
    headers = headers_for(Purpose.SERVICE, "care@shop.example", "m-1", advertises=True)
    mailto = "mailto:care@shop.example?subject=unsubscribe%20service%20m-1"
    assert headers["List-Unsubscribe"] == f"<{mailto}>"
    with pytest.raises(RenderError, match="address to unsubscribe with"):
        headers_for(Purpose.SERVICE, "", "m-1", advertises=True)


PAGE = "https://shop.example/u/token"


@pytest.mark.parametrize("purpose", list(Purpose))
def test_with_a_page_whatever_is_no_must_ends_with_one_click(purpose: Purpose) -> None:
    headers = headers_for(purpose, "care@shop.example", "m-1", PAGE)
    if purpose is Purpose.TRANSACTIONAL:
        assert headers.keys() == {"Auto-Submitted"}
        return
    mailto = unsubscribe_link(purpose, "care@shop.example", "m-1")
    assert headers["List-Unsubscribe"] == f"<{PAGE}>, <{mailto}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_page_is_enough_without_an_address() -> None:
    assert headers_for(Purpose.SURVEY, "", "m-1", PAGE)["List-Unsubscribe"] == f"<{PAGE}>"


def test_one_click_is_not_promised_without_tls() -> None:
    headers = headers_for(Purpose.SURVEY, "", "m-1", PAGE.replace("https", "http"))
    assert headers["List-Unsubscribe"] == "<http://shop.example/u/token>"
    assert "List-Unsubscribe-Post" not in headers


def test_the_link_says_what_to_stop_and_which_message() -> None:
    header = headers_for(Purpose.SURVEY, "Mara <care@shop.example>", "m-1")["List-Unsubscribe"]
    assert header == "<mailto:care@shop.example?subject=unsubscribe%20survey%20m-1>"
    parts = urlsplit(header.strip("<>"))
    assert parts.path == "care@shop.example"
    assert parse_qs(parts.query) == {"subject": ["unsubscribe survey m-1"]}


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b?bcc=x@y", "a@b&c", "<>", "a b@c"],
)
def test_a_survey_without_a_good_address_is_held(address: str) -> None:
    with pytest.raises(RenderError, match="address to unsubscribe with"):
        headers_for(Purpose.SURVEY, address, "m-1")


@pytest.mark.parametrize("address", ["a@b>\r\nBcc: x@y.example", "a@b,c@d.example"])
def test_what_follows_an_address_never_reaches_the_header(address: str) -> None:
    header = headers_for(Purpose.SURVEY, address, "m-1")["List-Unsubscribe"]
    assert header == "<mailto:a@b?subject=unsubscribe%20survey%20m-1>"


def test_a_message_id_cannot_break_out_of_the_link() -> None:
    link = unsubscribe_link(Purpose.SERVICE, "a@b.example", "1>\r\nX: y&bcc=z")
    assert link == (
        "mailto:a@b.example?subject=unsubscribe%20service%201%3E%0D%0AX%3A%20y%26bcc%3Dz"
    )
