"""From a workspace to its HTTP side, listening but not yet answering."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.clock import Clock
from outreach.model import Channel
from outreach.releases import house_of, open_links, read_channels
from outreach.store.database import Store
from outreach.web.app import create_app
from outreach.web.page_views import Views
from outreach.web.pages import Pages
from outreach.web.receivers import open_receivers
from outreach.web.serving import WebServer
from outreach.web.tally import Tally
from outreach.workspace.opening import Workspace


def open_web(
    workspace: Workspace, store: Store, *, env: Mapping[str, str], clock: Clock
) -> WebServer | None:
    """Return the server of a workspace, None when `web:` is not set.

    Raises OutreachError when the port is taken, or a key is missing or is none.
    """
    web = workspace.settings.web
    if web is None:
        return None
    tally = Tally()
    receivers, pages = open_receivers(workspace, env), open_pages(workspace, env)
    house = house_of(workspace)
    app = create_app(store, receivers, clock=clock, tally=tally, house=house, pages=pages)
    return WebServer(app, web.host, web.port, on_stop=tally.flush)


def open_pages(workspace: Workspace, env: Mapping[str, str]) -> Pages | None:
    """Return the customers' pages, None without `web: secret`; raises Problems as `open_web`."""
    links = open_links(workspace, env)
    if links is None:
        return None
    channels, settings = read_channels(workspace), workspace.settings
    views = Views(settings.shop.context(), settings.locale)
    known = frozenset(c for c in Channel if channels.of(c))
    return Pages(links, views, known, settings.zone, settings.surveys, settings.locale)
