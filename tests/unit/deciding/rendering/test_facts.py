"""What is missing can be asked for, and is never shown: a hole is an error that names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from outreach.deciding.rendering import Rendered
from outreach.deciding.rendering.samples import sample_context, without
from outreach.errors import RenderError
from outreach.model import Kind

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Render = Callable[..., Rendered]


def mail(body: str, head: str = "subject: Hi") -> dict[str, str]:
    return {"x/en.email.md": f"---\n{head}\n---\n{body}\n"}


def words(rendered: Rendered) -> str:
    """The text part without its footer."""
    return rendered.text.split("\n\n-- \n")[0]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{ order.eta }}", "md:4: order has no value 'eta'. Did you mean 'estimated_at'?"),
        ("one\n\n{{ ordr.number }}", ":6: there is no value 'ordr'. Did you mean 'order'?"),
        ("{{ order.carrier }}", ":4: order.carrier is missing"),
        ("{% if true %}\n{{ order.carrier }}\n{% endif %}", ":5: order.carrier is missing"),
        ("{{ order.carrier | upper }}", "order.carrier is missing"),
        ("{{ order.carrier ~ '!' }}", "order.carrier is missing"),
        ("{{ order.estimatd | default('soon') }}", "Did you mean 'estimated_at'?"),
        ("{% if order.estimatd %}x{% endif %}", "Did you mean 'estimated_at'?"),
        ("{% if order.estimatd is upcoming %}x{% endif %}", "Did you mean 'estimated_at'?"),
        ("{{ ticket.subject }}", "ticket.subject is missing"),  # the message is about an order
        ("{{ order }}", "order is a whole record: name one of its fields, such as order.number"),
        ("{{ customer.number }}", "customer has no value 'number'."),
        ("{{ order.promised_at < order.number }}", "TypeError"),
        ("{{ order.tags }}", "an empty list cannot be shown"),
        ("{{ order.total > 3 }}", "TypeError"),
        ("{{ order.number == 'A-1042' }}", "a yes/no value cannot be shown"),
        ("{% for o in orders %}{{ loop }}{% endfor %}", "cannot be shown"),
        ("{% if false %}x{% endif %}", "came out empty"),
        ("{{ order.number | plus('3 days') }}", "needs a date with a time"),
        ("{{ now | plus('3 dyas') }}", "`plus`"),
    ],
)  # fmt: skip
def test_a_hole_is_an_error_that_names_it(body: str, said: str, render: Render) -> None:
    context = without(sample_context(Kind.ORDER, NOW), "order.carrier")
    with pytest.raises(RenderError, match=re.escape(said)):
        render(body, context)


@pytest.mark.parametrize("empty", [None, "", "  ", []])
def test_a_needed_value_must_be_there(empty: Any, render: Render) -> None:
    context = sample_context(Kind.ORDER, NOW)
    context["order"] = context["orders"][0] = {**context["order"], "carrier": empty}
    with pytest.raises(RenderError, match=r"en.email.md:3: needs order.carrier: missing"):
        render(mail("Hello", "subject: Hi\nneeds: [order.carrier]"), context)


def test_a_combined_message_needs_the_value_in_every_subject(
    render: Render,
) -> None:
    context = sample_context(Kind.ORDER, NOW, count=2)
    context["orders"][1] = {**context["orders"][1], "carrier": None}
    with pytest.raises(RenderError, match=re.escape("needs orders[2].carrier: missing")):
        render(mail("Hello", "subject: Hi\nneeds: [order.carrier]"), context)


def test_a_misspelt_need_is_said_so(render: Render) -> None:
    with pytest.raises(RenderError, match="Did you mean 'carrier'"):
        render(mail("Hello", "subject: Hi\nneeds: [order.carier]"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ order.carrier | default('the carrier') }}", "the carrier"),
        ("{% if order.carrier %}a{% else %}b{% endif %}", "b"),
        ("{% if order.carrier is missing %}a{% else %}b{% endif %}", "a"),
        ("{% if order.carrier == 'DHL' %}a{% else %}b{% endif %}", "b"),
        ("{% if 'x' in order.carrier %}a{% else %}b{% endif %}", "b"),
        ("{% if ticket.order.number %}a{% else %}b{% endif %}", "b"),
        ("{% if order.estimated_at is upcoming %}a{% else %}b{% endif %}", "a"),
        ("{% if order.promised_at is upcoming %}a{% else %}b{% endif %}", "b"),
        ("{% if order.carrier is upcoming %}a{% else %}b{% endif %}", "b"),
        ("{{ orders | list('number') }}", "A-1042"),
        ("{{ orders | length | plural('{n} order', '{n} orders') }}", "1 order"),
        ("{{ now | plus('3 days') | day }}", "Wednesday, 25 November"),
        ("{{ order.total.currency }}", "EUR"),
        (["{{ orders[0].number }}", " orders | first }}"][0], "A-1042"),
        ("{% for o in orders if o.carrier is present %}x{% else %}none{% endfor %}", "none"),
    ],
)  # fmt: skip
def test_what_is_missing_can_be_asked_for(body: str, text: str, render: Render) -> None:
    context = without(sample_context(Kind.ORDER, NOW), "order.carrier")
    assert words(render(body, context)) == text


def test_lines_that_hold_only_tags_leave_nothing_behind(render: Render) -> None:
    body = (
        "Orders:\n\n"
        "{% for o in orders %}\n"
        "- {{ o.number }}{% if o.carrier %} with {{ o.carrier }}{% endif %}\n"
        "{% endfor %}\n\n"
        "{# a remark #}\n"
        "  {% if true %}{% if true %}\n"
        "Bye\n"
        "{%- endif %}{% endif %}\n"
    )
    rendered = render(body, sample_context(Kind.ORDER, NOW, count=2))
    assert words(rendered) == "Orders:\n\n- A-1042 with DHL\n- A-1043 with DHL\n\nBye"
    assert rendered.html.count("<ul") == 1
