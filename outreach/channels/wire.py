"""HTTP to a provider over kept connections, with a timeout on every call and no retries.

The one thing to know: a failure says for certain whether it came before a byte was written.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from outreach.clock import elapsed
from outreach.faultpoints import FaultPoint, reach

#: seconds; below what servers keep idle connections for, so that none closes as we write to it
KEEP_IDLE = 20.0


class NeverSent(Exception):
    """There was no connection: nothing left this machine."""


class NoAnswer(Exception):
    """The request went out, wholly or in part, and no readable answer came back."""


@dataclass(frozen=True)
class Answer:
    """What came back. The names of `headers` are looked up in any case."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A pool of connections to one provider, shared by all threads."""

    def __init__(self, url: str, *, timeout: float, connections: int) -> None:
        #: seconds for connecting, and again for each wait on the answer
        self.timeout = timeout
        self._pool = _pool(url, timeout, connections)

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Make one call and read the whole answer; raises NeverSent or NoAnswer."""
        try:
            response = self._pool.urlopen(
                method, url, headers=dict(headers), body=body, redirect=False, retries=False
            )
        except (LocationValueError, ClosedPoolError, EmptyPoolError) as error:
            raise NeverSent(f"cannot call {urlsplit(url).hostname}") from error
        except HTTPError as error:
            raise NoAnswer(_no_answer(error, self.timeout)) from error
        return Answer(response.status, response.reason or "", response.headers, response.data)

    def close(self) -> None:
        self._pool.clear()


class _SaysWhenItNeverConnected:
    """Marks every failure of connecting (name, refusal, time, TLS) as one that sent nothing."""

    _used_at = 0.0

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except Exception as error:
            raise NeverSent(_no_connection(error, self.host)) from error  # type: ignore[attr-defined]

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._used_at = elapsed()
        super().request(*args, **kwargs)  # type: ignore[misc]
        reach(FaultPoint.REQUEST_WRITTEN)

    @property
    def is_connected(self) -> bool:
        is_fresh = elapsed() - self._used_at < KEEP_IDLE
        return is_fresh and bool(super().is_connected)  # type: ignore[misc]


class _PlainConnection(_SaysWhenItNeverConnected, HTTPConnection):
    pass


class _TlsConnection(_SaysWhenItNeverConnected, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _pool(url: str, timeout: float, connections: int) -> PoolManager:
    options: dict[str, Any] = {
        "maxsize": connections,
        "timeout": Timeout(connect=timeout, read=timeout),
        "ssl_context": _trust(),
    }
    proxy = _proxy_for(url)
    manager = ProxyManager(proxy, **options) if proxy else PoolManager(**options)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
    return manager


@cache
def _trust() -> ssl.SSLContext:
    """Return the one context of this process: making it loads every root certificate, 14 ms."""
    return ssl.create_default_context()


def _proxy_for(url: str) -> str | None:
    """Find the proxy that HTTPS_PROXY and NO_PROXY ask for; never one for this machine itself."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "localhost" or _is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _no_connection(error: Exception, host: str) -> str:
    if isinstance(error, NameResolutionError):
        return f"no such host: {host}"
    if isinstance(error, NewConnectionError):
        cause = error.__cause__
        why = cause.strerror if isinstance(cause, OSError) else None
        return f"no connection to {host}: {(why or 'refused').lower()}"
    if isinstance(error, ConnectTimeoutError | TimeoutError):
        return f"no connection to {host} in time"
    if isinstance(error, ssl.SSLError):
        return f"no secure connection to {host}: {error.reason or error}"
    return f"no connection to {host}: {type(error).__name__}"


def _no_answer(error: Exception, timeout: float) -> str:
    if isinstance(error, ReadTimeoutError):
        return f"no answer within {timeout:g} s"
    return f"the connection was lost before the answer ({type(error).__name__})"
