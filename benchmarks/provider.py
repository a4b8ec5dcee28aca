"""A mail provider that takes everything, in a process of its own so that it costs us nothing.

`python -m benchmarks.provider 0.05` answers each message after 50 ms; with a certificate and its
key as two more words it speaks TLS. It says its port on stdout, and ends with stdin.
"""

from __future__ import annotations

import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
COUNT = b"GET /count "


class Server(socketserver.ThreadingTCPServer):
    """Answers on as many connections as come, and counts the messages."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, latency: float, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.latency = latency
        self.taken = 0
        self.lock = threading.Lock()
        if context is not None:
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )


class Answering(socketserver.StreamRequestHandler):
    """One connection, kept for as long as the other side keeps it."""

    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def handle(self) -> None:
        """Read request after request; a message is worth an id, a question its answer."""
        while first := self.rfile.readline():
            self.rfile.read(self._length())
            if first.startswith(COUNT):
                self._answer(b"200 OK", f"{self.server.taken}".encode())
                continue
            with self.server.lock:
                self.server.taken += 1
                number = self.server.taken
            if self.server.latency:
                sleep(self.server.latency)
            self._answer(b"202 Accepted\r\nX-Message-Id: %d" % number, b"")

    def _length(self) -> int:
        length = 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return length

    def _answer(self, status: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self.wfile.write(head + body)
        self.wfile.flush()


class Provider:
    """A running provider: where it is, and how much it has taken."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._before = 0

    def newly_taken(self) -> int:
        """Return how many messages it has taken since it was last asked."""
        before, self._before = self._before, self._taken()
        return self._before - before

    def _taken(self) -> int:
        where = urlsplit(self.url)
        assert where.hostname is not None
        kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
        with closing(kind(where.hostname, where.port)) as connection:
            connection.request("GET", "/count")
            return int(connection.getresponse().read())


@contextmanager
def provider(latency: float = 0.0, *, certificate: Path | None = None) -> Iterator[Provider]:
    """Run a provider; with a certificate, its key in the same file, it speaks TLS."""
    words = [sys.executable, "-m", "benchmarks.provider", str(latency)]
    words += [str(certificate)] if certificate else []
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        scheme = "https" if certificate else "http"
        try:
            yield Provider(f"{scheme}://localhost:{int(process.stdout.readline())}")
        finally:
            process.stdin.close()


def serve(latency: float, certificate: str | None) -> None:
    """Answer until stdin ends."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with Server(latency, context) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    serve(float(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
