"""The server in its thread: it says where, refuses a taken port, and ends what it began."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3
from fastapi import FastAPI

from outreach.errors import OutreachError
from outreach.web import WebServer


def test_a_port_that_is_taken_is_told_at_once() -> None:
    first = WebServer(FastAPI(), "127.0.0.1", 0)
    port = int(first.url.rpartition(":")[2])
    with pytest.raises(OutreachError, match=rf"port {port}: .*See `web:`"):
        WebServer(FastAPI(), "127.0.0.1", port)
    first.stop()


def test_stopping_lets_what_was_begun_end() -> None:
    app, began, goes_on = FastAPI(), threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> str:
        began.set()
        assert goes_on.wait(10)
        return "done"

    server = WebServer(app, "127.0.0.1", 0)
    server.start()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(urllib3.request, "GET", f"{server.url}/slow", retries=False)
        assert began.wait(10)
        stopping = pool.submit(server.stop)
        goes_on.set()
        stopping.result(20)
        assert answer.result(10).json() == "done"
    assert not server.is_alive()
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request("GET", f"{server.url}/slow", retries=False, timeout=2)
