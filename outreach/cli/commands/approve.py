"""`outreach approve` and `reject`: batches of held messages, looked at and then decided on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.asking import confirm_number
from outreach.cli.operator import who
from outreach.cli.output import counted
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_message import NAMES, message_json, print_message
from outreach.cli.output_tables import Column, cut, table
from outreach.cli.session import Session
from outreach.errors import Refused
from outreach.model import REASON_TEXT, Reason
from outreach.timing.moments import format_span

if TYPE_CHECKING:
    from outreach.passes.sampling import Sample
    from outreach.store.batches import OpenBatch

Batch = Annotated[
    str | None, typer.Argument(metavar="[BATCH]", help="Such as B-7; without one, all are listed.")
]
Expect = Annotated[
    int | None,
    typer.Option("--expect", metavar="N", min=0, help="How many it must be; asks nothing then."),
]
Note = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log.")]


def approve(
    session: Session,
    batch: Batch = None,
    *,
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", min=0, help="Show so many of its messages.")
    ] = 1,
    expect: Expect = None,
    reason: Note = "",
    as_csv: AsCsv = False,
) -> None:
    """Release the held messages of a batch; every gate is asked once more before they go.

    Without a batch, list what is held. The number of messages is asked for, or given: --expect 12.
    """
    from outreach.passes.decisions import approve as release

    if batch is None:
        _list(session, as_csv=as_csv)
        return
    found = _find(session, batch)
    samples = _samples(session, found, sample)
    if not session.out.as_json:
        _print_batch(session, found)
        _print_samples(session, samples)
    question = f"Release {counted(found.messages, 'message')} of {found.id}?"
    confirm_number(session, question, number=found.messages, expect=expect)
    done = release(
        session.store,
        found.id,
        who=who(session.env),
        now=session.now,
        note=reason,
        expect=found.messages,
    )
    if session.out.as_json:
        shown = [_sample_json(each) for each in samples]
        content = {"batch": found.id, "approved": done.messages, "expired": done.expired}
        session.out.document("approve/1", {**content, "sample": shown})
        return
    late = f", {done.expired:,} of them too late to go out" if done.expired else ""
    released = counted(done.messages, "message")
    session.out.line(f"{session.out.mark('ok')} {found.id}: {released} released{late}")
    session.out.suggest(("outreach status", "see them go out"))


def reject(
    session: Session,
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="Such as B-7.")],
    *,
    expect: Expect = None,
    reason: Note = "",
) -> None:
    """Drop the held messages of a batch, and all their rules would have told these people later."""
    from outreach.passes.decisions import reject as drop

    found = _find(session, batch)
    if not session.out.as_json:
        _print_batch(session, found)
    question = f"Drop {counted(found.messages, 'message')} of {found.id} for good?"
    confirm_number(session, question, number=found.messages, expect=expect)
    done = drop(
        session.setup(),
        found.id,
        who=who(session.env),
        now=session.now,
        note=reason,
        expect=found.messages,
    )
    if session.out.as_json:
        session.out.document("reject/1", {"batch": found.id, "rejected": done.messages})
    else:
        dropped = counted(done.messages, "message")
        session.out.line(f"{session.out.mark('none')} {found.id}: {dropped} dropped")


def _list(session: Session, *, as_csv: bool) -> None:
    from outreach.store.batches import OpenBatch, open_batches

    with session.store.read() as connection:
        found = open_batches(connection, session.now)
    batches = [vars(each) for each in found]
    if as_csv:
        print_csv(session.out, [field.name for field in fields(OpenBatch)], batches)
        return
    if session.out.as_json:
        session.out.document("approve/1", {"batches": batches})
        return
    if not found:
        session.out.line(f"{session.out.mark('ok')} nothing is held")
        return
    columns = (
        Column("Batch"),
        Column("Rule"),
        Column("Messages", right=True),
        Column("Held for"),
        Column("Expires"),
        Column("Why", shrinks=True),
    )
    table(session.out, columns, [_row(session, each) for each in found])
    first = found[0].id
    session.out.note()
    session.out.suggest(
        (f"outreach approve {first} --sample 5", "look at some, then release them"),
        (f"outreach reject {first}", "drop them"),
    )


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
    return batch.said or REASON_TEXT[Reason(batch.reason)]


def _find(session: Session, name: str) -> OpenBatch:
    from outreach.store.batches import open_batches

    with session.store.read() as connection:
        found = open_batches(connection, session.now)
    known = {batch.id.lower(): batch for batch in found}
    if name.lower() not in known:
        there = f"held are {', '.join(batch.id for batch in found)}" if found else "nothing is held"
        raise Refused(f"there is no open batch '{name}': {there}")
    return known[name.lower()]


def _samples(session: Session, batch: OpenBatch, count: int) -> list[Sample]:
    from outreach.passes.sampling import sample_batch

    return sample_batch(session.setup(), batch.id, count, now=session.now) if count else []


def _print_batch(session: Session, batch: OpenBatch) -> None:
    out = session.out
    messages, people = counted(batch.messages, "message"), _people(batch.people)
    held = format_span(session.now - batch.created_at)
    head = f"{batch.id}   {batch.rule} · {messages} to {people} · held for {held}"
    out.paragraph(f"{out.mark('waiting')} {out.style(head, bold=True)}")
    reason = REASON_TEXT[Reason(batch.reason)]
    out.paragraph(f"    {reason}{': ' + batch.said if batch.said else ''}")
    channels = _shares({NAMES[c]: n for c, n in _by_channel(batch).items()})
    languages = _shares({name or "no language": n for name, n in batch.by_locale.items()})
    out.paragraph(f"    by {channels} · in {languages}")
    if batch.expired:
        out.paragraph(f"    {batch.expired:,} of them are too late already and will not go out")
    if batch.next_expiry:
        out.paragraph(f"    the next is too late {session.when(batch.next_expiry)}")


def _by_channel(batch: OpenBatch) -> dict[Any, int]:
    from outreach.model import Channel

    return {Channel(name): count for name, count in batch.by_channel.items()}


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _shares(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {count:,}" for name, count in ordered)


def _print_samples(session: Session, samples: Sequence[Sample]) -> None:
    out = session.out
    for number, each in enumerate(samples, start=1):
        about = ", ".join(map(str, each.message.subjects))
        out.line()
        title = f"sample {number} of {len(samples)}   customer {each.message.customer}, {about}"
        out.line(out.style(title, bold=True))
        said = str(each.verdict)
        if each.rendered is None or each.channel is None:
            out.paragraph(f"{out.mark('none')} would not go out: {said}")
            continue
        print_message(out, each.channel, each.rendered)
    out.line()


def _sample_json(each: Sample) -> dict[str, Any]:
    words = None
    if each.rendered is not None and each.channel is not None:
        words = message_json(each.channel, each.rendered)
    return {
        "id": each.message.id,
        "customer": each.message.customer,
        "subjects": [{"kind": ref.kind, "id": ref.id} for ref in each.message.subjects],
        "decision": each.verdict.decision,
        "reason": each.verdict.reason,
        "message": words,
    }
