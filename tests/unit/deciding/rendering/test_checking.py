"""`check` finds every mistake in the templates, with its place and a way out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outreach.deciding.rendering import Templates
from outreach.errors import Level, Problem, RenderError
from outreach.model import Channel

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FIELDS = {
    "customer": ["first_name", "name", "last_sent.late"],
    "order": ["number", "status", "estimated_at", "promised_at", "total", "customer.first_name"],
    "ticket": ["number", "subject", "order.number"],
}


def problems(body: str, head: str = "subject: Hi") -> list[Problem]:
    return Templates({"x/en.email.md": f"---\n{head}\n---\n{body}\n"}).check(FIELDS)


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ("Hi {{ order.numbr }}", (4, 13), "order has no value 'numbr'. Did you mean 'number'?"),
        ("Hi\n\n{{ order.eta | day }}", (6, 10), "Did you mean 'estimated_at'?"),
        ("{{ ordr.number }}", (4, 4), "there is no value 'ordr'. Did you mean 'order'?"),
        ("{% if custmer.name %}x{% endif %}", (4, 7), "Did you mean 'customer'?"),
        ("{{ order.customer.nme }}", (4, 19), "customer has no value 'nme'. Did you mean 'name'?"),
        ("{{ shop.nam }}", (4, 9), "shop has no value 'nam'. Did you mean 'name'?"),
        ("{% for s in subjects %}{{ s.nmber }}{% endfor %}", (4, 29), "a subject has no value"),
        ("{% for o in orders %}{{ o.subject }}{% endfor %}", (4, 27), "order has no value 'subj"),
        ("{% for o in orders %}{% endfor %}{{ p.number }}", (4, 37), "there is no value 'p'."),
        ("{{ (orders | first).nmber }}", (4, 21), "order has no value 'nmber'"),
        ("{{ orders | list('nmber') }}", (4, 19), "order has no value 'nmber'"),
        ("{{ orders[0].nmber }}", (4, 14), "order has no value 'nmber'"),
        ("{% set n = order.nmber %}{{ n }}", (4, 18), "order has no value 'nmber'"),
        ("{{ order.number | dya }}", (4, 19), "there is no filter 'dya'. Did you mean 'day'?"),
        ("{% if order.status is upcomming %}x{% endif %}", (4, 23), "Did you mean 'upcoming'?"),
        ("{{ order.number", (4, 1), "unexpected end of template"),
        ("x\n{% if order.number %}", (5, 4), "not closed"),
        ("{% esle %}", (4, 1), "unknown tag 'esle'"),
        ("[Go](page.html)", (4, 6), "'page.html' is not a link"),
        ("[Go](javascript:alert)", (4, 6), "is not a link"),
        ("Hi <b>you</b>", (4, 4), "<b> would be shown as it stands"),
        ("a \ue000 b", (4, 1), "private-use characters"),
        ("", (4, 1), "there are no words here"),
    ],
)  # fmt: skip
def test_mistakes_have_their_place(body: str, place: tuple[int, int], message: str) -> None:
    found = problems(body)[0]
    assert message.lower() in found.message.lower()
    assert (found.file, found.line, found.column) == ("templates/x/en.email.md", *place)
    assert found.level is Level.ERROR


UNSAFE = [
    "{{ order.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ range(10) }}",
    "{{ cycler('a') }}",
    "{{ order.number.upper() }}",
    "{{ lipsum() }}",
    "{{ customer.name | safe }}",
    "{{ customer | attr('name') }}",
    "{{ '%s' | format(1) }}",
    "{{ customer.name | map('upper') }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block x %}{% endblock %}",
    "{% macro x() %}{% endmacro %}",
    "{% call x() %}{% endcall %}",
    "{% filter upper %}{% endfilter %}",
    "{% set x %}y{% endset %}",
    "{% for x in subjects recursive %}{% endfor %}",
    "{{ {'a': 1} }}",
    "{{ namespace(a=1) }}",
    "{{ subjects[1:] }}",
]


@pytest.mark.parametrize("body", UNSAFE)
def test_templates_can_show_and_choose_but_not_do(body: str) -> None:
    assert problems(body)[0].code == "M201"
    templates = Templates({"x/en.sms.txt": f"Hi {body}"})
    with pytest.raises(RenderError, match=r"x/en.sms.txt:1: "):
        templates.render("x", Channel.SMS, {"customer": {"name": "Ana"}}, now=NOW)


def test_every_mistake_is_found_in_one_pass() -> None:
    found = problems(
        "{{ order.numbr }}\n\n{{ order.total | mony }}\n\n[x](y)", "subjct: Hi\nneeds: [order.eta]"
    )
    assert [(problem.line, problem.code) for problem in found] == [
        (2, "M202"),
        (3, "M203"),
        (5, "M203"),
        (7, "M201"),
        (9, "M207"),
    ]


def test_the_subject_is_checked_like_the_body() -> None:
    (found,) = problems("Hi", 'subject: "Order {{ order.numbr }}"')
    assert (found.line, found.column) == (2, 26)
    assert "Did you mean 'number'" in found.message


def test_good_templates_have_no_problems() -> None:
    body = (
        "{% for order in orders %}{{ loop.index }} {{ order.number }} {{ order.id }}{% endfor %}\n"
        "{% set first = orders | first %}{{ first.total | money }} {{ first.total.currency }}\n"
        "{{ ticket.order.number }} {{ order.customer.first_name }} {{ customer.last_sent.late }}\n"
        "{{ now | plus('2 days') | day }} {{ message.number }} {{ rule.name }} {{ owner.name }}\n"
        "[x]({{ shop.url }}/a) [y](https://a.example/{{ order.number }}) <https://a.example>\n"
    )
    assert problems(body, 'subject: "{{ order.number }}"\nneeds: [order.number, shop.url]') == []


def test_without_field_names_only_the_first_name_is_checked() -> None:
    templates = Templates({"x/en.sms.txt": "{{ order.whatever }} {{ what.ever }}"})
    (found,) = templates.check()
    assert "there is no value 'what'" in found.message


def test_a_record_that_leads_nowhere_is_not_followed() -> None:
    templates = Templates({"x/en.sms.txt": "{{ order.owner.name }} {{ customer.order.number }}"})
    found = templates.check({"order": ["number"], "customer": ["name"]})
    assert ["order has no value 'owner'" in found[0].message, len(found)] == [True, 2]


def test_workspace_fields_are_known_when_given() -> None:
    templates = Templates({"x/en.sms.txt": "{{ order.gift_wrap }}"})
    assert templates.check({"order": ["number", "gift_wrap"]}) == []


@pytest.mark.parametrize(
    ("paths", "workspace", "missing"),
    [
        (["x/en.email.md"], "en", []),
        (["x/en.email.md", "x/de.email.md", "x/en.sms.txt"], "en", ["x/de.sms.txt"]),
        (["x/de.email.md"], "en", ["x/en.email.md"]),  # a French customer would get nothing
        (["x/de.email.md", "x/de-AT.email.md", "x/de.sms.txt"], "de-CH", []),  # de serves them all
        (["x/de-AT.email.md"], "de", ["x/de.email.md"]),
        (["x/en.email.md", "y/de.email.md", "y/en.email.md"], "en", []),  # each message by itself
    ],
)
def test_a_language_that_one_part_lacks_is_named(
    paths: list[str], workspace: str, missing: list[str]
) -> None:
    texts = {path: "Hi" if "sms" in path else "---\nsubject: Hi\n---\nHi" for path in paths}
    found = Templates(texts, workspace).check(FIELDS)
    assert [problem.file for problem in found] == [f"templates/{path}" for path in missing]
    assert all(problem.code == "M205" for problem in found)


@pytest.mark.parametrize(
    ("path", "level", "message"),
    [
        ("x/en.email.html", Level.WARNING, "no template"),
        ("en.sms.txt", Level.WARNING, "no template"),
        ("notes.md", Level.WARNING, "no template"),
        ("x/dee.sms.txt", Level.ERROR, "'dee' is not a language"),
        ("_layout/email.html", Level.ERROR, "Expected an expression"),
    ],
)
def test_files_that_would_never_be_used_are_named(path: str, level: Level, message: str) -> None:
    found = Templates({"y/en.sms.txt": "Hi", path: "Hi {{ }} {% if"}).check(FIELDS)
    said = {(problem.level, problem.message) for problem in found if path in problem.file}
    assert any(level is known and message in text for known, text in said), said


def test_a_footer_is_checked_and_asked_for() -> None:
    templates = Templates(
        {"x/en.sms.txt": "Hi", "x/fr.sms.txt": "Salut", "_layout/en.footer.md": "{{ shp.name }}"}
    )
    found = templates.check()
    assert [(p.file, p.level) for p in found] == [
        ("templates/_layout/en.footer.md", Level.ERROR),
        ("templates/_layout/fr.footer.md", Level.WARNING),
    ]
