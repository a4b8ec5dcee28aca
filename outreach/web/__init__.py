"""The HTTP side: what providers tell us later, and what customers choose."""

from outreach.web.app import create_app
from outreach.web.opening import open_web
from outreach.web.receivers import Receivers, open_receivers
from outreach.web.serving import WebServer

__all__ = ["Receivers", "WebServer", "create_app", "open_receivers", "open_web"]
