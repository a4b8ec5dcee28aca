"""`outreach approve` and `reject`: batches of held messages, looked at and then decided on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.asking import confirm_number
from outreach.cli.batch_walk import Quit, Walk
from outreach.cli.operator import who
from outreach.cli.output import counted, is_terminal
from outreach.cli.output_batch import print_batch, print_batches, print_sample
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_message import message_json
from outreach.cli.session import Session
from outreach.errors import Refused

if TYPE_CHECKING:
    from outreach.passes.sampling import Sample
    from outreach.store.batches import OpenBatch

#: samples of a batch that somebody can walk through, and that are printed to be read later
WALKED, PRINTED = 5, 1
Batch = Annotated[
    str | None, typer.Argument(metavar="[BATCH]", help="Such as B-7; without one, all of them.")
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
        int | None,
        typer.Option("--sample", metavar="N", min=0, help="Show so many of its messages."),
    ] = None,
    expect: Expect = None,
    reason: Note = "",
    as_csv: AsCsv = False,
) -> None:
    """Release the held messages of a batch; every gate is asked once more before they go.

    On a terminal this walks through samples and asks what to do. Elsewhere it lists what is held,
    and a batch is released by its number of messages: --expect 12.
    """
    walks = _can_walk(session) and expect is None and not as_csv
    count = (WALKED if walks else PRINTED) if sample is None else sample
    if batch is None:
        found = _open(session)
        _list(session, found, as_csv=as_csv, is_short=walks)
    else:
        found = [_find(session, batch)]
    if walks:
        _walk(session, found, count, reason)
    elif batch is not None:
        _approve(session, found[0], count, expect, reason)


def _approve(
    session: Session, found: OpenBatch, sample: int, expect: int | None, reason: str
) -> None:
    from outreach.passes.decisions import approve as release

    samples = _samples(session, found, sample)
    if not session.out.as_json:
        print_batch(session, found)
        for number, each in enumerate(samples, start=1):
            print_sample(session, each, number, len(samples))
        session.out.line()
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
        print_batch(session, found)
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


def _can_walk(session: Session) -> bool:
    """Whether somebody is there to look at samples and to answer."""
    manners = session.manners
    if manners.json or manners.yes or manners.no_input or manners.quiet:
        return False
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def _walk(session: Session, batches: Sequence[OpenBatch], count: int, note: str) -> None:
    try:
        for batch in batches:
            Walk(session, batch, count, note).run()
    except Quit:
        session.out.note("nothing more was changed")


def _list(session: Session, found: Sequence[OpenBatch], *, as_csv: bool, is_short: bool) -> None:
    """List what is held; `is_short` where each batch is shown next."""
    from outreach.store.batches import OpenBatch as Batches

    out, batches = session.out, [vars(each) for each in found]
    if as_csv:
        print_csv(out, [field.name for field in fields(Batches)], batches)
    elif out.as_json:
        out.document("approve/1", {"batches": batches})
    elif not found:
        out.line(f"{out.mark('ok')} nothing is held")
    elif not is_short:
        print_batches(session, found)
        out.note()
        out.suggest(
            (f"outreach approve {found[0].id} --sample 5", "look at some, then release them"),
            (f"outreach reject {found[0].id}", "drop them"),
        )
    elif len(found) > 1:
        print_batches(session, found)
        out.line()


def _open(session: Session) -> list[OpenBatch]:
    from outreach.store.batches import open_batches

    with session.store.read() as connection:
        return open_batches(connection, session.now)


def _find(session: Session, name: str) -> OpenBatch:
    found = _open(session)
    known = {batch.id.lower(): batch for batch in found}
    if name.lower() not in known:
        there = f"held are {', '.join(batch.id for batch in found)}" if found else "nothing is held"
        raise Refused(f"there is no open batch '{name}': {there}")
    return known[name.lower()]


def _samples(session: Session, batch: OpenBatch, count: int) -> list[Sample]:
    from outreach.passes.sampling import sample_batch

    return sample_batch(session.setup(), batch.id, count, now=session.now) if count else []


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
