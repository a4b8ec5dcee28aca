"""Showing the account: one table in Markdown, the databases side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from benchmarks.crashes.account import Account
from benchmarks.crashes.storm import Weather


class Run(NamedTuple):
    """One run on one database."""

    account: Account
    weather: Weather
    daemons: int


#: how the account calls why a message is in doubt at the end, and what the table says
CAUSES = {
    "503": "– the provider answered 503 and had not taken it",
    "reset-before": "– the connection was cut, and it was not taken",
    "late": "– no answer came in time, and the provider never saw it",
    "killed": "– the daemon died with it in hand; it was never taken",
}
DOUBTS = {
    "a receipt came": "– a receipt told that it was taken",
    "the provider was asked": "– the provider was asked, and had it",
    "still in doubt": "– nobody took it: it stays in doubt",
}
ROWS: dict[str, Callable[[Run], int]] = {
    "messages": lambda run: run.account.messages,
    "daemons at a time": lambda run: run.daemons,
    "daemons killed": lambda run: run.weather.kills,
    "daemons frozen until their lease was over": lambda run: run.weather.freezes,
    "requests that the providers saw": lambda run: run.account.requests,
    "… of which met a fault": lambda run: run.account.faults.total(),
    "sent or delivered, and accepted exactly once": lambda run: run.account.once,
    "failed": lambda run: run.account.failed.total(),
    "**accepted twice**": lambda run: len(run.account.twice),
    "**lost, or not as the ledger says**": lambda run: len(run.account.wrong),
    "in doubt at some time": lambda run: run.account.doubts.total(),
    **{said: lambda run, how=how: run.account.doubts[how] for how, said in DOUBTS.items()},  # type: ignore[misc]
    "in doubt at the end (`unknown`)": lambda run: len(run.account.unknown),
    **{said: lambda run, why=why: run.account.causes[why] for why, said in CAUSES.items()},  # type: ignore[misc]
    "**– unexplained**": lambda run: len(run.account.unexplained),
}


def table(runs: Mapping[str, Run]) -> str:
    """Return the account of each database."""
    lines = [f"| | {' | '.join(runs)} |", f"|---|{'--:|' * len(runs)}"]
    for name, count in ROWS.items():
        lines.append(f"| {name} | {' | '.join(f'{count(run):,}' for run in runs.values())} |")
    return "\n".join(lines)


def one_by_one(runs: Mapping[str, Run]) -> Iterable[str]:
    """Yield a line for each message that is in doubt at the end: why it is."""
    for kind, run in runs.items():
        for message, why in sorted(run.account.unknown.items()):
            yield f"{kind}\t{message}\t{why or 'UNEXPLAINED'}"
