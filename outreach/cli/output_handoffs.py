"""Cases that are with people, as they are listed and told one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from outreach.cli.output import counted
from outreach.cli.output_tables import Cell, Column, table
from outreach.cli.session import Session
from outreach.model import IS_WITH_PEOPLE, REASON_TEXT, HandoffState, Reason

if TYPE_CHECKING:
    from outreach.store.handoffs import Coming
    from outreach.store.types import Record

#: what --json and --csv tell of a case
COLUMNS = (
    *("id", "state", "team", "title", "due_at", "is_overdue", "who", "rule", "step", "subject"),
    *("customer", "mode", "reason", "opened_at", "taken_at", "done_at", "stop_until", "note"),
    *("case_url", "outcome"),
)
STATE_MARKS = {
    HandoffState.OPEN: "waiting",
    HandoffState.TAKEN: "planned",
    HandoffState.DONE: "ok",
    HandoffState.CANCELLED: "none",
}


def name_of(row: Record) -> str:
    """Return what people call a case."""
    return f"H-{row.id}"


def is_overdue(session: Session, row: Record) -> bool:
    """Whether a case should have been done by now."""
    is_with_people = HandoffState(row.state) in IS_WITH_PEOPLE
    return is_with_people and row.due_at is not None and row.due_at < session.now


def as_json(session: Session, row: Record) -> dict[str, Any]:
    """Return a case with the keys that --json promises."""
    same = {name: getattr(row, name) for name in COLUMNS if hasattr(row, name)}
    own = {
        "id": name_of(row),
        "is_overdue": is_overdue(session, row),
        "subject": f"{row.kind}:{row.subject_id}",
        "customer": row.customer_id,
    }
    return {name: {**same, **own}[name] for name in COLUMNS}


def due(session: Session, row: Record) -> str:
    """Return by when a case should be done, on its team's clock."""
    from outreach.timing.moments import format_moment

    if row.due_at is None:
        return ""
    team = session.workspace.settings.teams.get(row.team)
    zone = team.calendar.zone if team and team.calendar else session.zone
    place = "" if zone.key == session.zone.key else f" {zone.key.rpartition('/')[2]}"
    return format_moment(row.due_at, zone, session.now) + place.replace("_", " ")


def case_line(session: Session, row: Record) -> str:
    """Return a case in a line."""
    state = HandoffState(row.state)
    who = f", {row.who}" if row.who else ""
    why = f": {REASON_TEXT[Reason(row.reason)]}" if state is HandoffState.CANCELLED else ""
    mark = session.out.mark(STATE_MARKS[state])
    at = session.when(row.opened_at)
    return f"{mark} {at}  {row.rule}, {row.step} · {row.team} · {state}{who}{why} · H-{row.id}"


def print_cases(session: Session, found: Sequence[Record], total: int) -> None:
    """List cases."""
    out = session.out
    if not found:
        out.line(f"{out.mark('ok')} no case is with people")
        out.suggest(("outreach handoffs --planned", "what people will be asked"))
        return
    columns = [Column("ID"), Column("State"), Column("Due"), Column("Team", shrinks=True)]
    table(out, [*columns, Column("What", wraps=True)], [_row(session, row) for row in found])
    if total > len(found):
        out.note(f"\n{total - len(found):,} more: --limit {total}")
    out.note()
    first = name_of(found[0])
    out.suggest(
        (f"outreach handoffs show {first}", "all about it"),
        (f"outreach handoffs take {first}", "it is yours"),
        (f"outreach handoffs done {first} --note …", "it is settled"),
    )


def print_coming(session: Session, found: Sequence[Coming]) -> None:
    """List what people will be asked, if nothing changes."""
    out = session.out
    if not found:
        out.line(f"{out.mark('none')} nothing is planned for people")
        return
    columns = [Column("When"), Column("Team"), Column("About"), Column("Rule", shrinks=True)]
    rows = [
        [session.when(each.at), each.team, each.subject, f"{each.rule}, {each.step}"]
        for each in found
    ]
    table(out, columns, rows)
    out.note(f"\n{counted(len(found), 'case')}: each is asked again whether it is still right")


def notice_json(row: Record) -> dict[str, Any]:
    """Return how a team was told of a case in one way."""
    named = ("id", "way", "state", "tries", "due_at", "target", "told_at", "error")
    return {name: getattr(row, name) for name in named}


def print_one(session: Session, row: Record, notices: Sequence[Record]) -> None:
    """Tell all about one case."""
    out = session.out
    state = HandoffState(row.state)
    out.line(f"{out.mark(STATE_MARKS[state])} {name_of(row)} · {row.team} · {row.title}")
    out.line()
    who = f", {row.who}" if row.who else ""
    why = "" if row.reason == Reason.MATCHED.value else f": {REASON_TEXT[Reason(row.reason)]}"
    late = " · overdue" if is_overdue(session, row) else ""
    told = (
        ("State", f"{state}{why}{who}"),
        ("Due", f"{due(session, row)}{late}"),
        ("About", f"{row.kind} {row.subject_id}, customer {row.customer_id}"),
        ("Rule", f"{row.rule}, step {row.step}"),
        ("Given", session.when(row.opened_at)),
        ("Taken", session.when(row.taken_at) if row.taken_at else ""),
        ("Done", session.when(row.done_at) if row.done_at else ""),
        ("Silence", _silence(session, row)),
        ("Note", row.note),
        ("Case", row.case_url),
        ("Met", row.said),
        ("Outcome", row.outcome.replace("\n", " · ")),
    )
    for name, said in told:
        if said:
            out.line(f"  {name:<8} {said}")
    for notice in notices:
        out.paragraph(f"  {'Told':<8} {_told(session, notice)}")


def _told(session: Session, notice: Record) -> str:
    match notice.state:
        case "told":
            on = f" on ticket {notice.target}" if notice.target else ""
            return f"by {notice.way}{on}, {session.when(notice.told_at)}"
        case "given_up":
            return f"not by {notice.way}, given up after {notice.tries} tries: {notice.error}"
        case "not_told":
            return f"not by {notice.way}: {notice.error}"
    why = f", {notice.tries} failed so far: {notice.error}" if notice.error else ""
    return f"not yet by {notice.way}, tried {session.when(notice.due_at)}{why}"


def _silence(session: Session, row: Record) -> str:
    until = row.stop_until
    return f"of other rules until {session.when(until)}" if until else ""


def _row(session: Session, row: Record) -> list[str | Cell]:
    late = is_overdue(session, row)
    state = f"{row.state}, {row.who}" if row.who else row.state
    when = due(session, row)
    return [
        name_of(row),
        Cell(f"{session.out.mark('warning')} overdue" if late and not row.who else state),
        Cell(when, "red" if late else None),
        row.team,
        f"{row.title} · {row.kind} {row.subject_id}",
    ]
