"""The application behind the HTTP side, with all its addresses."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from outreach import __version__
from outreach.clock import Clock
from outreach.passes.hearing import House
from outreach.store.database import Store
from outreach.web.inbound import inbound
from outreach.web.pages import Counter, Pages, page_routes
from outreach.web.receivers import Receivers
from outreach.web.survey_pages import Surveys, survey_routes
from outreach.web.tally import Tally
from outreach.web.webhooks import Desk, webhooks


def create_app(
    store: Store,
    receivers: Receivers,
    *,
    clock: Clock,
    tally: Tally | None = None,
    house: House | None = None,
    pages: Pages | None = None,
) -> FastAPI:
    """Return the application; requests are answered on threads. `pages` are the customers'."""
    tally = tally or Tally()
    desk = Desk(store, clock, tally)
    app = FastAPI(
        title="Outreach",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(webhooks(receivers, desk))
    app.include_router(inbound(receivers, desk, house or House()))
    if pages is not None:
        counter = Counter(pages, store, clock, tally)
        app.include_router(page_routes(counter))
        surveys = Surveys(pages.views, pages.surveys, pages.locale)
        app.include_router(survey_routes(counter, surveys))

    @app.get("/health", summary="Whether it answers and has its database")
    def health() -> dict[str, str]:
        try:
            with store.read() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            raise HTTPException(503, "the database is away") from None
        return {"status": "ok"}

    return app
