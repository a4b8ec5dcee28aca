"""`outreach preview`: what would be sent, held or skipped, and why; it never writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.output import MARKS, Output, counted
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_message import NAMES, print_message
from outreach.cli.output_tables import Cell, Column, table
from outreach.cli.preview_json import MESSAGE, RULE, preview_json
from outreach.cli.releases import looking
from outreach.cli.session import Session
from outreach.model import REASON_TEXT, Channel, Mode, Money, Reason

if TYPE_CHECKING:
    from outreach.passes.ahead.outlook import PreviewMessage
    from outreach.passes.preview import Preview, RuleCount
    from outreach.passes.setup import Setup

#: messages listed one by one, unless --limit says otherwise
FEW = 20
OUTCOMES = {
    "will_send": ("ok", "will send"),
    "held": ("waiting", "held"),
    "waiting": ("planned", "waits"),
    "skipped": ("none", "skipped"),
    "shadow": ("none", "shadow"),
    "handoff": ("ok", "→ person"),
}
#: how a message fares, before the time it does so
FARES = {
    "will_send": "goes out",
    "held": "is held, due",
    "waiting": "waits until",
    "skipped": "is skipped",
    "shadow": "would go out",
    "handoff": "goes to a person",
}


def preview(
    session: Session,
    *,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Look ahead until then.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="NAME", help="This rule only; repeatable.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="ID", help="This customer only.")
    ] = None,
    messages: Annotated[
        bool, typer.Option("--messages", help="List the messages one by one.")
    ] = False,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="List what is skipped, and why.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=0, help="List at most so many.")
    ] = None,
    show: Annotated[
        str | None, typer.Option("--show", metavar="ID", help="Show the message about this order.")
    ] = None,
    applied: Annotated[
        bool, typer.Option("--applied", help="By the applied rules, not the files on disk.")
    ] = False,
    as_csv: AsCsv = False,
) -> None:
    """Say what would be planned, sent, held and skipped, and why. Nothing is sent or written.

    It goes by the files on disk, so an edit is seen before it is applied.
    """
    from outreach.passes.preview import preview as look_ahead

    now = session.now
    end = session.moment(until, "--until") if until else now
    if end < now:
        raise typer.BadParameter("that is in the past", param_hint="--until")
    with looking(session, applied=applied) as setup:
        _check_rules(setup, rule or [])
        found = look_ahead(setup, now=now, until=end, rules=rule or None, customer=customer)
    if as_csv:
        one_by_one = messages or skipped or customer is not None
        _print_csv(session.out, found, one_by_one=one_by_one, only_skipped=skipped, limit=limit)
    elif session.out.as_json:
        session.out.document("preview/1", preview_json(found, limit))
    elif show is not None:
        _show(session, found, show)
    else:
        _print_heading(session, setup, found)
        _print_counts(session, found)
        _print_edits(session, setup)
        if messages or skipped or customer is not None:
            _print_messages(session, found, only_skipped=skipped, limit=limit)
        _suggest(session.out, found, listed=messages or skipped)


def _check_rules(setup: Setup, names: Iterable[str]) -> None:
    from outreach.rules.catalogue import suggestion

    known = [rule.name for rule in setup.ruleset]
    for name in names:
        if name not in known:
            meant = suggestion(name, known)
            hint = f" Did you mean '{meant}'?" if meant else f" There are: {', '.join(known)}"
            raise typer.BadParameter(f"there is no rule '{name}'.{hint}", param_hint="--rule")


def _print_csv(
    out: Output, found: Preview, *, one_by_one: bool, only_skipped: bool, limit: int | None
) -> None:
    content = preview_json(found, None)
    if not one_by_one:
        print_csv(out, RULE, content["rules"])
        return
    messages = content["messages"]
    wanted = [m for m in messages if not only_skipped or m["outcome"].value == "skipped"]
    print_csv(out, MESSAGE, wanted if limit is None else wanted[:limit])


def _print_heading(session: Session, setup: Setup, found: Preview) -> None:
    out = session.out
    version = setup.ruleset.version
    rules = "files on disk" if version is None else f"version {version}"
    parts = ["Dry run, nothing is sent", f"rules: {rules}", f"now: {session.clock(found.now)}"]
    if found.until > found.now:
        parts.append(f"until: {session.clock(found.until)}")
    out.paragraph(" · ".join(parts))
    out.line()


def _print_counts(session: Session, found: Preview) -> None:
    out = session.out
    columns = (
        Column("Rule", shrinks=True),
        Column("Will send", right=True),
        Column("Held", right=True),
        Column("Waiting", right=True),
        Column("Skipped", right=True),
        Column("First due"),
    )
    rows = [_row(session, count) for count in found.rules]
    total = [
        "",
        *(_number(sum(getattr(c, n) for c in found.rules)) for n in ("will_send", "held")),
        *(_number(sum(getattr(c, n) for c in found.rules)) for n in ("waiting", "skipped")),
        _cost(found.messages),
    ]
    table(out, columns, rows, total if len(rows) > 1 else ())
    reasons = Counter(m.reason for m in found.messages if m.outcome.value == "skipped")
    if reasons:
        said = " · ".join(f"{REASON_TEXT[r]} {n:,}" for r, n in reasons.most_common())
        out.line()
        out.line(f"Why {counted(reasons.total(), 'message')} would be skipped: {said}")
    if given := coupons_said(found.messages, found.budgets):
        out.line()
        out.paragraph(f"Coupons: {given}")
    if tasks := sum(count.handoff for count in found.rules):
        out.line()
        out.line(f"→ {counted(tasks, 'case')} would be given to people")
    if stale := sum(m.reason is Reason.SOURCE_STALE for m in found.messages):
        waits = "message waits" if stale == 1 else "messages wait"
        said = f"{stale:,} {waits} for a stale source: `outreach status` says which"
        out.line()
        out.paragraph(f"{out.mark('warning')} {said}")


def _print_edits(session: Session, setup: Setup) -> None:
    """Say what else applying edited files does: here planned messages stand where they stood."""
    from outreach.releases import Fate, foresee_moved, read_release

    if setup.applied is None:  # they are what runs, or nothing runs yet
        return
    effect = foresee_moved(session.store, read_release(session.workspace), now=session.now)
    fates = {Fate.MOVED: "moved", Fate.HELD: "held", Fate.CANCELLED: "cancelled"}
    said = ", ".join(f"{effect.count(f):,} {what}" for f, what in fates.items() if effect.count(f))
    session.out.line()
    session.out.paragraph(
        f"The files are not applied. Of what is planned, applying them leaves {said}:"
        " `outreach diff` says which"
        if said
        else "The files are not applied; applying them changes nothing that is planned"
    )


def _row(session: Session, count: RuleCount) -> list[str | Cell]:
    is_shadow = count.mode is Mode.SHADOW
    sends = f"({count.shadow:,})" if is_shadow and count.shadow else _number(count.will_send)
    if count.shadow and not is_shadow:
        sends = f"{sends} ({count.shadow:,})"
    if count.handoff:
        sends = f"{sends} → {count.handoff:,}" if count.will_send else f"→ {count.handoff:,}"
    first = session.when(count.first_due) if count.first_due else ""
    if is_shadow and count.shadow:
        first = "shadow: recorded, not sent"
    if count.shadow_until:
        first = f"until {session.when(count.shadow_until)}"
    elif count.held and not first:
        first = "needs approval"
    return [
        Cell(count.rule + (f" ({count.said})" if count.said != Mode.LIVE else ""), dim=is_shadow),
        sends,
        Cell(_number(count.held), "yellow" if count.held else None),
        _number(count.waiting),
        _number(count.skipped),
        Cell(first, dim=is_shadow),
    ]


def _number(number: int) -> str:
    return f"{number:,}" if number else "–"


def _cost(messages: Sequence[PreviewMessage]) -> str:
    texts = [m for m in messages if m.channel is Channel.SMS and m.outcome.value == "will_send"]
    if not texts:
        return ""
    segments = sum(m.rendered.segments for m in texts if m.rendered)
    return f"{len(texts):,} SMS = {counted(segments, 'segment')}"


def coupons_said(
    messages: Sequence[PreviewMessage], budgets: Mapping[str, Money] | None = None
) -> str:
    """Say how many coupons of which pool would be given, and what of the budget that takes."""
    going = [message.coupon for message in messages]
    given = Counter((each.pool, each.value) for each in going if each)
    left = {
        pool: f" of {money.amount:,} {money.currency} left this month"
        for pool, money in (budgets or {}).items()
    }
    return " · ".join(
        f"{pool}: {count:,} × {value} = {count * value.amount:,} {value.currency}"
        f"{left.get(pool, '')}"
        for (pool, value), count in sorted(given.items(), key=lambda one: one[0][0])
    )


def _print_messages(
    session: Session, found: Preview, *, only_skipped: bool, limit: int | None
) -> None:
    out = session.out
    wanted = [m for m in found.messages if not only_skipped or m.outcome.value == "skipped"]
    shown = wanted[: FEW if limit is None else limit]
    out.line()
    columns = (
        Column(""),
        Column("Due"),
        Column("About", shrinks=True),
        Column("Customer", shrinks=True),
        Column("Rule"),
        Column("By"),
        Column("Why", shrinks=True),
    )
    table(out, columns, [_message_row(session, message) for message in shown])
    if len(wanted) > len(shown):
        out.note(f"… and {len(wanted) - len(shown):,} more: --limit {len(wanted)} shows all")


def _message_row(session: Session, message: PreviewMessage) -> list[str | Cell]:
    symbol, color, word = _outcome(message)
    why = REASON_TEXT[message.reason] if message.reason.value != "matched" else ""
    return [
        Cell(f"{symbol} {word}", color),
        session.when(message.due_at).partition(" (")[0],
        ", ".join(str(subject) for subject in message.subjects),
        message.customer or "",
        message.rule,
        NAMES[message.channel] if message.channel else message.team,
        f"{why}: {message.note}" if message.note else why,
    ]


def _outcome(message: PreviewMessage) -> tuple[str, str, str]:
    mark, word = OUTCOMES[message.outcome.value]
    return *MARKS[mark], word


def _show(session: Session, found: Preview, wanted: str) -> None:
    """Show the words of what would be sent about one subject or to one customer."""
    about = [
        message
        for message in found.messages
        if wanted == message.customer
        or any(wanted in (s.id, f"{s.kind}:{s.id}") for s in message.subjects)
    ]
    if not about:
        session.out.line(f"Nothing would be sent about {wanted}.")
        session.out.suggest((f"outreach explain {wanted}", "why, and when that would change"))
    for place, message in enumerate(about):
        if place:
            session.out.line()
        about_what = ", ".join(map(str, message.subjects))
        fares = f"{FARES[message.outcome.value]} {session.when(message.due_at)}"
        why = "" if message.reason.value == "matched" else f" · {REASON_TEXT[message.reason]}"
        session.out.line(f"{message.rule} · {about_what} · {fares}{why}")
        if message.offered:
            session.out.line(str(message.offered))
        if message.rendered and message.channel:
            print_message(session.out, message.channel, message.rendered)


def _suggest(out: Output, found: Preview, *, listed: bool) -> None:
    out.note()
    if found.rules and all(count.mode is Mode.SHADOW for count in found.rules):
        new = any(count.shadow_until for count in found.rules)
        ends = "or a new one has been there for 24 hours" if new else ""
        said = "All these rules are in shadow mode: nothing is sent until one says `mode: live`"
        out.note(f"{said} {ends}".rstrip() + ".")
    first = next((m for m in found.messages if m.outcome.value == "will_send"), None)
    first = first or next(iter(found.messages), None)
    if first is None:
        out.suggest(
            ('outreach preview --until "+7 days"', "what comes due within a week"),
            ("outreach explain ORDER", "why nothing is sent about an order"),
        )
        return
    subject = first.subjects[0].id
    more = () if listed else (("outreach preview --messages", "each message and its reason"),)
    out.suggest(
        *more,
        (f"outreach preview --show {subject}", "the rendered message"),
        (f"outreach explain {subject}", "line by line, why it applies"),
    )
