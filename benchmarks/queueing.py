"""T12: letters queued and sent through a channel that does nothing, beside django-post_office."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from benchmarks.databases import Databases
from benchmarks.figures import Figure, Target
from benchmarks.letters import HOUR, add_late_orders, count_sent, setup_for, take_back
from benchmarks.measuring import side_by_side
from benchmarks.post_office import AT_ONCE, CLEAN, SINGLY, post_office
from benchmarks.rendering import context, emptied, values_of, writer
from benchmarks.rules import UTC
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.passes.enrol import enrol
from outreach.passes.plan import plan_due
from outreach.passes.send import send_due
from outreach.passes.setup import Setup
from outreach.store.database import Store

OURS = "ours"
#: in the order in which they may be emptied
QUEUED = ("message_subjects", "messages", "enrollments", "cursors", "rule_marks")


def queueing(made: Databases, sizes: Sizes) -> Iterator[Figure]:
    """Measure from orders that are late to letters that are sent; the peer is told what to send."""
    with made.new() as store, made.new() as theirs:
        add_late_orders(store, sizes.letters)
        setup = setup_for(store)
        write = writer(setup.templates)
        letters = [_values(number) for number in range(sizes.letters)]
        url = theirs.engine.url.render_as_string(hide_password=False)
        with post_office(url, _template(write(context(0))), letters) as ask:

            def before() -> None:
                ask(CLEAN)
                _empty(store)

            timings, count = side_by_side(
                f"{made.kind}: queueing and sending",
                {
                    SINGLY: lambda: ask(SINGLY),
                    AT_ONCE: lambda: ask(AT_ONCE),
                    OURS: lambda: _ours(setup),
                },
                sizes.few_repeats,
                before=before,
            )
    what = f"queueing and sending {count:,} letters: letters/s ÷ those of django-post_office"
    yield Figure(Target.T12, what, made.kind, 1 / timings.ratio(OURS, SINGLY))
    what = f"{what}, all queued at once"
    yield Figure(Target.NONE, what, made.kind, 1 / timings.ratio(OURS, AT_ONCE))


def _ours(setup: Setup) -> int:
    """Run the passes from the orders on; return how many letters the ledger says are sent."""
    enrol(setup.store, setup.enroller, setup.catalogue, zone=UTC, now=NOW)
    plan_due(setup, now=NOW)
    while send_due(setup, now=NOW + HOUR).more:
        pass
    return count_sent(setup.store)


def _empty(store: Store) -> None:
    take_back(store)
    with store.write() as connection:
        for name in QUEUED:
            connection.execute(text(f"DELETE FROM {name}"))


def _template(letter: Any) -> dict[str, str]:
    """Return the letter as the peer keeps it: its values by plain names."""
    names = {value: name for name, value in _values(0).items()}
    return {
        "subject": emptied(letter.subject, names),
        "content": emptied(letter.text, names),
        "html_content": emptied(letter.html, names),
    }


def _values(number: int) -> dict[str, str]:
    """Return what the peer is given for a letter, its days written out already."""
    about = context(number)
    shown = {
        expression.replace(".", "_").replace(" | ", "_"): value
        for value, expression in values_of(about).items()
    }
    return {**shown, "to": f"ana{1_000_000 + number}@example.com"}
