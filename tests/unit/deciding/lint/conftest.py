"""Linting one message in a line: what is found, as code and place."""

from __future__ import annotations

from datetime import UTC, datetime

from outreach.deciding.lint.judging import judge_all
from outreach.deciding.lint.passages import Source
from outreach.deciding.lint.renderings import read_as
from outreach.deciding.lint.trials import Sending, Shop, trials
from outreach.deciding.lint.wording import lint_subject, lint_wording
from outreach.deciding.rendering import Templates
from outreach.errors import Problem
from outreach.model import Kind, Purpose

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SHOP = Shop(
    {"name": "Nordlicht", "email": "care@nordlicht.example", "url": "https://nordlicht.example"}
)
SENT = Sending(rules=("late",))
#: messages that are in order, to spoil
WELL = {
    "en": (
        "Hello {{ customer.first_name }},\n\nWe are sorry that your parcel is late. "
        "It should be with you on Friday.\n\nReply to this e-mail if it is not. "
        "A person will read it.\n"
    ),
    "de": (
        "Hallo {{ customer.first_name }},\n\nes tut uns leid, dass Ihr Paket zu spät kommt. "
        "Am Freitag soll es bei Ihnen sein.\n\nAntworten Sie auf diese E-Mail, wenn nicht. "
        "Ein Mensch liest sie.\n"
    ),
}
SUBJECT = {"en": "Your parcel 4711 is late", "de": "Ihr Paket 4711 kommt zu spät"}


def found_in(
    body: str,
    locale: str = "en",
    *,
    subject: str = "",
    purpose: Purpose = Purpose.SERVICE,
    name: str = "x",
) -> list[Problem]:
    """Return what is wrong with an e-mail whose values are all known."""
    head = f'---\nsubject: "{subject or SUBJECT.get(locale, locale)}"\n---\n'
    return found_in_file(f"{name}/{locale}.email.md", head + body, purpose=purpose)


def found_in_sms(text: str, *, purpose: Purpose = Purpose.SERVICE) -> list[Problem]:
    return found_in_file("x/en.sms.txt", text, purpose=purpose)


def found_in_file(path: str, text: str, *, purpose: Purpose = Purpose.SERVICE) -> list[Problem]:
    templates = Templates({path: text}, path.split("/")[1].split(".", maxsplit=1)[0])
    sending = Sending(rules=("late",), purpose=purpose)
    ((file, _),) = templates.files()
    source = Source(file, text)
    usual = next(trials(Kind.ORDER, file.locale, sending, SHOP, NOW))
    reading = read_as(templates, source, usual, sending, NOW)
    problems = [*lint_wording(source), *lint_subject(source), *judge_all([reading], sending, SHOP)]
    return sorted(set(problems))
