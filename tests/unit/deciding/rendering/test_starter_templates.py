"""The starter messages: whole in every sample, kind and clear by the rules of our own lint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.deciding.rendering import Rendered, Templates
from outreach.deciding.rendering.samples import Sample, sample_context, samples
from outreach.deciding.rendering.sms import odd_characters
from outreach.errors import RenderError
from outreach.model import Channel, Kind, Purpose
from outreach.rules.catalogue import Catalogue

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ROOT = Path(__file__).parents[4]
STARTERS = Templates.from_folder(ROOT / "templates", "en", BERLIN)
LOCALES = ("en", "de")
MESSAGES = {
    "delay-apology", "delay-update", "delay-final", "out-for-delivery", "delivery-check-in",
    "cancellation-confirmed", "ticket-waiting-on-us", "ticket-resolved-check-in", "eta-changed",
    "promise-at-risk", "csat-request", "incident-notice", "incident-over", "refund-promised",
    "csat-reminder", "low-score-apology", "delivery-csat", "return-ces", "nps-request",
}  # fmt: skip
#: messages in which we are at fault
APOLOGIES = MESSAGES - {
    "out-for-delivery", "delivery-check-in", "cancellation-confirmed", "ticket-resolved-check-in",
    "csat-request", "incident-over", "refund-promised",
    "csat-reminder", "delivery-csat", "return-ces", "nps-request",
}  # fmt: skip
STOCK = {
    "en": r"inconvenience|unforeseen|hesitate|valued customer|kindly|as per|unfortunately|regret|"
    r"apologi[sz]e for any|please be advised|we understand|if you were affected|mistakes were|"
    r"at this time|in order to|endeavou?r|reach out|rest assured|SKU|RMA|SLA|out_for_delivery",
    "de": r"Unannehmlichkeiten|unvorhergesehen|zögern Sie nicht|werte[rn]? Kund|bedauerlicherweise|"
    r"leider|im Rahmen|diesbezüglich|bezüglich|seitens|bitten um Ihr Verständnis|zeitnah|SLA",
}
SORRY = {"en": r"\bsorry\b", "de": r"tut uns leid"}
OURS = {"en": r"\b(we|our|us)\b", "de": r"\b(wir|unser\w*|uns)\b"}
NEXT_STEP = {
    "en": r"do not need to do anything|let us know|just reply|reply to this e-mail|please tell us",
    "de": r"müssen nichts tun|antworten sie|bitte sagen sie uns",
}
PERSON = {"en": r"\bA person\b.*\.", "de": r"\bEin Mensch\b.*\."}
MONTH = {"en": r"\d November|\d December", "de": r"\d\. (November|Dezember)"}
HOLES = re.compile(
    r"None|\{\{|\{%|Missing|\(\)|“”|„“| ,| \.|\.\.|,,|^- .*: *$|\ue000|  ", re.MULTILINE
)


def every() -> Iterator[tuple[str, Channel, str]]:
    for name in STARTERS.names():
        for channel in STARTERS.channels(name):
            for locale in STARTERS.locales(name, channel):
                yield name, channel, locale


EVERY = list(every())
MAILS = [(name, locale) for name, channel, locale in EVERY if channel is Channel.EMAIL]
TEXTS = [(name, locale) for name, channel, locale in EVERY if channel is Channel.SMS]


@cache
def renderings(name: str, channel: Channel, locale: str) -> list[tuple[Sample, Rendered]]:
    """The message for every sample that has what the template needs."""
    found = []
    for sample in samples(STARTERS.about(name), NOW, locale=locale):
        try:
            rendered = STARTERS.render(name, channel, sample.context, now=NOW, locale=locale)
        except RenderError as error:
            if not re.search(r": needs \S+: missing$", str(error)):
                raise  # held for another reason than a value the template says it needs
        else:
            found.append((sample, rendered))
    return found


def body(rendered: Rendered) -> str:
    """The text part without footer, wrapping and the addresses of links."""
    text = rendered.text.split("\n\n-- \n")[0]
    text = re.sub(r":?\s*\(?https?://[^\s)]*\)?", "", text)
    return re.sub(r"(?<=\S)\n(?!\n|- |\d\. )\s*", " ", text)


def sentences(rendered: Rendered) -> list[list[str]]:
    """The words of each sentence; a paragraph and a list item end one as well."""
    # the full stop of "24. November" ends nothing
    text = re.sub(r"(\d)\. (?=[A-Z]\w+ber)", r"\1 ", body(rendered))
    text = re.sub(r"(?m)^(- |\d\. )", "", text)
    return [said.split() for said in re.split(r"[.!?:](?:\s|$)|\n", text) if said.split()]


def test_every_message_is_there_in_both_languages() -> None:
    assert set(STARTERS.names()) == MESSAGES
    for name, channel, _ in EVERY:
        assert STARTERS.locales(name, channel) == ("de", "en")
    assert {name for name, _ in TEXTS} == {
        *("delay-apology", "eta-changed", "out-for-delivery"),
        *("incident-notice", "incident-over", "low-score-apology", "csat-request"),
        *("csat-reminder", "delivery-csat", "return-ces", "nps-request"),
    }


def test_check_finds_nothing_wrong() -> None:
    catalogue = Catalogue()
    fields = {kind: [field.path for field in catalogue.fields(kind)] for kind in Kind}
    assert STARTERS.check(fields) == []


@pytest.mark.parametrize(("name", "channel", "locale"), EVERY)
def test_no_sample_leaves_a_hole(name: str, channel: Channel, locale: str) -> None:
    rendered = renderings(name, channel, locale)
    titles = {sample.title for sample, _ in rendered}
    assert {"everything known", "two at once", "four at once", "a long name"} <= titles
    for sample, message in rendered:
        parts = (message.subject, message.preheader, message.from_name, body(message))
        for part in parts:
            assert not HOLES.search(part), (sample.title, part)
        assert message.locale == locale


@pytest.mark.parametrize(("name", "locale"), MAILS)
def test_only_what_the_rule_guarantees_is_needed(name: str, locale: str) -> None:
    """Names, links, estimates and totals may be missing; a message is not held for them."""
    titles = {sample.title for sample, _ in renderings(name, Channel.EMAIL, locale)}
    wanted = {"no customer.first_name", "no owner.first_name"}
    if STARTERS.about(name) is Kind.ORDER:
        wanted |= {"no order.tracking_url", "no order.total", "no order.item_summary"}
    if name not in ("eta-changed", "incident-notice"):
        wanted |= {"hardly anything known", "three of which hardly anything is known"}
    assert wanted <= titles


@pytest.mark.parametrize(("name", "locale"), MAILS)
def test_subjects_are_short_and_calm(name: str, locale: str) -> None:
    for sample, message in renderings(name, Channel.EMAIL, locale):
        assert len(message.subject) <= 60, (sample.title, message.subject)
        assert not re.search(r"!|\b[A-ZÄÖÜ]{3,}\b", message.subject)
        assert 20 <= len(message.preheader) <= 90, message.preheader
        assert message.preheader not in message.subject


@pytest.mark.parametrize(("name", "locale"), MAILS)
def test_the_words_are_plain(name: str, locale: str) -> None:
    for sample, message in renderings(name, Channel.EMAIL, locale):
        said = body(message)
        assert not re.search(STOCK[locale], said, re.IGNORECASE), (sample.title, said)
        assert not re.search("[\U0001f000-\U0001ffff\u2600-\u27bf]|!!", said)
        assert max(map(len, sentences(message))) <= 25, (sample.title, sentences(message))
        for paragraph in re.split("\n+", re.sub(r"\d\. ", "", said)):
            assert len(re.findall(r"[.!?](?=\s|$)", paragraph)) <= 4, paragraph


@pytest.mark.parametrize(("name", "locale"), MAILS)
def test_they_read_easily(name: str, locale: str) -> None:
    """School grade 8 at most: Flesch-Kincaid for English, Wiener Sachtextformel for German."""
    for sample, message in renderings(name, Channel.EMAIL, locale):
        grade = {"en": flesch_kincaid, "de": wiener}[locale](sentences(message))
        assert grade <= 8, (sample.title, grade)


@pytest.mark.parametrize(("name", "locale"), MAILS)
def test_they_say_what_happens_next_and_who_answers(name: str, locale: str) -> None:
    for sample, message in renderings(name, Channel.EMAIL, locale):
        said = body(message)
        assert re.search(NEXT_STEP[locale], said, re.IGNORECASE), (sample.title, said)
        assert re.search(PERSON[locale], said.replace("\n", " ")), (sample.title, said)
        named = sample.context["customer"]["first_name"]
        assert said.startswith(
            f"{'Hello' if locale == 'en' else 'Hallo'} {named}," if named else "H"
        )
        owner = (sample.context["owner"] or {}).get("first_name")
        assert owner is None or owner in said.splitlines()[-1]
        assert said.rstrip().endswith("Nordlicht")


@pytest.mark.parametrize(("name", "locale"), MAILS)
def test_a_day_is_named_when_one_is_known(name: str, locale: str) -> None:
    known = renderings(name, Channel.EMAIL, locale)[0][1]
    assert re.search(MONTH[locale], body(known)), body(known)


@pytest.mark.parametrize(("name", "locale"), [m for m in MAILS if m[0] in APOLOGIES])
def test_apologies_own_the_mistake_early(name: str, locale: str) -> None:
    for sample, message in renderings(name, Channel.EMAIL, locale):
        opening = " ".join(body(message).split("\n\n")[1].split())
        assert re.search(SORRY[locale], opening), (sample.title, opening)
        assert re.search(OURS[locale], opening, re.IGNORECASE), (sample.title, opening)


@pytest.mark.parametrize(("name", "locale"), MAILS)
def test_mails_stay_small_enough_to_be_shown_whole(name: str, locale: str) -> None:
    for _, message in renderings(name, Channel.EMAIL, locale):
        assert len(message.html.encode()) < 40_000  # Gmail clips at 102 kB
        assert max(map(len, message.text.splitlines())) <= 78


@pytest.mark.parametrize(("name", "locale"), TEXTS)
def test_an_sms_is_cheap_and_says_who_writes(name: str, locale: str) -> None:
    for sample, message in renderings(name, Channel.SMS, locale):
        assert message.text.startswith("Nordlicht: "), sample.title
        assert message.encoding == "GSM-7", odd_characters(message.text)
        assert message.segments <= 2, (sample.title, message.text)
        assert name == "out-for-delivery" or "STOP" in message.text
        assert "\n" not in message.text


@pytest.mark.parametrize("name", ["delay-apology", "delay-update"])
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("count", [1, 2])
def test_a_date_that_has_passed_is_never_announced(name: str, locale: str, count: int) -> None:
    context = sample_context(Kind.ORDER, NOW, locale=locale, count=count)
    for order in context["orders"]:
        order["estimated_at"] = NOW - timedelta(days=5)
    for channel in STARTERS.channels(name):
        message = STARTERS.render(name, channel, context, now=NOW, locale=locale)
        shown = message.text + message.html + message.preheader
        assert not re.search(r"17\.? November", shown)


@pytest.mark.parametrize(
    ("status", "said"), [("cancelled", "is cancelled"), ("refunded", "We have refunded")]
)
def test_a_refund_is_not_called_a_cancellation(status: str, said: str) -> None:
    context = sample_context(Kind.ORDER, NOW)
    context["order"]["status"] = status
    message = STARTERS.render(
        "cancellation-confirmed",
        Channel.EMAIL,
        context,
        now=NOW,
        locale="en",
        purpose=Purpose.TRANSACTIONAL,
    )
    assert said in body(message).replace("\n", " ")
    assert "about your order with Nordlicht" in message.text.replace("\n", " ")
    assert "stop" not in message.text


def test_an_estimate_that_moved_forward_is_good_news() -> None:
    context = sample_context(Kind.ORDER, NOW)
    context["order"]["promised_at"] = NOW + timedelta(days=9)
    message = STARTERS.render("eta-changed", Channel.EMAIL, context, now=NOW, locale="en")
    assert "quicker than we said" in body(message)
    assert "sorry" not in body(message)


def flesch_kincaid(said: list[list[str]]) -> float:
    words = [word for sentence in said for word in sentence]
    spoken = sum(syllables(word) for word in words)
    return 0.39 * len(words) / len(said) + 11.8 * spoken / len(words) - 15.59


def wiener(said: list[list[str]]) -> float:
    words = [word for sentence in said for word in sentence]
    long, many, single = (
        100 * sum(fits(word) for word in words) / len(words)
        for fits in (
            lambda word: len(word) > 6,
            lambda word: syllables(word) >= 3,
            lambda word: syllables(word) == 1,
        )
    )
    each = len(words) / len(said)
    return 0.1935 * many + 0.1672 * each + 0.1297 * long - 0.0327 * single - 0.875


def syllables(word: str) -> int:
    """Groups of vowels: near enough for a grade."""
    groups = re.findall(r"[aeiouyäöü]+", word.lower().removesuffix("e"))
    return max(1, len(groups))
