"""Mischief: what goes wrong by chance, so many times in a hundred; with one seed always the same.

Said in words (`5% 429, 5% reset-after`) or in a script file.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random

from outreach.channels.sandbox import faults
from outreach.channels.sandbox.faults import Fault
from outreach.errors import Problem, Problems
from outreach.rules.yaml_section import Section, did_you_mean
from outreach.rules.yaml_source import decode, read

#: seconds that a slow answer takes
SLOW = 3.0
#: what `first` calls a request that nothing happens to
NOTHING = "nothing"
_KEYS = ("seed", "latency_ms", "first", "faults")
_PART = re.compile(r"(\S+)%\s+(\S+)")


class Mischief(StrEnum):
    """Everything that can go wrong by chance: with a request, then with what is told later."""

    TOO_MANY = "429"
    SERVER_ERROR = "503"
    SERVER_ERROR_ARRIVED = "503-arrived"
    RESET_BEFORE = "reset-before"
    RESET_AFTER = "reset-after"
    GARBLED = "garbled"
    SLOW = "slow"
    RECEIPT_TWICE = "receipt-twice"
    RECEIPT_LATE = "receipt-late"
    RECEIPT_FORGED = "receipt-forged"


FAULTS: dict[Mischief, Fault] = {
    Mischief.TOO_MANY: faults.too_many({"Retry-After": "1"}),
    Mischief.SERVER_ERROR: faults.server_error(),
    Mischief.SERVER_ERROR_ARRIVED: faults.server_error(arrives=True),
    Mischief.RESET_BEFORE: faults.reset_before(),
    Mischief.RESET_AFTER: faults.reset_after(),
    Mischief.GARBLED: faults.garbled(),
    Mischief.SLOW: faults.slow(SLOW),
}


@dataclass(frozen=True)
class Plan:
    """How the sandbox misbehaves: what the first requests meet, then percentages."""

    percent: Mapping[Mischief, float] = field(default_factory=dict)
    first: tuple[Mischief | None, ...] = ()
    seed: int = 0
    #: seconds that every answer takes at least
    latency: float = 0.0


class Chance:
    """Draws by a plan. Safe to ask from any thread."""

    def __init__(self, plan: Plan) -> None:
        self._lock = threading.Lock()
        self._first = iter(plan.first)
        self._percent = plan.percent
        # two dice: what is told later does not change what the next request meets
        self._requests = Random(plan.seed)  # noqa: S311 - a game, and it shall be repeatable
        self._receipts = Random(plan.seed + 1)  # noqa: S311 - the same
        self.latency = plan.latency

    def request(self) -> Mischief | None:
        """Draw what the next request meets: one thing at most."""
        with self._lock:
            for planned in self._first:
                return planned
            thrown = self._requests.uniform(0, 100)
        for mischief in FAULTS:
            thrown -= self._percent.get(mischief, 0)
            if thrown < 0:
                return mischief
        return None

    def receipts(self) -> frozenset[Mischief]:
        """Draw what goes wrong with what is told of one message: any of it, each by itself."""
        with self._lock:
            return frozenset(
                mischief
                for mischief, percent in self._percent.items()
                if mischief not in FAULTS and self._receipts.uniform(0, 100) < percent
            )


def parse_faults(text: str) -> dict[Mischief, float]:
    """Read `5% 429, 2.5% slow`; raises ValueError."""
    found = dict(_part(part) for part in filter(None, map(str.strip, text.split(","))))
    return _together(found)


def read_script(path: Path) -> Plan:
    """Read a script file; raises Problems with everything that is wrong in it, or OSError."""
    problems: list[Problem] = []
    root = read(decode(path.read_bytes(), path.name), path.name, problems)
    plan = _plan(Section(root, "a script", _KEYS, problems)) if root else None
    if plan is None or problems:
        raise Problems(problems)
    return plan


def _plan(section: Section) -> Plan:
    parts = (section.parsed_scalar(each, _part) for each in section.scalars("faults"))
    percent = dict(part for part in parts if part)
    try:
        _together(percent)
    except ValueError as error:
        section.report("E010", str(error), "faults")
    first = [section.parsed_scalar(each, _met) for each in section.scalars("first")]
    return Plan(
        percent,
        tuple(met[0] for met in first if met),
        section.whole("seed") or 0,
        (section.whole("latency_ms") or 0) / 1000,
    )


def _part(text: str) -> tuple[Mischief, float]:
    match = _PART.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}`: write how often and what, such as `5% 429`")
    return _mischief(match[2]), _percent(match[1])


def _met(text: str) -> tuple[Mischief | None]:
    mischief = None if text == NOTHING else _mischief(text)
    if mischief is not None and mischief not in FAULTS:
        raise ValueError(f"`{text}` happens to what is told later, not to a request")
    return (mischief,)


def _mischief(text: str) -> Mischief:
    if text not in list(Mischief):
        meant, known = did_you_mean(text, list(Mischief)), ", ".join(Mischief)
        raise ValueError(f"`{text}` is nothing that goes wrong.{meant} There are {known}")
    return Mischief(text)


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise ValueError(f"`{text}%`: write a number from 0 to 100")
    return percent


def _together(percent: dict[Mischief, float]) -> dict[Mischief, float]:
    if sum(often for mischief, often in percent.items() if mischief in FAULTS) > 100:
        raise ValueError("a request meets one fault at most: together they are more than 100%")
    return percent
