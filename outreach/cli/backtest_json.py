"""A backtest as --json and --csv promise it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from outreach.model import Channel

if TYPE_CHECKING:
    from outreach.proving.backtest import Figures

#: the keys of a row with --csv
DAY = ("rules", "rule", "channel", "day", "messages")


def figures_json(figures: Figures) -> dict[str, Any]:
    """Return what a backtest found."""
    return {
        "from": figures.begin,
        "to": figures.end,
        "subjects": {kind.value: count for kind, count in figures.subjects.items()},
        "rule_counts": [_rule(figures, rule) for rule in figures.rules],
        "days": {day.isoformat(): count for day, count in sorted(figures.days.items())},
        "busiest_hours": [
            {"hour": hour, "messages": count} for hour, count in figures.hours.most_common(3)
        ],
        "held": [held._asdict() for held in figures.held],
        "most_written": [written._asdict() for written in figures.most_written],
        "after_settled": [
            {**late._asdict(), "subject": str(late.subject)} for late in figures.after_settled
        ],
    }


def _rule(figures: Figures, rule: str) -> dict[str, Any]:
    silent = {r.value: n for (name, r), n in figures.silent.items() if name == rule}
    return {
        "rule": rule,
        **{channel.value: figures.of_rule(rule, channel) for channel in Channel},
        "segments": figures.segments[rule],
        "held": figures.held_of(rule),
        "waiting": figures.waiting[rule],
        "silent": silent,
    }


def days_json(found: Mapping[str, Figures]) -> list[dict[str, Any]]:
    """Return the volumes by day, rule and channel."""
    rows = []
    for name, figures in found.items():
        volumes: Counter[Any] = figures.sent
        for volume, messages in sorted(volumes.items(), key=lambda one: (one[0].day, one[0])):
            said = {"rule": volume.rule, "channel": volume.channel, "day": volume.day.isoformat()}
            rows.append({"rules": name, **said, "messages": messages})
    return rows
