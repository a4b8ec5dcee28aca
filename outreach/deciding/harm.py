"""Harm: how many of a rule's messages bounced, were complained about or ended in an opt-out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

#: messages of so long ago say nothing of what a rule does now
WINDOW = timedelta(days=7)
#: one customer who complains, or two, are no pattern
FEWEST = 3


@dataclass(frozen=True)
class Bearable:
    """The most a rule may do before it pauses itself, in percent of its messages of a week.

    `complaints` is what mail providers call the end of being delivered. Fewer messages than
    `at_least` say nothing.
    """

    complaints: Decimal = Decimal("0.3")
    bounces: Decimal = Decimal(5)
    opt_outs: Decimal = Decimal(3)
    at_least: int = 100


@dataclass(frozen=True)
class Harm:
    """What became of a rule's messages; each counts once for each kind of harm."""

    messages: int
    complaints: int = 0
    bounces: int = 0
    opt_outs: int = 0


def too_much(harm: Harm, bearable: Bearable) -> str:
    """Say what a rule does too much of; empty when it may go on."""
    if harm.messages < bearable.at_least:
        return ""
    return "; ".join(_said(harm, bearable))


def _said(harm: Harm, bearable: Bearable) -> Iterator[str]:
    for count, most, what in (
        (harm.complaints, bearable.complaints, "were called spam"),
        (harm.bounces, bearable.bounces, "bounced"),
        (harm.opt_outs, bearable.opt_outs, "ended in an opt-out"),
    ):
        share = Decimal(count) * 100 / harm.messages
        if count >= FEWEST and share > most:
            yield (
                f"{count:,} of its {harm.messages:,} messages of a week {what}:"
                f" {share:.1f}%, more than {most:f}%"
            )
