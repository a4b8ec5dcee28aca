"""What arrived, as plain pages for a browser. Looking changes nothing."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from outreach.channels.sandbox.arrivals import Arrived
from outreach.channels.sandbox.desk import Desk
from outreach.channels.sandbox.faults import MAGIC

_SHOWN = 200
#: nothing of a mail may run, ask the network, or leave its frame
_MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"


class Pages:
    """The list of what arrived, each message, and the HTML of a mail in its own frame."""

    def __init__(self, desk: Desk) -> None:
        self._arrivals = desk.arrivals
        folder = Path(__file__).parent / "templates"
        self._templates = Environment(loader=FileSystemLoader(folder), autoescape=True)

    def routes(self) -> list[Route]:
        return [
            Route("/", self.index, methods=["GET"]),
            Route("/messages/{number:int}", self.message, methods=["GET"]),
            Route("/messages/{number:int}/html", self.html, methods=["GET"]),
        ]

    async def index(self, request: Request) -> Response:
        messages = self._arrivals.all()[::-1]
        return self._page(
            "list.html",
            messages=messages[:_SHOWN],
            count=self._arrivals.count,
            refresh="live" in request.query_params,
            magic=MAGIC,
        )

    async def message(self, request: Request) -> Response:
        message = self._find(request)
        if message is None:
            return self._page("missing.html", status=404)
        numbers = [each.number for each in self._arrivals.all()]
        return self._page(
            "message.html",
            message=message,
            newer=min((n for n in numbers if n > message.number), default=None),
            older=max((n for n in numbers if n < message.number), default=None),
        )

    async def html(self, request: Request) -> Response:
        message = self._find(request)
        if message is None:
            return self._page("missing.html", status=404)
        return HTMLResponse(message.html, headers={"Content-Security-Policy": _MAIL_POLICY})

    def _find(self, request: Request) -> Arrived | None:
        return self._arrivals.find(request.path_params["number"])

    def _page(self, name: str, status: int = 200, **values: object) -> Response:
        content = self._templates.get_template(name).render(**values)
        return HTMLResponse(
            content, status_code=status, headers={"Content-Security-Policy": _PAGE_POLICY}
        )
