"""The sandbox as a server: in a thread for tests and the demo, in the foreground as a tool."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from outreach.channels.sandbox.arrivals import Arrivals, Arrived
from outreach.channels.sandbox.desk import Desk
from outreach.channels.sandbox.faults import Fault, Script
from outreach.channels.sandbox.journal import Journal
from outreach.channels.sandbox.mischief import Chance, Plan
from outreach.channels.sandbox.pages import Pages
from outreach.channels.sandbox.sendgrid_api import SendGridApi
from outreach.channels.sandbox.twilio_api import TwilioApi
from outreach.clock import Clock, SystemClock


class Sandbox:
    """A local SendGrid and Twilio. Port 0 takes any free port; `url` says which.

    `on_message` is called for every arrival, on the server's own thread. `keep` bounds memory.
    `chance` says what goes wrong by itself, `journal` is told of every request.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        clock: Clock | None = None,
        on_message: Callable[[Arrived], None] | None = None,
        keep: int = 10_000,
        chance: Chance | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._arrivals = Arrivals(keep, on_message)
        self._script = Script()
        self._socket = socket.create_server((host, port))
        address = self._socket.getsockname()
        self.url = f"http://{address[0]}:{address[1]}"
        chance = chance or Chance(Plan())
        desk = Desk(self._arrivals, self._script, clock or SystemClock(), chance, journal)
        parts = (SendGridApi(desk), TwilioApi(desk), Pages(desk))
        app = Starlette(routes=[route for part in parts for route in part.routes()])
        self._server = uvicorn.Server(_config(app))
        self._thread: threading.Thread | None = None

    @property
    def messages(self) -> tuple[Arrived, ...]:
        """Return what arrived, oldest first, the last `keep` of it."""
        return self._arrivals.all()

    @property
    def count(self) -> int:
        """Return how many messages arrived since the start or the last `clear`."""
        return self._arrivals.count

    def script(self, fault: Fault | None, *, times: int = 1, to: str | None = None) -> None:
        """Let the next requests meet a fault (None: none), or one recipient until `clear`."""
        self._script.add(fault, times=times, to=to)

    def clear(self) -> None:
        """Forget what arrived and what was scripted."""
        self._arrivals.clear()
        self._script.clear()

    def start(self) -> Self:
        """Serve in a thread. Requests made from here on are answered."""
        self._thread = threading.Thread(target=self.run, name="sandbox", daemon=True)
        self._thread.start()
        return self

    def run(self) -> None:
        """Serve on this thread until stopped; Ctrl-C ends it when it is the main one."""
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """End at once; answers that are still due fail."""
        self._server.should_exit = True
        self._server.force_exit = True
        if self._thread is not None:
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def serve(
    host: str,
    port: int,
    on_message: Callable[[Arrived], None],
    on_start: Callable[[str], None] | None = None,
    **options: Any,
) -> int:
    """Run a sandbox in the foreground until Ctrl-C; returns how many messages arrived.

    `on_start` is told the url, `options` are the sandbox's. Raises OSError when the port is taken.
    """
    sandbox = Sandbox(host, port, on_message=on_message, **options)
    if on_start is not None:
        on_start(sandbox.url)
    try:
        sandbox.run()
    except KeyboardInterrupt:
        return sandbox.count
    finally:
        sandbox.stop()
    return sandbox.count


class _CuttableProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Shows each request its connection, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        # asyncio does so only for sockets it made itself; without it each answer waits 40 ms
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_CuttableProtocol,
        ws="none",
        lifespan="off",
        # longer than any sender keeps an idle connection, so that none closes as it is written to
        timeout_keep_alive=75,
        log_config=None,
        # a stop cancels what is still being answered late; that is no error
        log_level="critical",
        access_log=False,
    )
