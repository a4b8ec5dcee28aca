"""How the pages look and work in a browser: on a phone and a desktop, light and dark, with keys."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, insert, update

from outreach.deciding.rendering.links import LinkTo
from outreach.model import Channel, Kind
from outreach.passes.opting_out import By, Word, opt_out
from outreach.rules.survey import Scale, Survey
from outreach.store.change_log import LoggedChange, append_changes
from outreach.store.database import open_store
from outreach.store.frames import table_of
from outreach.store.ledger import MessageSubject
from outreach.store.subjects import Customer, Response, Ticket
from outreach.timing.durations import Duration
from outreach.timing.instants import to_micros
from tests.unit.ledger import DAY, NOON, add_enrollment, add_message
from tests.unit.web.front import PAGES, PHONE, Front, add_order, opened, sent, write_history

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = {"phone": (360, 800), "desktop": (1280, 900)}
ENDS = ({"": "badly"}, {"": "very well"})
CSAT = Survey("csat", {"": "How did we do?"}, Scale.FIVE, 2, Duration(days=14), {"": "Why?"}, ENDS)
TOLD = ({"": "on no account"}, {"": "for sure, and more than one"})
FRIEND = {"": "Would you tell a friend about us?"}
NPS = Survey("nps", FRIEND, Scale.TEN, 6, Duration(days=14), {"": "What is the reason?"}, TOLD)
#: a folder where pictures stay, so that somebody can look at them; of the dark only then
PICTURES = os.environ.get("OUTREACH_PICTURES")
#: what the dark could make worse is how well letters are told from what is behind them
SCHEMES: dict[Any, Any] = {"light": None, "dark": {"runOnly": ["color-contrast"]}}
#: pixels that a finger or a pointer needs at least (WCAG 2.2, 2.5.8), and what we give
TARGET, FINGER = 24, 44
_LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze in blue, desk lamp and 14 more"
#: what can be clicked, with its box; a checkbox is as large as its label
CLICKABLE = """
() => [...document.querySelectorAll('button, a, label')].map(each => {
  const box = each.getBoundingClientRect();
  return [each.tagName, each.closest('footer') !== null, box.width, box.height];
})
"""


@pytest.fixture
def front(sqlite_template: Path, tmp_path: Path) -> Iterator[Front]:
    """The pages over one database: how they look is not a matter of which."""
    file = tmp_path / "outreach.db"
    shutil.copy(sqlite_template, file)
    store = open_store(f"sqlite:///{file}")
    with store.write() as connection:
        write_history(connection)
        write_several(connection)
        for survey, message in (("csat", "asks"), ("nps", "asks-more")):
            asking = add_enrollment(connection, "A-77", key=survey)
            sent(connection, message, asking, purpose="survey", survey=survey)
    with opened(store, surveys={"csat": CSAT, "nps": NPS}) as front:
        yield front
    store.close()


def write_several(connection: Connection) -> None:
    """Let a message tell of two orders and a ticket, each with much to say of it."""
    number = add_enrollment(connection, "A-2", key="several")
    sent(connection, "several", number)
    add_order(connection, "A-77", status="delivered", delivered_at=NOON, item_summary=_LONG)
    ticket = {
        "id": "T-9",
        "customer_id": "ana",
        "status": "waiting_on_us",
        "subject": "Where is it?",
    }
    times = {"opened_at": NOON - 3 * DAY, "next_update_at": NOON + DAY}
    connection.execute(insert(table_of(Ticket)).values(**ticket, **times))
    for position, (kind, subject) in enumerate([("order", "A-77"), ("ticket", "T-9")], start=1):
        part = {"kind": kind, "subject_id": subject, "enrollment_id": number}
        table = table_of(MessageSubject)
        connection.execute(insert(table).values(message_id="several", position=position, **part))
    before, after, said = (to_micros(NOON + n * DAY) for n in (-1, 2, -2))
    moved = LoggedChange(Kind.ORDER, "A-2", "estimated_at", before, after, said)
    append_changes(connection, [moved], now=said, source="x")
    for order in ("A-1", "A-2"):
        number = add_enrollment(connection, order, key=f"again:{order}")
        add_message(connection, f"again-{order}", number, due_at=NOON + 3 * DAY)


@contextmanager
def window(browser: Browser, size: str = "phone", **options: Any) -> Iterator[Page]:
    """Open a window; what a page asks of others than its server, or complains of, is a fault."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on(
        "request", lambda request: request.is_navigation_request() or complaints.append(request.url)
    )
    yield page
    # a browser says itself that a page was answered with 404 or 410
    assert not [each for each in complaints if "Failed to load resource" not in each]
    context.close()


def states(front: Front, page: Page) -> Iterator[str]:
    """Bring a page into every state that customers see, and name it."""
    url = front.server.url

    def open_(message: str, to: LinkTo) -> None:
        page.goto(url + front.path(message, to))

    open_("survey", LinkTo.UNSUBSCRIBE)
    yield "unsubscribe"
    page.click("button[value=stop]")
    yield "unsubscribed"
    page.click("button[value=undo]")
    yield "undone"
    page.click(".link a")
    yield "preferences"
    page.click("button[value=save]")
    yield "saved"
    open_("survey", LinkTo.STATUS)
    yield "status"
    open_("several", LinkTo.STATUS)
    yield "status-several"
    with front.store.write() as connection:
        connection.execute(update(table_of(Customer)).values(locale="de"))
    open_("several", LinkTo.STATUS)
    yield "status-german"
    with front.store.write() as connection:
        opt_out(connection, Word(Channel.SMS, PHONE, By.TEXT), now=NOON)
    open_("survey", LinkTo.PREFERENCES)
    yield "fixed"
    page.goto(f"{url}/u/x")
    yield "gone"
    open_("asks", LinkTo.SURVEY)
    yield "survey"
    page.click(".score:nth-child(4)")
    page.fill("textarea", "Quick and friendly")
    # nobody reads and answers faster
    front.clock.move_to(front.clock.now() + timedelta(seconds=5))
    page.click("button.first")
    yield "thanks"
    open_("asks-more", LinkTo.SURVEY)
    yield "survey-of-ten"


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[Page, str], None]:
    """Take a picture of a whole page."""
    folder = Path(PICTURES or tmp_path / "pictures")

    def take(page: Page, name: str) -> None:
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        # a blank page makes a tiny one
        assert path.stat().st_size > 5_000

    return take


@pytest.mark.parametrize("size", list(SIZES))
def test_every_page_is_fit_for_everybody(
    front: Front, browser: Browser, size: str, keep: Callable[[Page, str], None]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    with window(browser, size) as page:
        for state in states(front, page):
            for scheme, rules in SCHEMES.items():
                page.emulate_media(color_scheme=scheme)
                if rules is None or PICTURES:
                    keep(page, f"{state}-{size}-{scheme}")
                found = axe.run(page, options=rules).response
                assert len(found["passes"]) >= (1 if rules else 10)
                faults = [(each["id"], each["help"]) for each in found["violations"]]
                assert not faults, (state, scheme, faults)
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
            for tag, is_below, width, height in page.evaluate(CLICKABLE):
                assert width >= TARGET
                assert height >= (FINGER if tag != "A" else 0 if is_below else TARGET), state


def test_it_is_dark_when_the_reader_wants_it_dark(front: Front, browser: Browser) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for scheme in ("light", "dark"):
        with window(browser, color_scheme=scheme) as page:  # type: ignore[arg-type]
            page.goto(front.server.url + front.path())
            seen.append(page.evaluate(colour))
    assert seen == ["rgb(243, 241, 236)", "rgb(22, 23, 22)"]


def test_a_keyboard_is_enough_and_no_script_runs(front: Front, browser: Browser) -> None:
    with window(browser, java_script_enabled=False) as page:
        page.goto(front.server.url + front.path(to=LinkTo.PREFERENCES))
        page.keyboard.press("Tab")
        assert page.locator(":focus").get_attribute("name") == "service.email"
        assert page.locator(":focus-visible").count() == 1
        page.keyboard.press("Space")
        # Enter presses the form's first button: it saves, and stops nothing else
        page.keyboard.press("Enter")
        page.wait_for_selector(".said")
        assert front.look(to=LinkTo.PREFERENCES).ticked == [
            "service.sms",
            "survey.email",
            "survey.sms",
        ]


def test_it_reads_well_in_large_letters(front: Front, browser: Browser) -> None:
    """Twice as large on a phone (WCAG 1.4.4): nothing is cut off or runs out of the window."""
    with window(browser) as page:
        for to in PAGES:
            page.goto(front.server.url + front.path(to=to))
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_score_is_given_with_keys_alone(front: Front, browser: Browser) -> None:
    with window(browser, java_script_enabled=False) as page:
        page.goto(front.server.url + front.path("asks", LinkTo.SURVEY) + "?score=4")
        page.keyboard.press("Tab")
        assert page.locator(":focus").get_attribute("value") == "4"
        page.keyboard.press("ArrowRight")
        front.clock.move_to(front.clock.now() + timedelta(seconds=5))
        page.keyboard.press("Enter")
        page.wait_for_selector(".said")
    (row,) = front.rows(Response)
    assert (row.score, row.counts) == (5, True)


def test_a_click_that_sends_no_form_records_nothing(front: Front, browser: Browser) -> None:
    """What a scanner does that runs a browser: it opens the link, and clicks what it finds."""
    with window(browser) as page:
        page.goto(front.server.url + front.path("asks", LinkTo.SURVEY) + "?score=5")
        for place in range(page.locator(".score").count()):
            page.locator(".score").nth(place).click()
        page.evaluate("document.querySelector('.score input').click()")
        page.reload()
    assert front.rows(Response) == []
