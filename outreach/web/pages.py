"""The pages behind the links in messages: unsubscribe, and choose what to hear.

Looking changes nothing, however often machines do it; one click of a mail program, or of a button
on a page, counts at once. A link opens its own page only, and says nothing but whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from outreach.clock import Clock
from outreach.deciding.rendering.links import BadLink, Links, LinkTo, OldLink
from outreach.model import NON_ESSENTIAL, Channel, Purpose
from outreach.passes.choosing import choose, stop, undo, undoable
from outreach.passes.opting_out import By
from outreach.passes.readers import Reader, find_reader
from outreach.passes.telling import tell
from outreach.rules.survey import Survey
from outreach.store.database import Store
from outreach.web.bodies import Limited, read_form
from outreach.web.page_views import HEADERS, SHOWN, Views, box, purposes_of, topic
from outreach.web.page_words import first_spoken
from outreach.web.tally import CHOSEN, UNANSWERED, Tally

#: no form of ours is a tenth of it
FORM_LIMIT = 10_000
#: whatever stands at a link's end, nothing too: a link that was cut off gets a page of ours
ENDING = "{token:path}"
#: seconds until a mail program may ask again
RETRY_AFTER = "60"

FormBody = Annotated[bytes, Depends(Limited(FORM_LIMIT))]
Answer = Callable[[Connection, Reader, datetime], Response]


@dataclass(frozen=True)
class Pages:
    """What the pages are made from: what opens links, and how they look.

    `zone` is the clock of customers whose own is not known.
    """

    links: Links
    views: Views
    channels: frozenset[Channel]
    zone: ZoneInfo
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    locale: str = "en"


class Counter:
    """Where readers come to: it finds out who they are, and answers whatever happens."""

    def __init__(self, pages: Pages, store: Store, clock: Clock, tally: Tally) -> None:
        self._pages = pages
        self._store = store
        self._clock = clock
        self._tally = tally

    def answer(
        self, to: LinkTo, token: str, request: Request, act: Answer, *, writes: bool = False
    ) -> Response:
        """Answer the holder of a link; without `writes` nothing can be changed."""
        now, views = self._clock.now(), self._pages.views
        browser = first_spoken(request.headers.get("accept-language", ""))
        try:
            message = self._pages.links.read(to, token, now)
        except OldLink:
            return views.gone("old", 410, browser)
        except BadLink:
            return views.gone("unknown", 404, browser)
        try:
            with self._store.write() if writes else self._store.read() as connection:
                reader = find_reader(connection, message, self._pages.channels, now=now)
                if reader is None:
                    return views.gone("unknown", 404, browser)
                return act(connection, reader, now)
        except Exception as error:  # noqa: BLE001 - whatever it is, they shall come again
            self._tally.add(UNANSWERED, to.value, {type(error).__name__: 1}, now)
            response = views.gone("away" if to is LinkTo.STATUS else "later", 503, browser)
            response.headers["Retry-After"] = RETRY_AFTER
            return response

    def unsubscribe(self, form: dict[str, str]) -> Answer:
        """Return what a form of the unsubscribe page does."""

        def act(connection: Connection, reader: Reader, now: datetime) -> Response:
            words = self._pages.views.words(reader.locale)["unsubscribe"]
            about = topic(reader)
            match form:
                case {"List-Unsubscribe": "One-Click"}:
                    text = "List-Unsubscribe=One-Click"
                    offers = {Purpose.MARKETING} if reader.message.has_coupon else set()
                    ended = purposes_of(about) | offers
                    self._stop(connection, reader, ended, By.ONE_CLICK, text, now)
                    return HTMLResponse("", headers=HEADERS)
                case {"action": "stop" | "all" as action}:
                    about = about if action == "stop" else "everything"
                    text = words[about]["button"]
                    self._stop(connection, reader, purposes_of(about), By.PAGE, text, now)
                    return self.show_unsubscribe(connection, reader, now)
                case {"action": "undo"}:
                    again = undo(connection, reader, text=words[about]["undo"], now=now)
                    self._tally.add(CHOSEN, "unsubscribe", {"undone": bool(again)}, now)
                    return self.show_unsubscribe(connection, reader, now, undone=bool(again))
            return self._pages.views.gone("strange", 400, reader.locale)

        return act

    def choose(self, form: dict[str, str]) -> Answer:
        """Return what the form of the preference page does."""

        def act(connection: Connection, reader: Reader, now: datetime) -> Response:
            words = self._pages.views.words(reader.locale)
            match form.get("action"):
                case "save":
                    wanted = {choice for choice in reader.choices if box(*choice) in form}
                    said = {p: _said(words["purpose"][p.value]) for p in SHOWN}
                    choose(connection, reader, wanted, texts=said, now=now)
                    self._tally.add(CHOSEN, "preferences", {"saved": 1}, now)
                case "all":
                    text = words["preferences"]["everything"]
                    self._stop(connection, reader, NON_ESSENTIAL, By.PAGE, text, now)
                case _:
                    return self._pages.views.gone("strange", 400, reader.locale)
            return self.show_preferences(connection, reader, now, is_saved=True)

        return act

    def show_unsubscribe(
        self,
        connection: Connection,
        reader: Reader,
        now: datetime,
        *,
        undone: bool = False,
    ) -> Response:
        """Return the unsubscribe page as things stand now."""
        reader = self._again(connection, reader, now)
        token = self._pages.links.token(LinkTo.PREFERENCES, reader.message.id, now)
        return self._pages.views.unsubscribe(
            reader,
            # from here, as an address of ours may begin with a folder of a proxy's
            choose=f"..{LinkTo.PREFERENCES.path}{token}",
            can_undo=bool(undoable(connection, reader)),
            undone=undone,
        )

    def show_preferences(
        self, connection: Connection, reader: Reader, now: datetime, *, is_saved: bool = False
    ) -> Response:
        """Return the preference page as things stand now."""
        reader = self._again(connection, reader, now)
        return self._pages.views.preferences(reader, is_saved=is_saved)

    def show_status(self, connection: Connection, reader: Reader, now: datetime) -> Response:
        """Return the page that says how what the message was about stands now."""
        pages = self._pages
        telling = tell(connection, reader, pages.zone, now)
        if not telling.cases:
            return pages.views.gone("nothing", 404, reader.locale)
        token = pages.links.token(LinkTo.PREFERENCES, reader.message.id, now)
        choose = f"..{LinkTo.PREFERENCES.path}{token}"
        return pages.views.status(reader, telling, choose=choose, now=now)

    def _again(self, connection: Connection, reader: Reader, now: datetime) -> Reader:
        return find_reader(connection, reader.message.id, self._pages.channels, now=now) or reader

    def _stop(
        self,
        connection: Connection,
        reader: Reader,
        purposes: frozenset[Purpose],
        by: By,
        text: str,
        now: datetime,
    ) -> None:
        dropped = stop(connection, reader, purposes, by=by, text=text, now=now)
        self._tally.add(CHOSEN, by.value, {"stopped": 1, "dropped": dropped}, now)


def page_routes(counter: Counter) -> APIRouter:
    """Return the addresses of the pages."""
    router = APIRouter(default_response_class=HTMLResponse)

    def show_unsubscribe(token: str, request: Request) -> Response:
        return counter.answer(LinkTo.UNSUBSCRIBE, token, request, counter.show_unsubscribe)

    def show_preferences(token: str, request: Request) -> Response:
        return counter.answer(LinkTo.PREFERENCES, token, request, counter.show_preferences)

    def show_status(token: str, request: Request) -> Response:
        return counter.answer(LinkTo.STATUS, token, request, counter.show_status)

    for to, show in (
        (LinkTo.UNSUBSCRIBE, show_unsubscribe),
        (LinkTo.PREFERENCES, show_preferences),
        (LinkTo.STATUS, show_status),
    ):
        path, said = to.path + ENDING, f"The page to {to.value}: looking changes nothing"
        router.add_api_route(path, show, methods=["GET"], summary=said, responses=_LINKS)
        router.add_api_route(path, show, methods=["HEAD"], include_in_schema=False)

    @router.post(
        LinkTo.UNSUBSCRIBE.path + ENDING,
        summary="Unsubscribe, by one click (RFC 8058) or by a button",
        responses=_FORMS,
        openapi_extra=_form({"List-Unsubscribe": ["One-Click"], "action": ["stop", "all", "undo"]}),
    )
    def unsubscribe(token: str, request: Request, body: FormBody) -> Response:
        act = counter.unsubscribe(_form_of(request, body))
        return counter.answer(LinkTo.UNSUBSCRIBE, token, request, act, writes=True)

    @router.post(
        LinkTo.PREFERENCES.path + ENDING,
        summary="Keep what was chosen",
        responses=_FORMS,
        openapi_extra=_form(
            {"action": ["save", "all"]} | {box(p, c): ["on"] for p in SHOWN for c in Channel}
        ),
    )
    def keep_choices(token: str, request: Request, body: FormBody) -> Response:
        act = counter.choose(_form_of(request, body))
        return counter.answer(LinkTo.PREFERENCES, token, request, act, writes=True)

    return router


def _form_of(request: Request, body: bytes) -> dict[str, str]:
    return read_form(body, request.headers.get("content-type", ""))


def _said(purpose: dict[str, str]) -> str:
    return f"{purpose['name']}: {purpose['what']}"


def _form(fields: dict[str, list[str]]) -> dict[str, object]:
    schema = {
        "type": "object",
        "properties": {name: {"type": "string", "enum": v} for name, v in fields.items()},
    }
    kinds = ("application/x-www-form-urlencoded", "multipart/form-data")
    return {"requestBody": {"content": {kind: {"schema": schema} for kind in kinds}}}


_LINKS: dict[int | str, dict[str, object]] = {
    404: {"description": "a link that is not ours, or leads to nobody"},
    410: {"description": "a link whose time is over"},
    503: {"description": "cannot be answered now: come again later"},
}
_FORMS = _LINKS | {
    400: {"description": "a form that is none of ours"},
    413: {"description": "too long"},
}
