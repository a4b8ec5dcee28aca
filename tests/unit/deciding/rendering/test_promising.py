"""Dates that words promise: which order, which day, and never one that has passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from outreach.deciding.rendering import Rendered
from outreach.deciding.rendering.samples import sample_context
from outreach.errors import RenderError
from outreach.model import Kind, Promised
from tests.unit.deciding.rendering.conftest import NOW

Render = Callable[..., Rendered]
#: the end of 24 November in Berlin
TUESDAY = datetime(2026, 11, 24, 23, tzinfo=UTC)
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("{{ order.estimated_at | promise | day }}", "Tuesday, 24 November"),
        ("{{ order.estimated_at | promise | date }}", "24 November 2026"),
        ("{{ order['estimated_at'] | promise | day }}", "Tuesday, 24 November"),
        ("{{ now | plus('2 days') | promise | day }}", "Tuesday, 24 November"),
        ("{% set late = order %}{{ late.estimated_at | promise | day }}", "Tuesday, 24 November"),
        ("{{ now | plus('2 days') | promise(orders[0]) | day }}", "Tuesday, 24 November"),
    ],
)
def test_a_promise_is_shown_and_noted(render: Render, words: str, shown: str) -> None:
    rendered = render(words)
    assert shown in rendered.text
    (stated,) = rendered.promises
    assert (stated.order, stated.what, stated.until) == ("A-1042", Promised.DELIVERY, TUESDAY)


def test_each_order_of_a_list_gets_its_own_promise(render: Render) -> None:
    words = "{% for one in orders %}{{ one.estimated_at | promise | day }} {% endfor %}"
    rendered = render(words, sample_context(Kind.ORDER, NOW, count=3))
    found = [(stated.order, stated.until) for stated in rendered.promises]
    assert found == [
        ("A-1042", TUESDAY),
        ("A-1043", TUESDAY + ONE_DAY),
        ("A-1044", TUESDAY + 2 * ONE_DAY),
    ]


def test_ten_business_days_leave_weekends_out(render: Render) -> None:
    rendered = render('{{ now | plus("10 business days") | refund_promise | day }}')
    (stated,) = rendered.promises
    assert stated.what is Promised.REFUND
    # from a Sunday: Monday's opening and ten days on
    assert "Monday, 7 December" in rendered.text


def test_a_date_said_twice_is_one_promise(render: Render) -> None:
    word = "{{ order.estimated_at | promise | day }}"
    head = f'---\nsubject: "{word}"\npreheader: "{word}"\n---\n{word}\n'
    assert len(render({"x/en.email.md": head}).promises) == 1


def test_words_that_are_not_said_promise_nothing(render: Render) -> None:
    words = "Hi {% if order.estimated_at is missing %}{{ order.estimated_at | promise }}{% endif %}"
    assert render(words).promises == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("{{ order.promised_at | promise | day }}", "Saturday, 21 November has passed"),
        ("{{ order.number | promise }}", "needs a date with a time"),
        ("{{ customer.created_at | plus('900 days') | promise }}", "a promise is about an order"),
        ("{{ order.nothing | promise }}", "has no value 'nothing'"),
    ],
)
def test_what_cannot_be_promised_is_held(render: Render, words: str, said: str) -> None:
    with pytest.raises(RenderError, match=said):
        render(words)


def test_today_can_still_be_promised(render: Render) -> None:
    context = sample_context(Kind.ORDER, NOW)
    context["order"]["estimated_at"] = NOW - timedelta(hours=5)
    assert len(render("{{ order.estimated_at | promise | day }}", context).promises) == 1


def test_a_ticket_promises_for_its_order(render: Render) -> None:
    words = "{{ ticket.next_update_at | promise | day }}"
    (stated,) = render(words, sample_context(Kind.TICKET, NOW)).promises
    assert stated.order == "A-1042"
