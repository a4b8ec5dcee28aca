"""What is judged of a message as its reader gets it."""

from __future__ import annotations

import pytest

from outreach.deciding.lint.messages import lint_messages
from outreach.deciding.lint.trials import Sending, Shop, Trial, trials
from outreach.deciding.rendering import Templates
from outreach.errors import Level, Problem
from outreach.model import Channel, Kind, Purpose
from tests.unit.deciding.lint.conftest import NOW, SHOP, SUBJECT, WELL, found_in, found_in_sms

HELLO = 'Hello {{ customer.first_name | default("there") }},\n\n'
END = "\n\nReply to this e-mail. A person will read it.\n"
LONG = "We looked in the hall and in the shed and in the car and in the yard and in the shop " * 2
PARTS = "It is here. It is blue. It is big. It is round. It is yours."
HARD = (
    "Considerable organisational restructuring necessitated additional verification procedures. "
    "Consequently, international transportation documentation experienced unanticipated "
    "administrative complications. Notwithstanding extraordinary circumstances, "
    "comprehensive investigations subsequently established satisfactory alternatives. "
    "Additional documentation regarding individual responsibilities remains unavailable. "
    "Interdepartmental coordination requirements necessitated supplementary consultation."
)


def codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Hello,\n\nYour parcel is here." + END, "M101"),
        (HELLO + "Sorry about the wait." + END, "M102"),  # whose?
        (HELLO + "Your lamp is blue.\n\nA person made it.\n", "M104"),
        (HELLO + "Your parcel is late." + END, "M105"),
        (HELLO + "Your lamp is blue. We will make it green.\n", "M106"),
        (HELLO + LONG + "." + END, "M111"),
        (HELLO + PARTS + END, "M111"),
        (HELLO + HARD + END, "M111"),
        (HELLO + "It is.\n\n" * 7 + "We are sorry." + END, "M112"),
        (HELLO + "Here is a voucher.\n\nWe are sorry." + END, "M114"),
        (HELLO + "We are sorry 😟." + END, "M114"),
        (HELLO + "Please leave a review and answer our survey." + END, "M115"),
        (HELLO + "We went. We saw. We sat.\n\nWe ate. We sang. We slept." + END, "M116"),
        (HELLO + "Your code is a voucher." + END, "W421"),
        (HELLO + "Here it is ({% if not order.number %}x{% endif %})." + END, "M204"),
    ],
)
def test_what_is_wrong_with_a_message_is_found(body: str, code: str) -> None:
    assert code in codes(found_in(body, subject="Your parcel 4711"))


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("Your order 4711 with two lamps, three chairs and a table is here", "M112"),
        ("Important information", "M112"),
        ("YOUR ORDER HAS MOVED", "M112"),
        ("Your parcel is here!!", "M112"),
        ("Your parcel is here", ""),
        ("DHL brings your parcel", ""),  # one name in capitals is no shouting
    ],
)
def test_a_subject_is_short_calm_and_says_something(subject: str, code: str) -> None:
    body = HELLO + "Your parcel is here." + END
    assert codes(found_in(body, subject=subject)) == ({code} if code else set())


def test_an_apology_by_name_must_say_sorry() -> None:
    body = HELLO + "Your parcel comes on Friday." + END
    assert "M102" in codes(found_in(body, name="delay-apology"))
    assert "M102" not in codes(found_in(body, name="parcel-news"))


def test_a_title_of_a_customer_is_not_ours() -> None:
    """The sample's ticket is called “Voucher”, which offers nothing to anybody."""
    text = f"---\nsubject: {SUBJECT['en']}\n---\n{WELL['en']}\n{{{{ ticket.subject }}}}\n"
    problems = linted({"x/en.email.md": text}, Sending(rules=("r",))).values()
    assert not [p for found in problems for p in found if p.code == "W421"]


def test_the_footer_must_let_people_say_no() -> None:
    texts = {
        "x/en.email.md": f"---\nsubject: {SUBJECT['en']}\n---\n{WELL['en']}",
        "_layout/en.footer.md": "{{ shop.name }}\n",
    }
    for purpose, level in (
        (Purpose.SERVICE, Level.WARNING),
        (Purpose.SURVEY, Level.ERROR),
        (Purpose.TRANSACTIONAL, None),
    ):
        found = linted(texts, Sending(("r",), purpose)).get("M206", [])
        assert [problem.level for problem in found] == ([level] if level else [])


def test_a_page_to_say_no_on_is_enough() -> None:
    text = f"---\nsubject: {SUBJECT['en']}\n---\n{WELL['en']}"
    for footer in ("[Stop]({{ unsubscribe }})", "[Choose]({{ links.preferences }})"):
        texts = {"x/en.email.md": text, "_layout/en.footer.md": f"{footer}\n"}
        assert "M206" not in linted(texts, Sending(("r",), Purpose.SURVEY))


def test_a_mail_that_programs_cut_off_is_found() -> None:
    assert "M208" in codes(found_in(WELL["en"] + "\n" + "x" * 110_000))


def linted(texts: dict[str, str], sending: Sending | None = None) -> dict[str, list[Problem]]:
    """Lint whole templates in every trial; problems by their code."""
    templates = Templates(texts, "en")
    sendings = dict.fromkeys(templates.names(), sending) if sending else {}
    found: dict[str, list[Problem]] = {}
    for problem in lint_messages(templates, sendings, SHOP, NOW).problems:
        found.setdefault(problem.code, []).append(problem)
    return found


def test_a_value_that_may_be_missing_holds_the_message() -> None:
    head, body = f"---\nsubject: {SUBJECT['en']}\n", WELL["en"]
    (held,) = linted({"x/en.email.md": f"{head}---\n{body}"})["M210"]
    assert (held.line, held.column, held.width) == (4, 19, len("first_name"))
    assert "customer.first_name" in held.message
    said_so = {"x/en.email.md": f"{head}needs: [customer.first_name]\n---\n{body}"}
    assert linted(said_so) == {}


def test_a_hole_where_a_value_is_missing_is_found() -> None:
    hello = "Hello{% if customer.first_name %} {{ customer.first_name }}{% endif %} ,"
    body = hello + WELL["en"].partition(",")[2]
    (hole,) = linted({"x/en.email.md": f"---\nsubject: {SUBJECT['en']}\n---\n{body}"})["M204"]
    assert hole.line == 4
    assert "hole" in hole.message


def test_languages_should_show_the_same() -> None:
    texts = {
        "x/en.sms.txt": "{{ shop.name }}: {{ order.number }} {{ order.carrier }} STOP",
        "x/de.sms.txt": "{{ shop.name }}: {{ order.number }} STOP",
    }
    (uneven,) = linted(texts)["M212"]
    assert (uneven.file, uneven.level) == ("templates/x/de.sms.txt", Level.HINT)


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("[Go](https://example.com/a)", True),
        ("[Go](http://nordlicht.example/a)", True),
        ("<https://www.yourdomain.example>", True),
        ("[Go](https://nordlicht.example/a)", False),
        ("[Go]({{ shop.url }}/a)", False),
    ],
)
def test_links_lead_somewhere_safe(link: str, found: bool) -> None:
    assert ("M211" in codes(found_in(WELL["en"] + "\n" + link))) is found


def test_a_language_under_another_name_is_found() -> None:
    assert "M209" in codes(found_in(WELL["de"] * 2, "en"))
    assert "M209" in codes(found_in(WELL["en"] * 2, "de"))
    french = (
        "Bonjour {{ customer.name }}, nous avons le colis et la lettre pour vous dans la boutique."
    )
    assert "M209" in codes(found_in(french, "en"))
    assert "M209" not in codes(found_in(french, "fr"))


def test_a_language_without_phrases_is_still_tried() -> None:
    found = found_in(
        "Bonjour {{ customer.name }}, PAS DE PANIQUE MADAME", "fr", subject="Colis 4711"
    )
    assert codes(found) == {"M112"}


@pytest.mark.parametrize(
    ("text", "purpose", "expected"),
    [
        ("{{ shop.name }}: it is here. STOP to opt out", Purpose.SERVICE, {}),
        ("{{ shop.name }}: it is here.", Purpose.TRANSACTIONAL, {}),
        ("{{ shop.name }}: it is here.", Purpose.SERVICE, {"S303": Level.WARNING}),
        ("{{ shop.name }}: it is here.", Purpose.SURVEY, {"S303": Level.ERROR}),
        ("It is here. STOP to opt out", Purpose.SERVICE, {"S303": Level.ERROR}),
        ("{{ shop.name }}: it’s here. STOP to opt out", Purpose.SERVICE, {"S302": Level.WARNING}),
        ("{{ shop.name }}: für Größe Ä. STOP", Purpose.SERVICE, {}),  # umlauts cost nothing
        ("{{ shop.name }}: https://bit.ly/x STOP", Purpose.SERVICE, {"S304": Level.WARNING}),
        ("{{ shop.name }}: " + LONG * 2 + "STOP", Purpose.SERVICE, {"S301": Level.ERROR}),
        ("{{ shop.name }}: it is late. STOP", Purpose.SERVICE, {"M105": Level.WARNING}),
    ],
)
def test_an_sms_is_cheap_and_says_who_writes(
    text: str, purpose: Purpose, expected: dict[str, Level]
) -> None:
    assert {p.code: p.level for p in found_in_sms(text, purpose=purpose)} == expected


def test_an_sms_that_is_dear_for_few_is_a_warning() -> None:
    text = "{{ shop.name }}: Hello {{ customer.first_name }}, " + LONG[:130] + " STOP"
    (dear,) = linted({"x/en.sms.txt": f"---\nneeds: [customer.first_name]\n---\n{text}"}).values()
    assert [(p.code, p.level) for p in dear] == [("S301", Level.WARNING)]
    assert "an emoji in the name" in dear[0].message


def test_real_subjects_are_tried_and_never_quoted() -> None:
    context = next(trials(Kind.ORDER, "en", Sending(), SHOP, NOW)).context
    odd = {**context, "customer": {**context["customer"], "first_name": "Secret ,"}}
    sending = Sending(("r",), trials=(Trial("order A-1", odd, is_rare=False, is_real=True),))
    text = f"---\nsubject: {SUBJECT['en']}\nneeds: [customer.first_name]\n---\n{WELL['en']}"
    (hole,) = linted({"x/en.email.md": text}, sending)["M204"]
    assert "order A-1" in hole.message
    assert "Secret" not in hole.message


def test_what_may_go_out_is_the_workspaces_to_say() -> None:
    text = "{{ shop.name }}: " + LONG[:166] + " STOP"
    templates = Templates({"x/en.sms.txt": text}, "en")
    for most, expected in ((1, {"S301"}), (2, set())):
        shop = Shop(SHOP.shop, {Channel.SMS: most})
        assert codes(list(lint_messages(templates, {}, shop, NOW).problems)) == expected


def test_a_coupon_that_an_offer_brings_is_no_advertising_to_strangers() -> None:
    """Who has not agreed to marketing gets the message without it."""
    words = "{% if coupon %}Your voucher is {{ coupon.code }}.{% endif %}"
    assert "W421" not in codes(found_in(HELLO + words + END, subject="Your parcel 4711"))
