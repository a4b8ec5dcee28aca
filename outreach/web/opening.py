"""From a workspace to its HTTP side, listening but not yet answering."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.clock import Clock
from outreach.passes.hearing import House
from outreach.store.database import Store
from outreach.web.app import create_app
from outreach.web.receivers import open_receivers
from outreach.web.serving import WebServer
from outreach.web.tally import Tally
from outreach.workspace.opening import Workspace
from outreach.workspace.settings import Settings


def house_of(settings: Settings) -> House:
    """Return what of a workspace replies are answered with."""
    return House(settings.shop.name, settings.locale, settings.safety.sms_stop_scope)


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
    receivers = open_receivers(workspace, env)
    house = house_of(workspace.settings)
    app = create_app(store, receivers, clock=clock, tally=tally, house=house)
    return WebServer(app, web.host, web.port, on_stop=tally.flush)
