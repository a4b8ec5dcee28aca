"""What the pages for customers say, in each language that has a file of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from outreach.deciding.rendering.locales import choose

TEMPLATES = Path(__file__).parent / "templates"
#: languages of a browser that are looked at; nobody reads more
_MOST = 10

Words = Mapping[str, Any]


@cache
def spoken() -> Mapping[str, Words]:
    """Return the words by language."""
    files = sorted(TEMPLATES.glob("*.toml"))
    return {file.stem: tomllib.loads(file.read_text("utf-8")) for file in files}


def words_for(locale: str, workspace: str) -> Words:
    """Return the words for a reader: theirs, else the workspace's, else English."""
    choice = choose(spoken(), locale, workspace)
    return spoken()[choice.locale if choice else "en"]


def format_locale(locale: str, workspace: str) -> str:
    """Return the locale for dates that goes with a reader's words: de-AT has its own January."""
    choice = choose(spoken(), locale, workspace)
    return choice.formats if choice else "en"


def first_spoken(accept_language: str) -> str:
    """Return the first language of a browser that we speak, "" when there is none.

    Its order is taken for its wish: browsers send it so.
    """
    for wish in accept_language.split(",")[:_MOST]:
        language = wish.partition(";")[0].strip().partition("-")[0].lower()
        if language in spoken():
            return language
    return ""
