"""What became of messages, and what will: in a line, or in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outreach.cli.output_message import NAMES
from outreach.cli.session import Session
from outreach.deciding.verdicts import Decision, Verdict
from outreach.model import REASON_TEXT, Channel, MessageState, Reason

if TYPE_CHECKING:
    from outreach.passes.foretelling import Foretold
    from outreach.store.types import Record

GATE_MARKS = {
    Decision.GO: "ok",
    Decision.WAIT: "waiting",
    Decision.HOLD: "waiting",
    Decision.STOP: "failed",
}
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


def gate_lines(session: Session, foretold: Foretold) -> Iterator[str]:
    """Yield how each gate would answer when a message is due, with when one opens that waits."""
    if not foretold.gates or foretold.asked_at is None:
        return
    yield f"Gates at {session.when(foretold.asked_at)}"
    width = max(len(asked.name) for asked in foretold.gates)
    for asked in foretold.gates:
        verdict = asked.verdict
        opens = f"opens {session.when(asked.opens)}" if asked.opens else ""
        why = "" if verdict.decision is Decision.GO else str(verdict)
        said = " · ".join(filter(None, (asked.value, why, opens)))
        mark = session.out.mark(GATE_MARKS[verdict.decision])
        yield f"  {mark} {asked.name:<{width}}  {said}".rstrip()


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
