"""The wire: certain about what never left, and never stuck."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from outreach.channels import wire
from outreach.channels.sandbox import Sandbox
from outreach.channels.wire import NeverSent, NoAnswer, Wire

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"


@pytest.fixture
def call() -> Iterator[Callable[..., wire.Answer]]:
    wires: list[Wire] = []

    def make(url: str, timeout: float = 3) -> wire.Answer:
        wires.append(Wire(url, timeout=timeout, connections=2))
        return wires[-1].request("POST", url, headers={}, body=b"hello")

    yield make
    for each in wires:
        each.close()


def test_an_answer_has_status_headers_in_any_case_and_body(
    call: Callable[..., wire.Answer], answer_with: Callable[[bytes], str]
) -> None:
    answer = call(answer_with(OK))
    assert (answer.status, answer.headers.get("content-LENGTH"), answer.body) == (200, "2", b"hi")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:{closed}", "refused"),
        ("http://outreach.invalid", "no such host"),  # RFC 2606: never resolves
        ("https://127.0.0.1:{plain}", "no secure connection"),  # what answers speaks no TLS
        ("https://127.0.0.1:{closed}", "refused"),
    ],
)
def test_without_a_connection_nothing_was_sent(
    call: Callable[..., wire.Answer], sandbox: Sandbox, closed_port: int, url: str, says: str
) -> None:
    plain = sandbox.url.rpartition(":")[2]
    with pytest.raises(NeverSent, match=says):
        call(url.format(closed=closed_port, plain=plain))


def test_a_host_that_takes_no_connection_in_time_got_nothing(
    call: Callable[..., wire.Answer],
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for line in waiting:  # they fill the queue, so that the next one gets no answer
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
        try:
            with pytest.raises(NeverSent, match="in time"):
                call(f"http://127.0.0.1:{port}", timeout=0.2)
        finally:
            for line in waiting:
                line.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",  # hangs up
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi",  # breaks off
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",  # garbled
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi",
        b"220 mail.example ESMTP\r\n",  # another protocol
    ],
)
def test_an_answer_that_cannot_be_read_leaves_doubt(
    call: Callable[..., wire.Answer], answer_with: Callable[[bytes], str], answer: bytes
) -> None:
    with pytest.raises(NoAnswer):
        call(answer_with(answer))


def test_a_handshake_that_hangs_sent_nothing(call: Callable[..., wire.Answer]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NeverSent, match="time"):
        call(f"https://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)


def test_a_redirect_is_shown_and_not_followed(
    call: Callable[..., wire.Answer], answer_with: Callable[[bytes], str], sandbox: Sandbox
) -> None:
    head = f"HTTP/1.1 307 Moved\r\nLocation: {sandbox.url}/\r\nContent-Length: 0\r\n"
    url = answer_with(f"{head}Connection: close\r\n\r\n".encode())
    assert call(url).status == 307


def test_a_connection_idle_for_too_long_is_not_written_to(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [100.0]
    monkeypatch.setattr(wire, "elapsed", lambda: times[0])
    connects: list[int] = []
    connect = wire._PlainConnection.connect
    monkeypatch.setattr(
        wire._PlainConnection,
        "connect",
        lambda self: (connects.append(1), connect(self))[1],
    )
    line = Wire(sandbox.url, timeout=3, connections=2)
    for times[0] in (100, 100 + wire.KEEP_IDLE - 1, 100 + 2 * wire.KEEP_IDLE):
        line.request("GET", sandbox.url, headers={})
    line.close()
    assert len(connects) == 2


def test_the_context_of_tls_is_built_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    wire._trust.cache_clear()
    built: list[ssl.SSLContext] = []
    build = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: built.append(build()) or built[-1])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        for _ in range(2):
            line = Wire(url, timeout=0.1, connections=2)
            for _ in range(2):
                with pytest.raises(NeverSent):
                    line.request("GET", url, headers={})
            line.close()
    assert len(built) == 1


# --- proxies -----------------------------------------------------------------------------------


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A proxy that lets nothing through; returns what it was asked for."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        try:
            line, _ = listener.accept()
        except OSError:  # nobody asked, and the test is over
            return
        with line:
            asked.append(line.recv(65536))
            line.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=refuse, daemon=True)
    thread.start()
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
    yield asked
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_a_proxy_that_lets_nothing_through_sent_nothing(
    call: Callable[..., wire.Answer], proxy: list[bytes]
) -> None:
    with pytest.raises(NeverSent):
        call("https://api.provider.example")
    assert proxy[0].startswith(b"CONNECT api.provider.example:443")


@pytest.mark.parametrize("url", ["https://127.0.0.1:{closed}", "https://localhost:{closed}"])
def test_this_machine_is_never_asked_for_through_a_proxy(
    call: Callable[..., wire.Answer], proxy: list[bytes], closed_port: int, url: str
) -> None:
    with pytest.raises(NeverSent, match="refused"):
        call(url.format(closed=closed_port))
    assert proxy == []


def test_no_proxy_is_honoured(
    call: Callable[..., wire.Answer], proxy: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", ".invalid")
    with pytest.raises(NeverSent, match="no such host"):
        call("https://api.outreach.invalid")
    assert proxy == []
