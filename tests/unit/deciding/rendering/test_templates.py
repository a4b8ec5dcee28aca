"""Rendering: the right words in the right language, and nothing done twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.deciding.rendering import Rendered, Templates
from outreach.deciding.rendering.mail import Layout, Letter, Skeleton
from outreach.deciding.rendering.samples import sample_context
from outreach.errors import RenderError
from outreach.model import Channel, Kind

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
Render = Callable[..., Rendered]


def mail(body: str, head: str = "subject: Hi") -> dict[str, str]:
    return {"x/en.email.md": f"---\n{head}\n---\n{body}\n"}


def test_an_email_has_all_its_parts(render: Render) -> None:
    head = (
        'subject: "Order {{ order.number }} is late"\n'
        'preheader: "New date: {{ order.estimated_at | day }}"\n'
        'from_name: "{{ owner.first_name }} at {{ shop.name }}"'
    )
    rendered = render(mail("Hello {{ customer.first_name }},\n\nit is **late**.", head))
    assert rendered.subject == "Order A-1042 is late"
    assert rendered.preheader == "New date: Tuesday, 24 November"
    assert rendered.from_name == "Mara at Nordlicht"
    assert rendered.text.startswith("Hello Ana,\n\nit is late.\n\n-- \n")
    assert "<strong" in rendered.html
    assert "New date: Tuesday, 24 November" in rendered.html
    assert rendered.file == "templates/x/en.email.md"
    assert (rendered.segments, rendered.encoding) == (0, "")


def test_an_sms_is_counted(render: Render) -> None:
    rendered = render(
        {"x/en.sms.txt": "Hi {{ customer.first_name }},  we owe you {{ order.total | money }}. \n"},
        channel=Channel.SMS,
    )
    assert rendered.text == "Hi Ana, we owe you €1,047.90."
    assert (rendered.segments, rendered.encoding) == (1, "GSM-7")
    assert (rendered.subject, rendered.html) == ("", "")


def test_the_blanks_of_amounts_do_not_make_an_sms_dear(render: Render) -> None:
    texts = {"x/de.sms.txt": "{{ order.total | money }}"}
    rendered = render(texts, channel=Channel.SMS, locale="de")
    assert rendered.text == "1.047,90 €"
    assert rendered.encoding == "GSM-7"


def test_dates_follow_the_readers_locale_and_zone() -> None:
    templates = Templates({"x/de.sms.txt": "{{ now | datetime }}"}, "de", BERLIN)
    context = sample_context(Kind.ORDER, NOW)

    def read(locale: str, zone: ZoneInfo | None) -> str:
        rendered = templates.render("x", Channel.SMS, context, now=NOW, locale=locale, zone=zone)
        return rendered.text

    assert read("de", None) == "Sonntag, 22. November, 10:00"
    assert read("de", ZoneInfo("Asia/Tokyo")) == "Sonntag, 22. November, 18:00"


def test_the_locale_falls_back_and_the_reason_is_kept(render: Render) -> None:
    texts = {"x/de.sms.txt": "Hallo", "x/en.sms.txt": "Hello"}
    rendered = render(texts, channel=Channel.SMS, locale="de-AT")
    assert (rendered.text, rendered.locale) == ("Hallo", "de")
    assert "de is the nearest" in rendered.why_locale
    assert render(texts, channel=Channel.SMS, locale="fr").text == "Hello"
    assert render(texts, channel=Channel.SMS, locale=None).text == "Hello"


@pytest.mark.parametrize(
    ("name", "channel", "locale", "said"),
    [
        ("delay-apologie", Channel.EMAIL, "en", "Did you mean 'delay-apology'?"),
        ("delay-apology", Channel.SMS, "en", "has no words for sms"),
        ("delay-apology", Channel.EMAIL, "fr", "speaks de, but not fr"),
    ],
)
def test_a_message_without_words_is_held(
    name: str, channel: Channel, locale: str, said: str
) -> None:
    templates = Templates({"delay-apology/de.email.md": "---\nsubject: x\n---\nx"}, "en")
    with pytest.raises(RenderError, match=re.escape(said)):
        templates.render(name, channel, {}, now=NOW, locale=locale)


def test_nothing_is_compiled_after_the_first_message() -> None:
    templates = Templates(
        {
            "x/en.email.md": "---\nsubject: For {{ customer.first_name }}\n---\n"
            "{% for o in orders %}\n- {{ o.number }}, {{ o.estimated_at | day }}\n{% endfor %}"
        },
        "en",
        BERLIN,
    )
    context = sample_context(Kind.ORDER, NOW)
    assert templates.compilations == 0
    templates.render("x", Channel.EMAIL, context, now=NOW)
    after_first = templates.compilations
    assert after_first > 0
    for n in range(20):
        context["customer"]["first_name"] = f"Ana {n}"
        templates.render("x", Channel.EMAIL, context, now=NOW, locale="en-GB")
    assert templates.compilations == after_first


def test_markdown_and_css_are_worked_through_once_per_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    laid_out: list[Skeleton] = []
    letter = Layout.letter

    def counting(self: Layout, skeleton: Skeleton) -> Letter:
        laid_out.append(skeleton)
        return letter(self, skeleton)

    monkeypatch.setattr(Layout, "letter", counting)
    templates = Templates(
        mail("{% if order.carrier %}With {{ order.carrier }}{% else %}x{% endif %}")
    )
    for carrier in ["DHL", "UPS", None, "DPD", None]:
        context = sample_context(Kind.ORDER, NOW)
        context["order"]["carrier"] = carrier
        templates.render("x", Channel.EMAIL, context, now=NOW)
    assert len(laid_out) == 2


def test_a_folder_is_read_with_its_paths(tmp_path: Path) -> None:
    folder = tmp_path / "words"
    (folder / "late").mkdir(parents=True)
    (folder / "late" / "de.email.md").write_text("---\nsubject: Spät\n---\nHallo", "utf-8")
    (folder / "late" / "de.sms.txt").write_text("Hallo {{ ticket.number }}", "utf-8")
    (folder / ".DS_Store").write_bytes(b"\xff")
    templates = Templates.from_folder(folder, "de", BERLIN)
    assert templates.names() == ("late",)
    assert templates.channels("late") == (Channel.EMAIL, Channel.SMS)
    assert templates.locales("late", Channel.EMAIL) == ("de",)
    assert templates.about("late") is Kind.TICKET
    assert templates.check() == []
    rendered = templates.render("late", Channel.EMAIL, {}, now=NOW)
    assert rendered.file == "words/late/de.email.md"


def test_a_folder_that_is_not_there_or_not_text_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="there is no folder"):
        Templates.from_folder(tmp_path / "nowhere")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "en.sms.txt").write_bytes("Grüße".encode("latin-1"))
    with pytest.raises(RenderError, match=r"en.sms.txt: this is not UTF-8"):
        Templates.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{{ order.number }}", Kind.ORDER),
        ("{% for s in subjects %}{{ s.number }}{% endfor %}", Kind.ORDER),
        ("{% for t in tickets %}{{ t.number }}{% endfor %}", Kind.TICKET),
        ("Hello {{ customer.first_name }}", Kind.CUSTOMER),
    ],
)
def test_a_template_shows_what_it_is_about(body: str, kind: Kind) -> None:
    assert Templates(mail(body)).about("x") is kind
