"""The story of one message, from the row that it began with to what came back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from outreach.cli.output_fates import STATE_MARKS, fate, gate_lines
from outreach.cli.session import Session
from outreach.model import REASON_TEXT, CouponState, MessageState, Reason

if TYPE_CHECKING:
    from outreach.passes.explain import MessageExplained
    from outreach.store.traces import Arrived
    from outreach.store.types import Record

#: what is no longer than this is told as it happened
SOON = 60


def print_message_story(session: Session, found: MessageExplained) -> None:
    """Tell one message: how it came about, where it stands, what came back, what comes next."""
    row = found.message
    about = ", ".join(map(str, found.subjects))
    session.out.line(
        f"Message {row.id} · {row.rule}, step {row.step} · {about} · to {row.customer_id}"
    )
    _part(session, "How it came about", _before(session, found))
    _part(session, "What we did", _ours(session, found))
    _part(session, "What came back", _after(session, found))
    if found.foretold is not None:
        session.out.line()
        session.out.paragraph(f"If nothing changes: {fate(session, found.foretold)}.")
        for line in gate_lines(session, found.foretold):
            session.out.paragraph(line)


def _part(session: Session, title: str, lines: Iterator[str]) -> None:
    told = list(lines)
    if told:
        session.out.line()
        session.out.line(session.out.style(title, bold=True))
    for line in told:
        session.out.paragraph(f"  {line}")


def _before(session: Session, found: MessageExplained) -> Iterator[str]:
    """Yield how the subjects came in, and since when the rule applied to them."""
    for one in found.trace.arrived:
        yield _arrived(session, one)
    for row in found.trace.enrollments:
        version = f", version {row.rule_version}" if row.rule_version else ""
        seen = _later(session, row.matched_at, row.enrolled_at, "seen")
        yield (
            f"{session.when(row.matched_at)}  {row.kind} {row.subject_id} matched "
            f"{row.rule}{version}{seen}"
        )


def _arrived(session: Session, one: Arrived) -> str:
    source = one.source or "no named source"
    if one.place:
        is_named = one.place.startswith(f"{source}:")
        source = one.place if is_named else f"{source}, {one.place}"
    what = f"{one.subject}: {', '.join(one.fields)}" if one.fields else f"{one.subject} came"
    heard = _later(session, one.at, one.recorded_at, "heard of")
    return f"{session.when(one.at)}  {what}, from {source}{heard}"


def _later(session: Session, at: datetime, known: datetime, word: str) -> str:
    """Say when we knew of something, where that was not at once."""
    return f" · {word} {session.when(known)}" if abs((known - at).total_seconds()) > SOON else ""


def _ours(session: Session, found: MessageExplained) -> Iterator[str]:
    for state in found.states:
        mark = session.out.mark(STATE_MARKS[MessageState(state.state)])
        why = f"{REASON_TEXT[Reason(state.reason)]}{f': {state.note}' if state.note else ''}"
        who = f" (by {state.who})" if state.who else ""
        yield f"{mark} {session.when(state.at)}  {state.state}: {why}{who}"
    for attempt in found.attempts:
        yield _attempt(session, attempt)
    if found.coupon is not None:
        yield _coupon(session, found.coupon)


def _attempt(session: Session, row: Record) -> str:
    outcome = row.outcome or "no answer"
    error = f": {row.error}" if row.error else ""
    named = f", its id {row.provider_id}" if row.provider_id else ""
    at = session.when(row.started_at)
    return f"    attempt {row.number} by {row.provider} {at}: {outcome}{error}{named}"


def _coupon(session: Session, row: Record) -> str:
    """Return the coupon of a message in a line; its code is for the customer only."""
    until = f", to be used until {session.when(row.expires_at)}" if row.expires_at else ""
    held = "reserved for it" if row.state == CouponState.RESERVED else str(row.state)
    worth = f"{row.amount:f} {row.currency}"
    return f"{session.out.mark('ok')} coupon {row.id} of {row.pool}, worth {worth}: {held}{until}"


def _after(session: Session, found: MessageExplained) -> Iterator[str]:
    """Yield what providers and the customer told us; words of customers are not repeated here."""
    for row in found.trace.receipts:
        who = f", {row.provider} told us" if row.received_at else ""
        heard = _later(session, row.at, row.received_at, "heard of") if row.received_at else ""
        yield f"{session.when(row.at)}  {row.event}{who}{heard}"
    for row in found.trace.replies:
        yield f"{session.when(row.received_at)}  reply by {row.channel}: {row.meaning}, {row.state}"
    for row in found.trace.answers:
        counts = "" if row.counts else " (does not count)"
        yield f"{session.when(row.received_at)}  {row.survey} answered with {row.score}{counts}"
