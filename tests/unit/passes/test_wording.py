"""Wording: what a template may say of a subject, and what a channel is given of the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.deciding.circumstances import Subject
from outreach.deciding.recipients import Recipient
from outreach.deciding.rendering.links import Links, LinkTo
from outreach.deciding.rendering.templates import Rendered, Templates
from outreach.errors import RenderError
from outreach.model import Channel, Kind, Mode, Money, Position, Purpose, SubjectRef
from outreach.passes.setup import Setup
from outreach.passes.wording import NO_PAGE, message_context, outgoing, renderer, survey_context
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Rule, Ruleset, Step
from outreach.rules.facts import Facts
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.survey import Scale, Survey
from outreach.timing.durations import parse_duration
from outreach.timing.windows import ANY_TIME

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HERE = Position("rules.yaml", 1)
MESSAGE = {"id": "m1", "step": "apology", "number": 2}
TEMPLATES = {
    "note/en.email.md": """\
---
subject: Late
---
Hello {{ customer.name }}, {{ order.number }} comes at {{ order.promised_at | time }}.
""",
    "note/de.email.md": """\
---
subject: Verspätet
---
Hallo {{ customer.name }}, {{ order.number }} kommt um {{ order.promised_at | time }}.
""",
    "note/en.sms.txt": "{{ order.number }} is late: {{ message.step }} {{ message.number }}",
}
SETUP = Setup(
    store=None,  # type: ignore[arg-type] - nothing is read or written here
    ruleset=Ruleset((), ""),
    templates=Templates(TEMPLATES, "en", BERLIN),
    catalogue=Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)]),
    zone=BERLIN,
    shop={"name": "Nordlicht", "email": "care@nordlicht.example"},
    owners={"mara@nordlicht.example": {"name": "Mara Lind", "first_name": "Mara"}},
    unsubscribe="stop@nordlicht.example",
)
STEP = Step(id="apology", position=HERE, template="note")


def a_rule(about: Kind = Kind.ORDER, **more: Any) -> Rule:
    usual: dict[str, Any] = {
        "name": "late",
        "about": about,
        "purpose": Purpose.SERVICE,
        "when": (),
        "steps": (STEP,),
        "window": ANY_TIME,
        "expires_after": parse_duration("2 days"),
        "position": HERE,
        "owner": "mara@nordlicht.example",
    }
    return Rule(**{**usual, **more})


def facts(about: Kind, subject: str = "A-1", **values: Any) -> Facts:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return Facts(SubjectRef(about, subject), {"id": subject, **named})


# what a template sees


def test_an_order_is_seen_with_its_customer() -> None:
    total = Money(Decimal("79.90"), "EUR")
    order = facts(Kind.ORDER, number="1042", total=total, gift=True, customer__name="Ana Ruiz")
    seen = message_context(SETUP, a_rule(), [order], MESSAGE, NOON)
    assert (seen["order"]["number"], seen["order"]["total"]) == ("1042", total)
    assert seen["order"]["gift"] is True  # a field of the shop's own
    assert seen["customer"]["name"] == "Ana Ruiz"
    assert seen["subjects"] == seen["orders"] == [seen["order"]]
    assert seen["tickets"] == []
    assert seen["message"] == MESSAGE
    assert seen["rule"] == {"name": "late", "purpose": "service"}


@pytest.mark.parametrize(
    ("about", "records", "listed"),
    [
        (Kind.ORDER, {"order", "customer"}, "orders"),
        (Kind.TICKET, {"ticket", "customer", "order"}, "tickets"),
        (Kind.CUSTOMER, {"customer"}, None),
    ],
)
def test_each_kind_is_seen_with_what_it_reaches(
    about: Kind, records: set[str], listed: str | None
) -> None:
    seen = message_context(SETUP, a_rule(about), [facts(about)], MESSAGE, NOON)
    assert {"order", "ticket", "customer"} & seen.keys() == records
    assert seen["subjects"] == [seen[about.value]]
    lists = {name: seen[name] for name in ("orders", "tickets")}
    assert lists == {n: seen["subjects"] if n == listed else [] for n in lists}
    # every field that rules may name is there, missing or not
    for name in records:
        fields = SETUP.catalogue.own_fields(Kind(name))
        assert seen[name].keys() == {field.name for field in fields}


def test_of_several_subjects_the_first_is_the_one_that_is_meant() -> None:
    orders = [facts(Kind.ORDER, f"A-{n}", customer__name="Ana") for n in (1, 2, 3)]
    seen = message_context(SETUP, a_rule(), orders, MESSAGE, NOON)
    assert seen["order"]["id"] == "A-1"
    assert [order["id"] for order in seen["orders"]] == ["A-1", "A-2", "A-3"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("1042", "1042"),
        (None, "A-1"),  # a shop without numbers shows its ids
        ("", "A-1"),
    ],
)
def test_an_order_without_a_number_is_called_by_its_id(number: str | None, shown: str) -> None:
    seen = message_context(SETUP, a_rule(), [facts(Kind.ORDER, number=number)], MESSAGE, NOON)
    assert seen["order"]["number"] == shown


def test_a_ticket_without_an_order_has_no_number_to_show() -> None:
    seen = message_context(SETUP, a_rule(Kind.TICKET), [facts(Kind.TICKET, "T-1")], MESSAGE, NOON)
    assert seen["ticket"]["number"] == "T-1"
    assert seen["order"]["number"] is None


@pytest.mark.parametrize(
    ("owner", "seen"),
    [
        # named in outreach.yaml
        (
            "mara@nordlicht.example",
            {"name": "Mara Lind", "first_name": "Mara", "email": None},
        ),
        # known by the address only
        (
            "jo@nordlicht.example",
            {"name": None, "first_name": None, "email": "jo@nordlicht.example"},
        ),
    ],
)
def test_who_signs(owner: str, seen: dict[str, str | None]) -> None:
    context = message_context(SETUP, a_rule(owner=owner), [facts(Kind.ORDER)], MESSAGE, NOON)
    assert context["owner"] == seen
    assert context["shop"] == {
        "name": "Nordlicht",
        "email": "care@nordlicht.example",
        "phone": None,
        "url": None,
        "address": None,
    }


# the words


def render(channel: Channel, customer: dict[str, Any], **values: Any) -> Rendered:
    recipient = Recipient({"id": "ana", **customer}, BERLIN)
    usual = {"number": "1042", "customer__name": "Ana", "promised_at": NOON}
    known = facts(Kind.ORDER, **{**usual, **values})
    subject = Subject(known.subject, 1, NOON, NOON, known, frozenset())
    words = renderer(SETUP, a_rule(), STEP, 2, recipient, "m1")
    return words(channel, (subject,), NOON)


@pytest.mark.parametrize(
    ("customer", "start"),
    [
        # on the reader's own clock
        ({"locale": "en", "zone": "America/New_York"}, "Hello Ana, 1042 comes at 7:00\u202fam."),
        ({"locale": "en", "zone": "Europe/Berlin"}, "Hello Ana, 1042 comes at 1:00\u202fpm."),
        # in the reader's own language, or the nearest there is
        ({"locale": "de-AT", "zone": "Europe/Vienna"}, "Hallo Ana, 1042 kommt um 13:00"),
        ({"locale": None, "zone": "Europe/Berlin"}, "Hello Ana, 1042 comes at 1:00\u202fpm."),
    ],
)
def test_words_are_for_one_reader(customer: dict[str, Any], start: str) -> None:
    assert render(Channel.EMAIL, customer).text.startswith(start)


def test_a_text_knows_which_message_it_is() -> None:
    assert render(Channel.SMS, {"locale": "en"}).text == "1042 is late: apology 2"


def test_a_missing_word_is_an_error() -> None:
    with pytest.raises(RenderError, match="promised_at"):
        render(Channel.EMAIL, {"locale": "en"}, promised_at=None)


def test_a_template_sees_the_links_of_its_own_message() -> None:
    links = Links("https://shop.example", ("s" * 32,))
    setup = replace(SETUP, links=links)
    seen = message_context(setup, a_rule(), [facts(Kind.ORDER)], MESSAGE, NOON)["links"]
    token = seen["unsubscribe"].rpartition("/")[2]
    assert links.read(LinkTo.UNSUBSCRIBE, token, NOON) == "m1"
    seen = message_context(SETUP, a_rule(), [facts(Kind.ORDER)], MESSAGE, NOON)["links"]
    assert seen == {"unsubscribe": None, "preferences": None, "survey": None, "status": None}


def test_a_step_with_a_survey_leads_to_its_page_and_others_do_not() -> None:
    links = Links("https://shop.example", ("s" * 32,))
    question = {"en": "How was it?", "de": "Wie war es?"}
    csat = Survey("csat", question, Scale.THUMBS, 0, parse_duration("14 days"))
    setup = replace(SETUP, links=links, surveys={"csat": csat})
    assert message_context(setup, a_rule(), [facts(Kind.ORDER)], MESSAGE, NOON)["links"] == {
        **links.both("m1", NOON),
        "survey": None,
    }
    seen = survey_context(setup, a_rule(), replace(STEP, survey="csat"), "m1", "de-AT", NOON)
    token = seen["links"]["survey"].rpartition("/")[2]
    assert links.read(LinkTo.SURVEY, token, NOON) == "m1"
    assert seen["survey"]["question"] == "Wie war es?"
    assert [choice["score"] for choice in seen["survey"]["choices"]] == [0, 1]
    assert survey_context(setup, a_rule(), STEP, "m1", "de-AT", NOON) == {}


@pytest.mark.parametrize(("mode", "leads_to"), [(Mode.SHADOW, NO_PAGE), (Mode.LIVE, None)])
def test_only_a_shadow_asks_without_a_page(mode: Mode, leads_to: str | None) -> None:
    csat = Survey("csat", {"": "How was it?"}, Scale.FIVE, 2, parse_duration("14 days"))
    asks = replace(STEP, survey="csat")
    setup = replace(SETUP, surveys={"csat": csat})
    seen = survey_context(setup, a_rule(mode=mode), asks, "m1", "en", NOON)
    assert seen["links"]["survey"] == leads_to


# what a channel is given

WORDS = Rendered(
    text="Hello",
    subject="Your order",
    html="<p>Hello</p>",
    from_name="Mara from Nordlicht",
    segments=1,
)


def given(channel: Channel, purpose: Purpose, unsubscribe: str = "stop@nordlicht.example") -> Any:
    return outgoing(
        "ana@example.com",
        channel,
        purpose,
        WORDS,
        unsubscribe=unsubscribe,
        message_id="m1",
        expires_at=NOON,
    )


def test_an_email_is_given_with_all_its_words() -> None:
    out = given(Channel.EMAIL, Purpose.SERVICE)
    assert (out.message_id, out.to, out.expires_at) == ("m1", "ana@example.com", NOON)
    assert (out.subject, out.body_text, out.body_html) == ("Your order", "Hello", "<p>Hello</p>")
    assert out.from_ == "Mara from Nordlicht"
    assert out.headers == {"Auto-Submitted": "auto-generated"}


def test_a_text_comes_from_the_channel_s_own_number_and_has_no_headers() -> None:
    out = given(Channel.SMS, Purpose.MARKETING)
    assert (out.from_, out.headers, out.segments) == ("", {}, 1)


@pytest.mark.parametrize(
    ("purpose", "may_be_ended"),
    [
        (Purpose.MARKETING, True),
        (Purpose.SURVEY, True),
        (Purpose.SERVICE, False),
        (Purpose.TRANSACTIONAL, False),
    ],
)
def test_what_nobody_needs_can_be_ended_with_a_click(purpose: Purpose, may_be_ended: bool) -> None:
    headers = given(Channel.EMAIL, purpose).headers
    assert ("List-Unsubscribe" in headers) is may_be_ended
    if may_be_ended:
        assert headers["List-Unsubscribe"].startswith("<mailto:stop@nordlicht.example?subject=")
        with pytest.raises(RenderError, match="unsubscribe"):
            given(Channel.EMAIL, purpose, unsubscribe="")
