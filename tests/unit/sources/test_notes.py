"""`note:` of a source: help desks that are known, one's own form, and every mistake in it."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from zoneinfo import ZoneInfo

import pytest

from outreach.deciding.noting import NoteForm
from outreach.errors import Problem
from outreach.rules.catalogue import Catalogue
from outreach.rules.yaml_source import read
from outreach.sources.notes import NoteSettings
from outreach.sources.settings import read_sources


def noted(note: str, kind: str = "ticket") -> tuple[NoteSettings | None, list[Problem]]:
    problems: list[Problem] = []
    text = f"desk:\n  folder: in\n  kind: {kind}\n  note:\n{indent(note, '    ')}\n"
    node = read(text, "outreach.yaml", problems)
    (source,) = read_sources(
        node, Catalogue(), zone=ZoneInfo("UTC"), folder=Path(), problems=problems
    )
    return source.note, problems


@pytest.mark.parametrize(
    ("like", "method", "path"),
    [
        ("zendesk", "PUT", "/api/v2/tickets/{ticket.id}.json"),
        ("freshdesk", "POST", "/api/v2/tickets/{ticket.id}/notes"),
        ("zammad", "POST", "/api/v1/ticket_articles"),
    ],
)
def test_a_help_desk_that_is_known_needs_its_address_and_a_login(
    like: str, method: str, path: str
) -> None:
    note, problems = noted(f"like: {like}\nurl: https://desk.example/\nlogin: env:DESK_LOGIN")
    assert not problems
    assert note
    assert note.login
    assert (note.form.method, note.form.url) == (method, f"https://desk.example{path}")
    assert note.login.text == "env:DESK_LOGIN"


def test_another_one_is_written_out_and_keeps_its_types() -> None:
    note, problems = noted(
        'url: "https://desk.example/t/{ticket.number}"\n'
        "method: PATCH\n"
        "headers: {X-Api-Key: env:DESK_KEY, Accept: application/json}\n"
        'body: {note: "{text}", internal: true, tags: [case, "7"], level: 2, by: null}\n'
        "success: [200, 202]"
    )
    assert not problems
    assert note
    body = {"note": "{text}", "internal": True, "tags": ["case", "7"], "level": 2, "by": None}
    url = "https://desk.example/t/{ticket.number}"
    assert note.form == NoteForm(url, "PATCH", body, frozenset({200, 202}))
    assert {name: value.text for name, value in note.headers.items()} == {
        "X-Api-Key": "env:DESK_KEY",
        "Accept": "application/json",
    }


OWN = 'url: "https://desk.example/{ticket.id}"\n'


@pytest.mark.parametrize(
    ("note", "code", "said"),
    [
        ("like: zendsk\nurl: https://a.example", "E010", "Did you mean `zendesk`?"),
        ("like: zendesk", "E005", "needs the key `url`"),
        ("like: zendesk\nurl: http://a.example", "E010", "start with https://"),
        ("like: zendesk\nurl: https://a.example/api/v2", "E010", "only where the help desk is"),
        ("like: zendesk\nurl: https://a.example\nbody: {a: b}", "E310", "`like`, which says it"),
        ("url: https://{ticket.id}.example\nbody: {a: b}", "E010", "safely"),
        (OWN, "E005", "needs the key `body`"),
        (f"{OWN}body: [a]", "E004", "posted as JSON"),
        (f"{OWN}body: {{a: b}}\nmethod: DELETE", "E010", "not by `DELETE`"),
        (f"{OWN}body: {{a: b}}\nsuccess: 302", "E010", "302 is no success"),
        (f'{OWN}body: {{a: "{{txt}}"}}', "E010", "Did you mean `text`?"),
        ('url: https://a.example\nbody: {a: "{text}"}', "E005", "says which ticket"),
        (f"{OWN}body: {{a: b}}\nlogin: mara:secret", "E401", "comes from outside"),
        (f"{OWN}body: {{a: b}}\nheaders: {{X-Token: abc}}", "E401", "comes from outside"),
        (f"{OWN}body: {{a: b}}\nheaders: {{a b: c}}", "E402", "name of a header"),
        (f"{OWN}body: {{a: b}}\nlogn: env:A", "E003", "Did you mean `login`?"),
    ],
)
def test_a_mistake_is_told_with_its_place(note: str, code: str, said: str) -> None:
    _, problems = noted(note)
    assert (problems[0].code, problems[0].line > 3) == (code, True)
    assert said in problems[0].message


def test_a_source_without_tickets_has_nothing_to_note_on() -> None:
    _, problems = noted("like: zammad\nurl: https://a.example", kind="order")
    assert [problem.code for problem in problems] == ["E310"]
    assert "brings none" in problems[0].message
