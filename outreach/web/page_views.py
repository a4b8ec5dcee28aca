"""The pages for customers: what stands on each, and how it is sent. No script, nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from outreach.deciding.rendering.formats import formats_for
from outreach.model import NON_ESSENTIAL, Channel, Purpose
from outreach.passes.readers import Reader
from outreach.passes.telling import Telling
from outreach.passes.wording import label
from outreach.rules.survey import Scale
from outreach.web.page_words import TEMPLATES, Words, format_locale, words_for
from outreach.web.status_view import show_case

#: the choices in the order in which they are shown
SHOWN = tuple(purpose for purpose in Purpose if purpose in NON_ESSENTIAL)
_STYLE = (TEMPLATES / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
#: the page has one style, its own; it asks for nothing, and its forms lead back to it
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class Offer:
    """A button of the unsubscribe page."""

    action: str
    label: str
    is_first: bool = False


class Views:
    """Makes the pages of one shop. `locale` is for readers whose own is not known."""

    def __init__(self, shop: Mapping[str, Any], locale: str) -> None:
        self._shop = shop
        self._locale = locale
        self._pages = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def words(self, locale: str) -> Words:
        """Return the words for a reader."""
        return words_for(locale, self._locale)

    def unsubscribe(self, reader: Reader, *, choose: str, can_undo: bool, undone: bool) -> Response:
        """Return the page that ends something: it asks, or says that it is done."""
        words, about = self.words(reader.locale), topic(reader)
        is_over = not reader.gets_any(purposes_of(about))
        if is_over and not reader.gets_any(NON_ESSENTIAL):
            about = "everything"
        return self._page(
            "unsubscribe.html",
            words,
            about=about,
            is_over=is_over,
            undone=undone,
            reached=_reached(reader, words),
            offers=_offers(reader, words, about, is_over=is_over, can_undo=can_undo),
            choose=choose,
        )

    def preferences(self, reader: Reader, *, is_saved: bool) -> Response:
        """Return the page with a box for each choice."""
        words = self.words(reader.locale)
        return self._page(
            "preferences.html",
            words,
            is_saved=is_saved,
            reached=_reached(reader, words),
            purposes=[{"name": p.value, "boxes": _boxes(reader, p)} for p in SHOWN],
            fixed=_fixed(reader, words),
            gets_any=reader.gets_any(NON_ESSENTIAL),
        )

    def status(self, reader: Reader, telling: Telling, *, choose: str, now: datetime) -> Response:
        """Return the page that says how orders and tickets stand."""
        words = self.words(reader.locale)
        formats = formats_for(format_locale(reader.locale, self._locale), telling.zone)
        return self._page(
            "status.html",
            words,
            cases=[show_case(told, words, formats, now) for told in telling.cases],
            as_of=words["status"]["as_of"].format(moment=formats.datetime(now)),
            can_reply=reader.message.channel is Channel.EMAIL,
            dialled=_dialled(str(self._shop.get("phone") or "")),
            choose=choose,
        )

    def survey(
        self,
        locale: str,
        *,
        said: Mapping[str, str],
        scale: Scale,
        score: int | None,
        **values: Any,
    ) -> Response:
        """Return the page of a survey: its question, or the thanks for an answer."""
        words = self.words(locale)
        ends = dict(
            zip((scale.scores[0], scale.scores[-1]), _ends(said, scale, words), strict=True)
        )
        choices = [
            {"score": each, "label": label(scale, each), "said": ends.get(each, "")}
            for each in scale.scores
        ]
        shown = "" if score is None else label(scale, score)
        return self._page(
            "survey.html", words, said=said, choices=choices, score=score, label=shown, **values
        )

    def gone(self, why: str, status: int, locale: str) -> Response:
        """Return the page for what cannot be answered, with another way to reach the shop."""
        return self._page("gone.html", self.words(locale), status, why=why)

    def _page(self, name: str, words: Words, status: int = 200, **values: Any) -> Response:
        html = self._pages.get_template(name).render(
            words=words, shop=self._shop, style=_STYLE, **values
        )
        headers = {**HEADERS, "Content-Language": words["language"]}
        return HTMLResponse(html, status, headers)


def topic(reader: Reader) -> str:
    """Return what the unsubscribe page of a message is about, as its words name it."""
    purpose = reader.message.purpose
    return purpose.value if purpose in NON_ESSENTIAL else "everything"


def purposes_of(about: str) -> frozenset[Purpose]:
    """Return the purposes that a topic stands for."""
    return NON_ESSENTIAL if about == "everything" else frozenset({Purpose(about)})


def box(purpose: Purpose, channel: Channel) -> str:
    """Return the name of a choice in the form."""
    return f"{purpose.value}.{channel.value}"


def masked(address: str) -> str:
    """Return an address so that its owner knows it and nobody learns it."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}…@{domain}" if at else f"{address[:3]}…{address[-2:]}"


def _dialled(phone: str) -> str:
    """Return a number as a telephone takes it."""
    return "".join(sign for sign in phone if sign.isdecimal() or sign == "+")


def _ends(said: Mapping[str, str], scale: Scale, words: Words) -> tuple[str, str]:
    """Return what the worst and the best score are read out as; a thumb says nothing by itself."""
    of_thumbs = words["survey"]["thumbs"] if scale is Scale.THUMBS else {"down": "", "up": ""}
    return said["low_end"] or of_thumbs["down"], said["high_end"] or of_thumbs["up"]


def _reached(reader: Reader, words: Words) -> list[str]:
    return [
        words["reached"][channel.value].format(address=masked(address))
        for channel, address in reader.addresses.items()
    ]


def _offers(
    reader: Reader, words: Words, about: str, *, is_over: bool, can_undo: bool
) -> list[Offer]:
    here, everything = words["unsubscribe"][about], words["unsubscribe"]["everything"]
    if is_over:
        offers = [Offer("undo", here["undo"])] if can_undo else []
    else:
        offers = [Offer("all" if about == "everything" else "stop", here["button"], True)]
    others = NON_ESSENTIAL - purposes_of(about)
    if reader.gets_any(others):
        offers.append(Offer("all", everything["button"]))
    return offers


def _boxes(reader: Reader, purpose: Purpose) -> list[dict[str, Any]]:
    return [
        {
            "name": box(purpose, channel),
            "channel": channel.value,
            "is_on": (purpose, channel) in reader.gets,
            "is_fixed": (purpose, channel) in reader.fixed,
        }
        for channel in reader.addresses
    ]


def _fixed(reader: Reader, words: Words) -> list[str]:
    said = words["preferences"]
    lines = [said["fixed"]] if reader.fixed else []
    return [*lines, said["start"]] if reader.has_texted_stop else lines
