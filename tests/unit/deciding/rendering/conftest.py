"""Rendering one template in one line, and looking at the page that comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.deciding.rendering import Rendered, Templates
from outreach.deciding.rendering.samples import sample_context
from outreach.model import Channel, Kind, Purpose

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def render_one(
    texts: Mapping[str, str] | str,
    context: dict[str, Any] | None = None,
    *,
    channel: Channel = Channel.EMAIL,
    locale: str | None = "en",
    purpose: Purpose = Purpose.SERVICE,
) -> Rendered:
    """Render message `x`; a mere text is the body of its English e-mail."""
    if isinstance(texts, str):
        texts = {"x/en.email.md": f"---\nsubject: Hi\n---\n{texts}\n"}
    context = context or sample_context(Kind.ORDER, NOW)
    templates = Templates(texts, "en", BERLIN)
    return templates.render("x", channel, context, now=NOW, locale=locale, purpose=purpose)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> list[str | None]:
        return [dict(attributes)["href"] for tag, attributes in self.elements if tag == "a"]


@pytest.fixture(scope="session")
def render() -> Callable[..., Rendered]:
    return render_one


@pytest.fixture(scope="session")
def elements() -> Callable[[str], Elements]:
    return Elements
