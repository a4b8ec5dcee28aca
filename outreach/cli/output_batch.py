"""Batches of held messages as people look at them: a list, one of them, its samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from outreach.cli.output import counted
from outreach.cli.output_message import NAMES, print_message
from outreach.cli.output_tables import Column, cut, table
from outreach.cli.session import Session
from outreach.model import REASON_TEXT, Reason
from outreach.timing.moments import format_span

if TYPE_CHECKING:
    from outreach.passes.sampling import Sample
    from outreach.store.batches import OpenBatch


def print_batches(session: Session, batches: Sequence[OpenBatch]) -> None:
    """Print all that is held, a line a batch."""
    columns = (
        Column("Batch"),
        Column("Rule"),
        Column("Messages", right=True),
        Column("Held for"),
        Column("Expires"),
        Column("Why", shrinks=True),
    )
    table(session.out, columns, [_row(session, each) for each in batches])


def _row(session: Session, batch: OpenBatch) -> list[str]:
    expires = session.when(batch.next_expiry).partition(" (")[0] if batch.next_expiry else "all did"
    return [
        batch.id,
        cut(batch.rule, 28),
        f"{batch.messages:,}",
        format_span(session.now - batch.created_at),
        expires,
        cut(_why(batch), 24),
    ]


def _why(batch: OpenBatch) -> str:
    # of other words the version alone says nothing
    note = "" if batch.reason == Reason.REWORDED.value else batch.said
    return note or REASON_TEXT[Reason(batch.reason)]


def print_batch(session: Session, batch: OpenBatch) -> None:
    """Print whom a batch is for, why it is held, and until when it may be decided on."""
    out = session.out
    messages, people = counted(batch.messages, "message"), _people(batch.people)
    held = format_span(session.now - batch.created_at)
    head = f"{batch.id}   {batch.rule} · {messages} to {people} · held for {held}"
    out.paragraph(f"{out.mark('waiting')} {out.style(head, bold=True)}")
    reason = REASON_TEXT[Reason(batch.reason)]
    out.paragraph(f"    {reason}{': ' + batch.said if batch.said else ''}")
    channels = _shares({NAMES[c]: n for c, n in _by_channel(batch).items()})
    languages = _shares({name or "no language": n for name, n in batch.by_locale.items()})
    parts = [f"by {channels}", f"in {languages}", *_concerns(session, batch)]
    out.paragraph(f"    {' · '.join(parts)}")
    if batch.expired:
        out.paragraph(f"    {batch.expired:,} of them are too late already and will not go out")
    if batch.next_expiry:
        out.paragraph(f"    the next is too late {session.when(batch.next_expiry)}")


def _concerns(session: Session, batch: OpenBatch) -> Iterator[str]:
    """Say what a person should know before saying yes to all of it."""
    if batch.oldest_order is not None:
        yield f"oldest order {format_span(session.now - batch.oldest_order)}"
    if batch.with_ticket:
        have = "has" if batch.with_ticket == 1 else "have"
        yield f"{batch.with_ticket:,} {have} an open ticket"


def _by_channel(batch: OpenBatch) -> dict[Any, int]:
    from outreach.model import Channel

    return {Channel(name): count for name, count in batch.by_channel.items()}


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _shares(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {count:,}" for name, count in ordered)


def print_sample(session: Session, sample: Sample, number: int, count: int) -> None:
    """Print one message of a batch as it would go out now, or why it would not."""
    out = session.out
    about = ", ".join(map(str, sample.message.subjects))
    title = f"sample {number} of {count}   customer {sample.message.customer}, {about}"
    out.line()
    out.line(out.style(title, bold=True))
    if sample.rendered is None or sample.channel is None:
        out.paragraph(f"{out.mark('none')} would not go out: {sample.verdict}")
    else:
        print_message(out, sample.channel, sample.rendered)
