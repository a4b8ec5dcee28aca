"""What became of messages, and what will: in a line, in a sentence, or as a whole story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outreach.cli.output_message import NAMES
from outreach.cli.session import Session
from outreach.deciding.verdicts import Verdict
from outreach.model import REASON_TEXT, Channel, CouponState, MessageState, Reason

if TYPE_CHECKING:
    from outreach.passes.explain import MessageExplained
    from outreach.passes.foretelling import Foretold
    from outreach.store.types import Record

STATE_MARKS = {
    MessageState.PLANNED: "planned",
    MessageState.HELD: "waiting",
    MessageState.SENDING: "planned",
    MessageState.SENT: "ok",
    MessageState.DELIVERED: "ok",
    MessageState.UNDELIVERED: "failed",
    MessageState.CANCELLED: "none",
    MessageState.SUPPRESSED: "none",
    MessageState.EXPIRED: "none",
    MessageState.FAILED: "failed",
    MessageState.UNKNOWN: "warning",
}


def message_line(session: Session, row: Record) -> str:
    """Return one message of the ledger in a line."""
    state = MessageState(row.state)
    at = row.sent_at or row.due_at
    what = f"{row.rule}, {row.step} · {NAMES[Channel(row.channel)]}"
    why = f"{state}: {REASON_TEXT[Reason(row.reason)]}"
    mark = session.out.mark(STATE_MARKS[state])
    return f"{mark} {session.when(at)}  {what} · {why} · {row.id[:8]}"


def print_message_story(session: Session, found: MessageExplained) -> None:
    """Tell one message: where it stands, how it came there, what comes next."""
    row = found.message
    about = ", ".join(map(str, found.subjects))
    session.out.line(
        f"Message {row.id} · {row.rule}, step {row.step} · {about} · to {row.customer_id}"
    )
    session.out.line()
    for state in found.states:
        mark = session.out.mark(STATE_MARKS[MessageState(state.state)])
        why = f"{REASON_TEXT[Reason(state.reason)]}{f': {state.note}' if state.note else ''}"
        who = f" (by {state.who})" if state.who else ""
        session.out.line(f"  {mark} {session.when(state.at)}  {state.state}: {why}{who}")
    for attempt in found.attempts:
        outcome = attempt.outcome or "no answer"
        error = f": {attempt.error}" if attempt.error else ""
        session.out.line(
            f"      attempt {attempt.number} by {attempt.provider} "
            f"{session.when(attempt.started_at)}: {outcome}{error}"
        )
    if found.coupon is not None:
        session.out.line(f"  {_coupon(session, found.coupon)}")
    if found.foretold is not None:
        session.out.line()
        session.out.paragraph(f"If nothing changes: {fate(session, found.foretold)}.")


def _coupon(session: Session, row: Record) -> str:
    """Return the coupon of a message in a line; its code is for the customer only."""
    until = f", to be used until {session.when(row.expires_at)}" if row.expires_at else ""
    held = "reserved for it" if row.state == CouponState.RESERVED else str(row.state)
    worth = f"{row.amount:f} {row.currency}"
    return f"{session.out.mark('ok')} coupon {row.id} of {row.pool}, worth {worth}: {held}{until}"


def fate(session: Session, foretold: Foretold) -> str:
    """Say in words how a message would fare."""
    when = session.when
    waits = [
        f"waits until {when(verdict.until)} ({verdict})"
        for verdict in foretold.waits
        if verdict.until
    ]
    parts = [*waits, _end(session, foretold)]
    if foretold.offered is not None and foretold.goes_out:
        parts.append(str(foretold.offered))
    if foretold.rendered is not None and foretold.goes_out:
        words = foretold.rendered
        parts.append(f"in the words of {words.file} ({words.why_locale})")
    return ", ".join(parts)


def _end(session: Session, foretold: Foretold) -> str:
    verdict, at = foretold.verdict, session.when(foretold.at)
    by = f" by {NAMES[foretold.channel]}" if foretold.channel else ""
    step = f"'{foretold.step}' " if foretold.step else ""
    if foretold.team and foretold.goes_out:
        given = f"{step}asks {foretold.team} {at} to step in: “{foretold.title}”"
        is_shadow = verdict.reason is Reason.SHADOW
        return f"{given}, but {_shadow(verdict)}" if is_shadow else given
    match verdict.decision.value:
        case "go":
            return f"{step}goes out {at}{by}"
        case "wait":
            return f"{step}waits ({verdict})"
        case "hold":
            return f"{step}is held for a person {at}: {verdict}"
    if verdict.reason is Reason.SHADOW:
        return f"{step}would go out {at}{by}, but {_shadow(verdict)}"
    return f"{step}does not go out: {verdict}"


def _shadow(verdict: Verdict) -> str:
    return f"is only recorded: {verdict.note}" if verdict.note else "the rule is in shadow mode"
