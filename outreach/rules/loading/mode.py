"""A rule's mode: `live`, `shadow`, `off`, or a canary: `canary 10%`, `canary 20 per hour`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from outreach.model import Mode
from outreach.rules.canary import Canary
from outreach.rules.phrases import read_percent, read_rate
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section

CANARY = "canary"


@dataclass(frozen=True)
class Running:
    """The mode that is written; a canary is live for some."""

    mode: Mode
    canary: Canary | None = None


def read_mode(section: Section) -> Running | None:
    """Return the mode a section says, None where it says none or what it says is reported."""
    scalar = section.scalar("mode")
    if scalar is None:
        return None
    word, _, _ = scalar.text.partition(" ")
    if word == CANARY:
        canary = _read_canary(section, scalar)
        return Running(Mode.LIVE, canary) if canary else None
    mode = section.chosen(scalar, Mode)
    return Running(mode) if mode else None


def check_canary(section: Section, running: Running | None, *, sends: bool) -> None:
    """Report a rate of messages where there are none."""
    if running and running.canary and running.canary.rate and not sends:
        said = "its steps send nothing, so there are no messages to count"
        section.report("E310", said, "mode", hint="a share counts customers: `canary 10%`")


def _read_canary(section: Section, scalar: Scalar) -> Canary | None:
    said = scalar.text.removeprefix(CANARY)
    text = said.strip()
    if not text:
        section.report(
            "E010",
            "a canary of how many? Write a share of customers, or how many messages",
            scalar,
            hint="canary 10% · canary 20 per hour",
        )
        return None
    before = len(CANARY) + len(said) - len(said.lstrip())
    part = replace(scalar, text=text, column=scalar.column + before, width=len(text))
    if text.endswith("%"):
        share = read_percent(part, section.problems)
        return None if share is None else Canary(share=share)
    rate = read_rate(part, section.problems)
    return Canary(rate=rate) if rate else None
