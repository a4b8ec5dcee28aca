"""Serving the HTTP side in a thread, beside whatever else the process does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from outreach.errors import OutreachError

#: seconds for requests to end that are being answered when it stops
GRACE = 10
#: requests at once; more are told to come back
MOST_AT_ONCE = 100


class WebServer:
    """Serves an application. Port 0 takes any free port; `url` says which."""

    def __init__(
        self, app: FastAPI, host: str, port: int, *, on_stop: Callable[[], None] | None = None
    ) -> None:
        """Listen at once; raises OutreachError when the port is taken."""
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family)
        except OSError as error:
            raise OutreachError(
                f"cannot listen on {host}, port {port}: {error.strerror or error}."
                " See `web:` in outreach.yaml"
            ) from None
        # what it accepts has it, too; without it each answer waits 40 ms
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(_config(app))
        self._thread = threading.Thread(target=self._run, name="web")
        self._on_stop = on_stop

    def start(self) -> None:
        """Serve from here on. Requests that came since it listens are answered, too."""
        self._thread.start()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Take no more requests and end when those in hand are answered, or their time is over."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()
        if self._on_stop is not None:
            self._on_stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=GRACE,
        # an address of ours comes from the settings, never from what a request says
        proxy_headers=False,
        server_header=False,
        log_config=None,
        log_level="critical",
        access_log=False,
    )
