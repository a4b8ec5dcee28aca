"""The page behind a survey's link: it asks, takes the answer, and says what happens next.

Looking at it records nothing, whoever looks and however often; only its form does. Who fills in
what people do not see, or is done before they could have read it, is taken for a machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from outreach.deciding.rendering.links import LinkTo
from outreach.passes.answering import Answer, Asked, answer, find_asked
from outreach.passes.readers import Reader
from outreach.rules.survey import Scale, Survey, wording
from outreach.web.bodies import Limited, read_form
from outreach.web.page_views import Views
from outreach.web.pages import ENDING, Counter

#: a comment of 2,000 letters, each of them encoded
FORM_LIMIT = 30_000
#: nobody reads a question and answers it faster
DWELL = timedelta(seconds=1)
#: a field that people do not see, so that only machines fill it in
BAIT = "website"
SHOWN_AT = "shown"

FormBody = Annotated[bytes, Depends(Limited(FORM_LIMIT))]


@dataclass(frozen=True)
class Surveys:
    """What the page asks, and how it looks."""

    views: Views
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    locale: str = "en"

    def show(
        self, connection: Connection, reader: Reader, now: datetime, chosen: str = ""
    ) -> Response:
        """Return the page as things stand; `chosen` is the score of the button in the mail."""
        asked = find_asked(connection, self.surveys, reader.message.id, now)
        if asked is None:
            return self.views.gone("unknown", 404, reader.locale)
        if not asked.can_be_answered:
            why = "over" if asked.is_over else "reopened"
            return self.views.gone(why, 410 if asked.is_over else 200, reader.locale)
        score = _score(chosen, asked.survey.scale)
        if score is None and asked.latest is not None:
            score = asked.latest.score
        return self._page(asked, reader, now, score=score)

    def take(
        self, connection: Connection, reader: Reader, now: datetime, form: Mapping[str, str]
    ) -> Response:
        """Keep what the form says, and thank for it."""
        asked = find_asked(connection, self.surveys, reader.message.id, now)
        if asked is None or not asked.can_be_answered:
            return self.show(connection, reader, now)
        score = _score(form.get("score", ""), asked.survey.scale)
        if score is None:
            return self._page(asked, reader, now, is_missing=True)
        said = Answer(
            score,
            form.get("comment", "") if asked.survey.comment else "",
            is_suspected=_is_machine(form, now),
        )
        answer(connection, asked, said, locale=reader.locale, now=now)
        return self._page(asked, reader, now, score=score, is_thanked=True)

    def _page(
        self,
        asked: Asked,
        reader: Reader,
        now: datetime,
        *,
        score: int | None = None,
        is_missing: bool = False,
        is_thanked: bool = False,
    ) -> Response:
        survey = asked.survey
        texts = {
            "question": survey.question,
            "low_end": survey.ends[0],
            "high_end": survey.ends[1],
            "comment": survey.comment,
            "thanks": survey.thanks,
        }
        said = {name: wording(text, reader.locale, self.locale) for name, text in texts.items()}
        written = asked.latest.comment if asked.latest is not None else ""
        return self.views.survey(
            reader.locale,
            said=said,
            scale=survey.scale,
            score=score,
            written=written or "",
            shown_at=int(now.timestamp() * 1000),
            is_missing=is_missing,
            is_thanked=is_thanked,
        )


def _score(text: str, scale: Scale) -> int | None:
    score = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None
    return score if score in scale.scores else None


def _is_machine(form: Mapping[str, str], now: datetime) -> bool:
    shown = form.get(SHOWN_AT, "")
    if form.get(BAIT) or not (shown.isascii() and shown.isdigit() and len(shown) < 16):
        return True
    return now.timestamp() * 1000 - int(shown) < DWELL / timedelta(milliseconds=1)


def survey_routes(counter: Counter, surveys: Surveys) -> APIRouter:
    """Return the addresses of the survey page."""
    router = APIRouter(default_response_class=HTMLResponse)
    path = LinkTo.SURVEY.path + ENDING

    def show(token: str, request: Request, score: str = "") -> Response:
        def look(connection: Connection, reader: Reader, now: datetime) -> Response:
            return surveys.show(connection, reader, now, score)

        return counter.answer(LinkTo.SURVEY, token, request, look)

    said = "The page with a survey's question: looking records nothing"
    router.add_api_route(path, show, methods=["GET"], summary=said, responses=_ANSWERS)
    router.add_api_route(path, show, methods=["HEAD"], include_in_schema=False)

    @router.post(path, summary="Keep an answer", responses=_ANSWERS)
    def take(token: str, request: Request, body: FormBody) -> Response:
        form = read_form(body, request.headers.get("content-type", ""))

        def keep(connection: Connection, reader: Reader, now: datetime) -> Response:
            return surveys.take(connection, reader, now, form)

        return counter.answer(LinkTo.SURVEY, token, request, keep, writes=True)

    return router


_ANSWERS: dict[int | str, dict[str, object]] = {
    404: {"description": "a link that is not ours, or asks nothing"},
    410: {"description": "a survey whose time is over"},
    413: {"description": "too long"},
    503: {"description": "cannot be answered now: come again later"},
}
