"""`note:` of a source: how a case is noted on the tickets that it brings.

It is the only thing that is ever written to a help desk: an internal note, which customers do not
see, by a login that needs no other right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from outreach.deciding.noting import IN_AN_ADDRESS, OF_A_TICKET, PLACES, NoteForm, places_in
from outreach.rules import yaml_nodes
from outreach.rules.yaml_nodes import Node, Scalar
from outreach.rules.yaml_section import Section, did_you_mean, parse_whole

NOTE_KEYS = ("like", "url", "login", "headers", "method", "body", "success")
METHODS = ("POST", "PUT", "PATCH")
_OWN_FORM = ("method", "body", "success")
_ADDRESS = re.compile(r"https://[^/\s{}]+(/\S*)?|http://(localhost|127\.0\.0\.1)(:\d+)?(/\S*)?")
_ENV = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_IS_SECRET = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,15}")
_WORDS = {"true": True, "false": False, "null": None}

#: help desks whose way is known: what follows their address, and what they take there
LIKE: Mapping[str, NoteForm] = {
    "zendesk": NoteForm(
        "/api/v2/tickets/{ticket.id}.json",
        "PUT",
        {"ticket": {"comment": {"body": "{text}", "public": False}}},
    ),
    "freshdesk": NoteForm(
        "/api/v2/tickets/{ticket.id}/notes", "POST", {"body": "{html}", "private": True}
    ),
    "zammad": NoteForm(
        "/api/v1/ticket_articles",
        "POST",
        {
            "ticket_id": "{ticket.id}",
            "subject": "{title}",
            "body": "{text}",
            "content_type": "text/plain",
            "type": "note",
            "internal": True,
        },
    ),
}


@dataclass(frozen=True)
class NoteSettings:
    """How notes are written through a source; what `login` and `headers` name may be secret."""

    form: NoteForm
    login: Scalar | None = None
    headers: Mapping[str, Scalar] = field(default_factory=dict)


def read_note(section: Section) -> NoteSettings | None:
    """Read `note:` of a source, None when it has none or one that cannot be used."""
    if "note" not in section:
        return None
    part = section.section("note", NOTE_KEYS, f"`note` of {section.name}")
    if part is None:
        return None
    form = _form(part)
    login = part.scalar("login")
    if login:
        _check_reference(part, login)
    headers = _headers(part)
    return NoteSettings(form, login, headers) if form else None


def _form(part: Section) -> NoteForm | None:
    part.need("url")
    url, like = part.scalar("url"), _like(part)
    if url and not _ADDRESS.fullmatch(url.text):
        said = "`url` is no address that notes can safely go to: start with https://"
        part.report("E010", said, url)
        return None
    return _like_form(part, url, like) if "like" in part else _own_form(part, url)


def _like(part: Section) -> NoteForm | None:
    like = part.scalar("like")
    if like and like.text not in LIKE:
        said = f"no help desk is known as `{like.text}`.{did_you_mean(like.text, LIKE)}"
        hint = f"known: {' · '.join(LIKE)}; for another one write `url` and `body`"
        part.report("E010", said, like, hint=hint)
    return LIKE.get(like.text) if like else None


def _like_form(part: Section, url: Scalar | None, like: NoteForm | None) -> NoteForm | None:
    for key in _OWN_FORM:
        if key in part:
            part.report("E310", f"`{key}` means nothing beside `like`, which says it", key)
    if url is None or like is None:
        return None
    base = url.text.rstrip("/")
    if places_in(base) or base.count("/") > 2:
        said = "beside `like`, `url` is only where the help desk is: https://shop.zendesk.com"
        part.report("E010", said, url)
        return None
    return NoteForm(base + like.url, like.method, like.body, like.success)


def _own_form(part: Section, url: Scalar | None) -> NoteForm | None:
    part.need("body")
    node = part.node.get("body")
    body = None if node is None else _json(node)
    if node is not None and not isinstance(node, yaml_nodes.Mapping):
        part.report("E004", "`body` must have keys of its own: it is posted as JSON", "body")
    method = part.text("method", "POST")
    if method not in METHODS:
        said = f"a note is written by POST, PUT or PATCH, not by `{method}`"
        part.report("E010", said, "method")
    success = [part.parsed_scalar(scalar, _parse_status) for scalar in part.scalars("success")]
    if url is None or node is None or not _are_known(part, url.text, body):
        return None
    return NoteForm(url.text, method, body, frozenset(filter(None, success)))


def _are_known(part: Section, url: str, body: Any) -> bool:
    """Report places that nothing fills, and a form that names no ticket."""
    before = len(part.problems)
    for key, names, known in (
        ("url", places_in(url), IN_AN_ADDRESS),
        ("body", places_in(body), tuple(PLACES)),
    ):
        for name in names:
            if name not in known:
                said = f"nothing here is called `{{{name}}}`.{did_you_mean(name, known)}"
                part.report("E010", said, key, hint=f"known: {' · '.join(known)}")
    if not {*places_in(url), *places_in(body)} & set(OF_A_TICKET):
        said = "neither `url` nor `body` says which ticket it is"
        part.report("E005", said, "url", hint='url: "https://desk.example/tickets/{ticket.id}"')
    return len(part.problems) == before


def _headers(part: Section) -> dict[str, Scalar]:
    found = {}
    for name, node in part.named("headers"):
        if not _HEADER.fullmatch(name.text):
            part.report("E402", f"`{name.text}` cannot be the name of a header", name)
        elif not isinstance(node, Scalar) or node.is_empty:
            part.report("E004", f"the header `{name.text}` must be a single value", node)
        else:
            if _IS_SECRET.search(name.text) or node.text.startswith("env:"):
                _check_reference(part, node)
            found[name.text] = node
    return found


def _check_reference(part: Section, scalar: Scalar) -> None:
    if not _ENV.fullmatch(scalar.text):
        said = "it is a secret and comes from outside: write env:DESK_LOGIN, and set that"
        part.report("E401", said, scalar)


def _parse_status(text: str) -> int:
    status = parse_whole(text)
    if not 200 <= status < 300:
        raise ValueError(f"{text} is no success: only 200 to 299 are")
    return status


def _json(node: Node) -> Any:
    """Return a part of a file as JSON means it: what stands in quotes is a text."""
    if isinstance(node, yaml_nodes.Mapping):
        return {key.text: _json(value) for key, value in node.entries}
    if isinstance(node, yaml_nodes.Sequence):
        return [_json(item) for item in node.items]
    assert isinstance(node, Scalar)
    if node.style:
        return node.text
    if _NUMBER.fullmatch(node.text):
        return int(node.text)
    return _WORDS.get(node.text, node.text)
