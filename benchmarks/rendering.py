"""T10: writing letters from templates, beside a plain Jinja2 that writes the same pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from jinja2 import Environment

from benchmarks.figures import Figure, Target
from benchmarks.letters import SHOP, TEMPLATES
from benchmarks.measuring import Disagreement, must_agree, side_by_side
from benchmarks.rules import UTC
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.deciding.rendering.formats import formats_for
from outreach.deciding.rendering.mail import packaged_layout
from outreach.deciding.rendering.templates import Rendered, Templates
from outreach.model import Channel, Kind, Purpose
from outreach.rules.catalogue import Catalogue

NAME = "delay-apology"
OURS, BARE, STYLED = "ours", "plain Jinja2", "without CSS inlining"
Context = dict[str, Any]
DAY = formats_for("en", UTC).day


def rendering(sizes: Sizes) -> Iterator[Figure]:
    """Measure writing many letters of one template, and what inlining CSS adds to each."""
    letters = [context(number) for number in range(sizes.letters)]
    templates = Templates.from_folder(TEMPLATES)
    write, bare = writer(templates), _plain(writer(templates)(letters[0]))
    _must_read_the_same(write, bare, letters)
    first = templates.compilations
    timings, count = side_by_side(
        "rendering",
        {
            BARE: lambda: sum(map(len, map(bare, letters))),
            OURS: lambda: sum(len(write(each).html) for each in letters),
        },
        sizes.repeats,
    )
    what = f"rendering {len(letters):,} letters: letters/s ÷ those of plain Jinja2"
    yield Figure(Target.T10, what, "", 1 / timings.ratio(OURS, BARE))
    must_agree("characters of HTML", {"rendered": count, "read before": _size(write, letters)})
    yield _inlining(write, letters, sizes)
    compiled = (templates.compilations - first) / len(letters)
    what = "templates compiled ÷ letters rendered, after the first letter"
    yield Figure(Target.T10_COMPILED, what, "", compiled)


def context(number: int) -> Context:
    """Return what a letter to one customer is written from; ids of one length, as in `letters`."""
    catalogue, name = Catalogue(), f"{1_000_000 + number}"
    order = dict.fromkeys(field.name for field in catalogue.own_fields(Kind.ORDER))
    order |= {
        "id": f"O-{name}",
        "number": f"O-{name}",
        "status": "shipped",
        "promised_at": NOW - timedelta(hours=30),
        "estimated_at": NOW + timedelta(hours=48),
        "item_summary": f"Wool blanket, oak tray {name}",
        "tracking_url": f"https://track.parcel.example/t/{name}",
    }
    customer = dict.fromkeys(field.name for field in catalogue.own_fields(Kind.CUSTOMER))
    return {
        "customer": {**customer, "id": f"C-{name}", "first_name": f"Ana{name}", "locale": "en"},
        "order": order,
        "subjects": [order],
        "orders": [order],
        "tickets": [],
        "owner": {"name": "Mara Lind", "first_name": "Mara", "email": SHOP["email"]},
        "shop": SHOP,
        "message": {"id": f"m-{name}", "step": "apology", "number": 1},
        "rule": {"name": "late", "purpose": "service"},
        "unsubscribe": SHOP["email"],
    }


def writer(templates: Templates) -> Callable[[Context], Rendered]:
    """Return what writes one letter as the send pass does."""

    def write(about: Context) -> Rendered:
        purpose = Purpose.TRANSACTIONAL
        return templates.render(
            NAME, Channel.EMAIL, about, now=NOW, locale="en", zone=UTC, purpose=purpose
        )

    return write


def _plain(letter: Rendered) -> Callable[[Context], str]:
    """Return what writes the same page, subject and text by templates that only hold values.

    They are a letter as ours came out, its values taken out again: the CSS is in place, and there
    is nothing to decide, nothing to check, nothing to wrap.
    """
    values = values_of(context(0))
    html, plain = Environment(autoescape=True), Environment(autoescape=False)
    html.filters["day"] = plain.filters["day"] = DAY

    page = html.from_string(emptied(letter.html, values))
    others = [
        plain.from_string(emptied(text, values))
        for text in (letter.subject, letter.preheader, letter.from_name, letter.text)
    ]

    def write(about: Context) -> str:
        for other in others:
            other.render(about)
        return page.render(about)

    return write


def values_of(about: Context) -> dict[str, str]:
    """Return what a letter shows, each with the expression that stands for it."""
    order = about["order"]
    return {
        about["customer"]["first_name"]: "customer.first_name",
        order["tracking_url"]: "order.tracking_url",
        order["item_summary"]: "order.item_summary",
        order["number"]: "order.number",
        DAY(order["promised_at"]): "order.promised_at | day",
        DAY(order["estimated_at"]): "order.estimated_at | day",
        SHOP["name"]: "shop.name",
        SHOP["address"]: "shop.address",
        SHOP["phone"]: "shop.phone",
        "Mara": "owner.first_name",
    }


def emptied(text: str, values: Mapping[str, str]) -> str:
    """Take the values out of a text; what stands for them is left."""
    for value, expression in values.items():
        text = text.replace(value, f"{{{{ {expression} }}}}")
    return text


def _must_read_the_same(
    write: Callable[[Context], Rendered], bare: Callable[[Context], str], letters: Sequence[Context]
) -> None:
    """Make sure that both pages are one and the same, but for how an apostrophe is spelled."""
    for about in letters:
        if write(about).html.replace("&#x27;", "&#39;") != bare(about).replace("&#x27;", "&#39;"):
            raise Disagreement(f"the pages of letter {about['message']['id']} differ")


def _inlining(
    write: Callable[[Context], Rendered], letters: Sequence[Context], sizes: Sizes
) -> Figure:
    """Measure the same with a layout of which no CSS is inlined."""
    layout = packaged_layout().replace("<style>", '<style data-css-inline="keep">')
    texts = {
        file.relative_to(TEMPLATES).as_posix(): file.read_text("utf-8")
        for file in TEMPLATES.rglob("*.md")
    }
    styled = writer(Templates({**texts, "_layout/email.html": layout}))

    def many(one: Callable[[Context], Rendered]) -> Callable[[], int]:
        return lambda: sum(len(one(about).text) for about in letters)

    timings, _ = side_by_side(
        "rendering with CSS inlined", {STYLED: many(styled), OURS: many(write)}, sizes.repeats
    )
    what = "rendering with CSS inlined ÷ rendering without"
    return Figure(Target.T10_STYLED, what, "", timings.ratio(OURS, STYLED))


def _size(write: Callable[[Context], Rendered], letters: Sequence[Context]) -> int:
    return sum(len(write(about).html) for about in letters)
