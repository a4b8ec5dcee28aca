"""Where every message to the sandbox is taken or goes wrong, whichever provider is played."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from outreach.channels.sandbox.arrivals import Arrivals, Arrived
from outreach.channels.sandbox.faults import Fault, Script
from outreach.channels.sandbox.journal import Journal
from outreach.channels.sandbox.mischief import FAULTS, Chance, Plan
from outreach.clock import Clock


class Refused(Exception):
    """What the played provider would refuse about a request, in its own code and words."""

    def __init__(self, status: int, code: int, message: str, blamed_field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.blamed_field = blamed_field


class Played(Protocol):
    """One provider's way of reading a message and of answering."""

    def read(self, request: Request, body: bytes) -> Arrived:
        """Read one message, not yet numbered; raises Refused."""
        ...

    def accept(self, message: Arrived) -> Response: ...

    def refuse(self, status: int, code: int, message: str, blamed_field: str) -> Response: ...

    def garble(self) -> Response: ...


@dataclass(frozen=True)
class Desk:
    """What all played providers share."""

    arrivals: Arrivals
    script: Script
    clock: Clock
    chance: Chance = field(default_factory=lambda: Chance(Plan()))
    journal: Journal | None = None

    async def take(self, request: Request, provider: Played) -> Response:
        """Take one message, with whatever fault is scripted for it."""
        mischief = None if (fault := self.script.next()) else self.chance.request()
        if mischief is not None:
            fault = FAULTS[mischief]
        if fault is not None and fault.cut == "before" and self.journal is None:
            return await _cut(request)
        body = await request.body()
        try:
            message = provider.read(request, body)
        except Refused as why:
            return provider.refuse(why.status, why.code, why.message, why.blamed_field)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            # well-formed, and of another shape than the provider documents
            return provider.refuse(400, 20001, "Bad Request", "")
        fault = fault or self.script.for_recipient(message.to)
        is_taken = fault is None or fault.arrives
        if self.journal is not None:
            # also of one whose connection is cut before: it was read for this line alone
            met = mischief or (fault.name if fault else "")
            self.journal.note(message, met, was_taken=is_taken)
        if is_taken:
            self.arrivals.add(message)
        await asyncio.sleep(self.chance.latency)
        if fault is None:
            return provider.accept(message)
        return await _go_wrong(fault, request, provider, message)


async def _go_wrong(fault: Fault, request: Request, provider: Played, message: Arrived) -> Response:
    if fault.delay:
        await asyncio.sleep(fault.delay)
    while fault.until and not fault.until.is_set():
        await asyncio.sleep(0.02)
    if fault.cut:
        return await _cut(request)
    if fault.is_garbled:
        return provider.garble()
    if not fault.status:
        return provider.accept(message)
    response = provider.refuse(fault.status, fault.code, fault.message, fault.blamed_field)
    response.headers.update(fault.headers)
    return response


async def _cut(request: Request) -> Response:
    """Reset the connection, as a crashing server or a dropped network does."""
    transport = request.scope["state"]["transport"]
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await asyncio.sleep(0)
    return Response(status_code=503)
