"""Machines that look into mail: ten of them change not one byte; one person with a phone does."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from outreach.deciding.rendering.links import LinkTo
from outreach.store.database import open_store
from outreach.store.permissions import Consent
from tests.unit.ledger import NOON
from tests.unit.web.front import EVERYWHERE, Front, add_order, opened, write_history, write_survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: how mail gateways, proxies and mail programs ask for an address
PROGRAMS = [
    ("GET", {}),
    ("HEAD", {}),
    ("GET", {"Sec-Purpose": "prefetch"}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ("GET", {"User-Agent": "GoogleImageProxy"}),
    ("GET", {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) BarracudaCentral"}),
    ("GET", {"User-Agent": "curl/8.5.0", "Range": "bytes=0-0"}),
]
#: what a scanner with a browser does: it clicks whatever is no button of a form
CLICK_EVERYTHING = """
() => {
  for (const each of document.querySelectorAll('*')) {
    const submits = each.matches('button, input[type=submit], input[type=image]');
    if (submits || each.matches('a')) continue;
    each.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));
    each.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
  }
}
"""
#: the largest phones of the day are about as wide
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    file = tmp_path / "outreach.db"
    shutil.copy(sqlite_template, file)
    return file


@pytest.fixture
def front(file: Path) -> Iterator[Front]:
    """The pages over one database: what a page does is not a matter of which."""
    store = open_store(f"sqlite:///{file}")
    with store.write() as connection:
        write_history(connection)
        add_order(connection, "A-9", status="delivered", delivered_at=NOON)
        write_survey(connection)
    with opened(store) as front:
        yield front
    store.close()


def dump(file: Path) -> bytes:
    """Return all that a database holds, every table and every row."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return "\n".join(connection.iterdump()).encode()
    finally:
        connection.close()


def every_link(front: Front) -> list[str]:
    """Return the links of all messages, and those that their pages have to others of ours."""
    found = [front.path(m, to) for m in ("survey", "service", "transactional") for to in EVERYWHERE]
    found.append(front.path("asks", LinkTo.SURVEY))
    pages = [front.ask("GET", path).text for path in found]
    more = [link for page in pages for link in re.findall(r'href="\.\.(/[^"]+)"', page)]
    return list(dict.fromkeys(found + more))


def follow(page: Page, url: str) -> None:
    """Open a page as a scanner with a browser does, and click what is no button of a form."""
    page.goto(url)
    page.evaluate(CLICK_EVERYTHING)
    for link in page.locator("main a").all():
        href = link.get_attribute("href") or ""
        if href.startswith(".."):
            link.click()
            page.evaluate(CLICK_EVERYTHING)
            page.goto(url)


def test_ten_scanners_change_nothing_and_one_person_does(
    front: Front, file: Path, browser: Browser
) -> None:
    links = every_link(front)
    assert len(links) > len(EVERYWHERE)
    assert 'name="score"' in front.look("asks", LinkTo.SURVEY).text
    before = dump(file)
    for method, headers in PROGRAMS:
        for link in links:
            for query in ("", "?score=1", "?action=stop&List-Unsubscribe=One-Click"):
                assert front.ask(method, link + query, **headers).status == 200
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        for link in links:
            if scripts:
                follow(page, front.server.url + link)
            else:
                page.goto(front.server.url + link)
        context.close()
    # the tenth fetches ahead what it thinks will be clicked
    context = browser.new_context()
    page = context.new_page()
    page.goto(front.server.url + front.path())
    fetched = page.evaluate(
        "links => Promise.all(links.map(link => fetch(link).then(a => a.status, () => 0)))", links
    )
    # our own page forbids it: nothing but what a browser itself opens gets through
    assert set(fetched) == {0}
    context.close()
    assert dump(file) == before

    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(front.server.url + front.path("survey", LinkTo.UNSUBSCRIBE))
    page.tap("button[value=stop]")
    page.wait_for_selector("button[value=undo]")
    context.close()
    assert dump(file) != before
    assert {(word.purpose, word.granted) for word in front.rows(Consent)} == {("survey", False)}
