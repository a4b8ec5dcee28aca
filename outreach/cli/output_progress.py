"""A progress bar on a terminal's stderr; nowhere else, and none that outlives its work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from outreach.cli.output import Output, is_terminal

#: takes how much is done, in numbers and as a share of all if that is known
Told = Callable[[int, float | None], None]


@contextmanager
def progress(out: Output, doing: str, what: str) -> Iterator[Told]:
    """Show how far something is, such as `Importing orders.csv`, 12,000 `rows`."""
    if out.quiet or out.as_json or not is_terminal(sys.stderr):
        yield lambda done, share: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    colored = out.has_color(sys.stderr)
    console = Console(stderr=True, no_color=not colored, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[said]}", markup=False),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=None, said="")

        def tell(done: int, share: float | None) -> None:
            total = None if share is None else 1.0
            bar.update(task, total=total, completed=share, said=f"{done:,} {what}")

        yield tell
