"""The page around the words: accessible, dark when asked, with the way out the purpose asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from outreach.deciding.rendering import Rendered
from outreach.deciding.rendering.samples import sample_context, without
from outreach.errors import RenderError
from outreach.model import Kind, Purpose

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Render = Callable[..., Rendered]
Page = Callable[[str], Any]


def mail(body: str, head: str = "subject: Hi") -> dict[str, str]:
    return {"x/en.email.md": f"---\n{head}\n---\n{body}\n"}


@pytest.mark.parametrize(
    ("purpose", "has_link"),
    [
        (Purpose.TRANSACTIONAL, False),
        (Purpose.SERVICE, True),
        (Purpose.SURVEY, True),
        (Purpose.MARKETING, True),
    ],
)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_the_footer_offers_an_end_where_the_purpose_asks_for_it(
    purpose: Purpose,
    has_link: bool,
    locale: str,
    render: Render,
    elements: Page,
) -> None:
    texts = {f"x/{locale}.email.md": "---\nsubject: Hi\n---\nHello"}
    rendered = render(texts, locale=locale, purpose=purpose)
    link = f"mailto:care@nordlicht.example?subject=unsubscribe%20{purpose.value}%20m-4711"
    assert elements(rendered.html).links() == ([link] if has_link else [])
    assert ("care@nordlicht.example" in rendered.text) is has_link
    assert "Nordlicht · Lindenweg 4, 10999 Berlin" in rendered.text


UNSUBSCRIBE, PREFERENCES = "https://shop.example/u/t", "https://shop.example/p/t"
WITH_PAGES = {"links": {"unsubscribe": UNSUBSCRIBE, "preferences": PREFERENCES}}


@pytest.mark.parametrize(
    ("purpose", "links"),
    [
        (Purpose.TRANSACTIONAL, []),
        (Purpose.SERVICE, [PREFERENCES]),
        (Purpose.SURVEY, [UNSUBSCRIBE, PREFERENCES]),
        (Purpose.MARKETING, [UNSUBSCRIBE, PREFERENCES]),
    ],
)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_with_pages_of_our_own_the_footer_leads_there(
    purpose: Purpose, links: list[str], locale: str, render: Render, elements: Page
) -> None:
    texts = {f"x/{locale}.email.md": "---\nsubject: Hi\n---\nHello"}
    context = without(sample_context(Kind.ORDER, NOW), "shop.email") | WITH_PAGES
    rendered = render(texts, context, locale=locale, purpose=purpose)
    assert elements(rendered.html).links() == links
    assert all(link in rendered.text for link in links)


GIFT = "---\nsubject: Sorry\n---\nSorry.{% if coupon %} Take {{ coupon.code }}.{% endif %}"
NO_OFFERS = "mailto:care@nordlicht.example?subject=unsubscribe%20marketing%20m-4711"


@pytest.mark.parametrize(
    ("words", "more", "refusal"),
    [
        (GIFT, {}, NO_OFFERS),
        (GIFT, WITH_PAGES, PREFERENCES),
        (GIFT, {"coupon": None}, None),
        ("---\nsubject: Hi\n---\nHello", {}, None),  # there is one, and these words leave it out
    ],
)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_a_coupon_brings_a_way_to_refuse_offers(
    words: str,
    more: dict[str, Any],
    refusal: str | None,
    locale: str,
    render: Render,
    elements: Page,
) -> None:
    context = sample_context(Kind.ORDER, NOW) | more
    rendered = render({f"x/{locale}.email.md": words}, context, locale=locale)
    assert rendered.advertises is (refusal is not None)
    said = {"en": "No more offers", "de": "Keine Angebote mehr"}[locale]
    text = " ".join(rendered.text.split())
    assert (said in text) is rendered.advertises
    assert refusal is None or refusal in elements(rendered.html).links()


def test_a_coupon_waits_for_an_address_that_takes_refusals(render: Render) -> None:
    context = without(sample_context(Kind.ORDER, NOW), "shop.email")
    with pytest.raises(RenderError, match="needs an address"):
        render({"x/en.email.md": GIFT}, context)


def test_a_template_may_name_the_pages(render: Render) -> None:
    context = sample_context(Kind.ORDER, NOW) | WITH_PAGES
    body = "[Choose]({{ links.preferences }}) or [stop]({{ links.unsubscribe }})"
    assert PREFERENCES in render(body, context).text
    body = "Hi{% if links.preferences %} [Choose]({{ links.preferences }}){% endif %}"
    nowhere = {"links": dict.fromkeys(("unsubscribe", "preferences"))}
    assert "Choose" not in render(body, sample_context(Kind.ORDER, NOW) | nowhere).text


@pytest.mark.parametrize("purpose", [Purpose.SURVEY, Purpose.MARKETING])
def test_nothing_that_must_be_refusable_goes_out_without_an_address(
    purpose: Purpose, render: Render
) -> None:
    context = without(sample_context(Kind.ORDER, NOW), "shop.email")
    with pytest.raises(RenderError, match="set reply_to"):
        render("Hello", context, purpose=purpose)


def test_the_page_is_accessible_and_knows_the_dark(render: Render, elements: Page) -> None:
    page = elements(render("Hello\n\n[Go](https://a.example)").html)
    tags = [tag for tag, _ in page.elements]
    assert {"lang": "en", "dir": "ltr"}.items() <= dict(page.elements[0][1]).items()
    assert "title" in tags
    tables = [dict(attributes) for tag, attributes in page.elements if tag == "table"]
    assert tables
    assert all(table["role"] == "presentation" for table in tables)
    metas = {
        dict(a).get("name"): dict(a).get("content") for tag, a in page.elements if tag == "meta"
    }
    assert metas["color-scheme"] == "light dark"
    assert "width=device-width" in (metas["viewport"] or "")
    assert "@media (prefers-color-scheme: dark)" in page.text
    # inlined: mail programs that drop <style> still show it right
    assert all("style" in dict(a) for tag, a in page.elements if tag in {"p", "a", "td"})


def test_a_language_that_is_written_from_the_right(render: Render) -> None:
    texts = {"x/ar.email.md": "---\nsubject: x\n---\nمرحبا"}
    html = render(texts, locale="ar").html
    assert 'lang="ar" dir="rtl"' in html
    assert 'align="right"' in html


def test_a_workspace_brings_its_own_layout_and_footer(render: Render) -> None:
    own = {
        **mail("Hello"),
        "_layout/email.html": "<html><head><title>{{ subject }}</title></head>"
        "<body><h1>{{ brand }}</h1>{{ body }}<i>{{ footer }}</i></body></html>",
        "_layout/en.footer.md": "Yours, {{ shop.name }}",
    }
    rendered = render(own)
    assert "<h1>Nordlicht</h1><p>Hello</p>" in rendered.html
    assert rendered.text == "Hello\n\n-- \nYours, Nordlicht\n"


def test_a_shop_without_a_name_or_address_still_gets_a_page(
    render: Render,
) -> None:
    rendered = render("Hello", {"customer": {"first_name": "Ana"}})
    assert rendered.text.startswith("Hello\n\n-- \n")
    assert 'class="brand"' not in rendered.html


def test_a_language_nobody_knows_is_still_laid_out(render: Render) -> None:
    texts = {"x/tlh.email.md": "---\nsubject: x\n---\nnuqneH"}
    assert 'lang="tlh" dir="ltr"' in render(texts, locale="tlh").html


def test_refusals_may_have_an_address_of_their_own(render: Render, elements: Page) -> None:
    context = {**sample_context(Kind.ORDER, NOW), "unsubscribe": "Stop <stop@nordlicht.example>"}
    (link,) = elements(render("Hello", context, purpose=Purpose.SURVEY).html).links()
    assert link.startswith("mailto:stop@nordlicht.example?")
